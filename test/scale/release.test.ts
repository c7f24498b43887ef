/**
 * What a release of 5,000 paths stores, and what the next one does, of which 1 % changed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { type LocatedChunk, listChunks, type LocatorLink } from '@squid/formats/locator'
import { publish, type PathToPublish } from '@squid/client/publish'
import { readLocator } from '@squid/client/resolve'
import { linkFromLedger, type WalrusStorage } from '@squid/client/storage'
import {
  createPerson,
  openContents,
  pathOf,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'

const PATHS = 5000
const CHANGED = PATHS / 100
/** Digits on the way to a leaf of 5,000 paths, and the leaf. */
const DEPTH = 4
/** 16 entries of these paths; an inner node of the manifest is smaller. */
const LEAF_BYTES = 4096
/** 64 chunks, or 16 children, in as many blobs. */
const LOCATOR_NODE_BYTES = 64 * 90

/** So small that the locator's nodes do not fit into one. */
const PACK_BYTES = 300_000

/** The Space's chunks, and in how many blobs the nodes of its locator lie. */
async function readChunks(
  { account, space }: Person,
  storage: WalrusStorage,
): Promise<{ chunks: LocatedChunk[]; nodeBlobs: number }> {
  const { link } = await readLocator(account.network, space)
  assert.ok(link !== undefined)
  const blobs = new Set<string>()
  const load = (node: LocatorLink): Promise<Uint8Array> => {
    assert.ok(node.blob !== null)
    blobs.add(formatHex(node.blob.id))
    return storage.loadNode(node)
  }
  const chunks = await Array.fromAsync(listChunks(linkFromLedger(link), load))
  return { chunks, nodeBlobs: blobs.size }
}

test('the release after one of 5,000 paths stores what changed, and the way to it', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const storage = alice.storage()
  const deps = { account: alice.account, storage, home: alice.home }
  const paths: PathToPublish[] = []
  for (let i = 0; i < PATHS + CHANGED; i++) paths.push(await pathOf('small', encodeUtf8(`path ${i}`)))
  const base = await publicationOf(alice.space, 'many', [])
  const first = await publish(
    deps,
    { ...base, paths: [...base.paths, ...paths.slice(0, PATHS)] },
    { packBytes: PACK_BYTES },
  )
  const { chunks: before, nodeBlobs } = await readChunks(alice, storage)
  assert.ok(nodeBlobs > 1, 'the locator lies in one pack')
  const second = await publish(deps, {
    ...base,
    manifest: { ...base.manifest, flake: { lastModified: 1_800_000_000n } },
    paths: [...base.paths, ...paths.slice(CHANGED)],
  })
  const known = new Set(before.map(({ id }) => formatHex(id)))
  const stored = (await readChunks(alice, storage)).chunks.filter(({ id }) => !known.has(formatHex(id)))
  const rawBytes = stored.reduce((total, { location }) => total + location.rawSize, 0)
  const touched = 2 * CHANGED
  console.log(
    `5,000 paths: first ${first.storedBytes} bytes, second ${second.storedBytes} bytes, ` +
      `${stored.length} new chunks of ${rawBytes} raw bytes, of ${before.length}`,
  )

  // New NARs, of one chunk each; nodes of the manifest; its root record.
  assert.ok(stored.length <= CHANGED + touched * DEPTH + 1, `${stored.length} chunks`)
  assert.ok(rawBytes <= CHANGED * 1000 + touched * DEPTH * LEAF_BYTES, `${rawBytes} bytes`)
  // And all that the blob has: the locator's nodes too, a way to each new chunk.
  const locatorBytes = second.storedBytes - rawBytes
  assert.ok(locatorBytes <= stored.length * DEPTH * LOCATOR_NODE_BYTES, `${locatorBytes} bytes`)
  assert.ok(second.storedBytes < first.storedBytes / 4)

  const contents = await openContents(alice.account, storage, alice.space, second.flake, second.version)
  assert.equal((await Array.fromAsync(contents.list())).length, PATHS + 1)
})
