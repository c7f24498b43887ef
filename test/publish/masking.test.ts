/**
 * Programs that name store paths, end to end: masked, stored, read back, and built anew with other hashes.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { collectGarbage, copySpace, publicationOfCopy, SpaceCopy, verifySpace } from '@squid/client/leases'
import { type PathToPublish, publish, type Publication } from '@squid/client/publish'
import { revoke } from '@squid/client/releases'
import type { Devnet } from '@squid/devnet'
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import { joinStorePath, type StorePath } from '@squid/formats/store-path'
import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  openStorage,
  pathOf,
  type Person,
  publicationOf,
  startNetwork,
} from './setting.ts'

let devnet: Devnet
let folder: string

before(async () => {
  devnet = await startNetwork()
  folder = await mkdtemp(join(tmpdir(), 'squid-masking-'))
})

after(async () => {
  await devnet.stop()
  await rm(folder, { recursive: true, force: true })
})

const LIBRARY_BYTES = 600_000
const PROGRAM_BYTES = 400_000
/** So often a program names its library: too often for its manifest entry. */
const PROGRAM_NAMES = 4000

function builtPath(build: string, name: string): StorePath {
  return joinStorePath(sha256(encodeUtf8(`${build} ${name}`)).slice(0, 20), name)
}

/** What is built has a store path that does not come from its content. */
async function built(
  storePath: StorePath,
  content: Uint8Array,
  references: readonly StorePath[],
): Promise<PathToPublish> {
  const { ca: _, ...path } = await pathOf('x', content)
  return { ...path, storePath, references }
}

const LOG = encodeUtf8('building often\n'.repeat(50_000))

/** A derivation, with what building it printed. */
async function derivation(storePath: StorePath, outputs: readonly StorePath[]): Promise<PathToPublish> {
  const path = await built(storePath, encodeUtf8(`Derive(${outputs.join(',')})`), [])
  return {
    ...path,
    async *log() {
      yield LOG
    },
  }
}

/** A library that names itself, and two programs: one that names both seldom, one that does it all over. */
async function closure(space: string, build: string): Promise<Publication> {
  const library = builtPath(build, 'library')
  const seldom = builtPath(build, 'seldom')
  const often = builtPath(build, 'often')
  const bytes = noise('program', PROGRAM_BYTES)
  const step = PROGRAM_BYTES / PROGRAM_NAMES
  const woven = Array.from({ length: PROGRAM_NAMES }, (_, i) => [
    bytes.subarray(i * step, (i + 1) * step),
    encodeUtf8(`${i % 3 === 0 ? often : library}/lib\0`),
  ])
  const publication = await publicationOf(space, 'tool', [])
  return {
    ...publication,
    paths: [
      ...publication.paths,
      await derivation(builtPath(build, 'often.drv'), [often]),
      await built(library, Buffer.concat([encodeUtf8(library), noise('library', LIBRARY_BYTES)]), [library]),
      await built(seldom, encodeUtf8(`#!${library}/bin/sh\n${seldom}/bin/${'x'.repeat(1000)}`), [
        library,
        seldom,
      ]),
      await built(often, Buffer.concat(woven.flat()), [library, often]),
    ],
  }
}

async function release(person: Person, publication: Publication): ReturnType<typeof publish> {
  return publish({ account: person.account, storage: person.storage(), home: person.home }, publication)
}

/** Reads every path with nothing cached, and compares it with what was published. */
async function assertReadable(
  person: Person,
  flake: string,
  version: bigint,
  paths: readonly PathToPublish[],
) {
  const storage = openStorage(person.account.network)
  try {
    const contents = await openContents(person.account, storage, person.space, flake, version)
    for (const path of paths) {
      const entry = await contents.lookup(path.storePath)
      assert.ok(entry !== undefined)
      assert.deepEqual(await bytesOf(contents.nar(entry)), await bytesOf(path.nar()), path.storePath)
      const log = path.log === undefined ? new Uint8Array() : await bytesOf(path.log())
      assert.ok(Buffer.compare(await bytesOf(contents.log(entry)), log) === 0)
    }
  } finally {
    await storage.close()
  }
}

test('what names store paths comes back, and built anew it stores little', async () => {
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const [first, second] = [await closure(alice.space, 'first'), await closure(alice.space, 'second')]
  const before = await release(alice, first)
  assert.ok(before.storedBytes > LIBRARY_BYTES + PROGRAM_BYTES)
  await assertReadable(alice, before.flake, 1n, first.paths)

  const after = await release(alice, second)
  assert.equal(after.version, 2n)
  // Its manifest and the locator's branches to it: no chunk of content, nor of places.
  assert.ok(after.storedBytes < 20_000, `${after.storedBytes} bytes were stored`)
  await assertReadable(alice, after.flake, 2n, second.paths)
  await assertReadable(alice, after.flake, 1n, first.paths)
})

test('chunks of places are verified, kept when packs are repacked, and copied', async () => {
  await using bob = await createPerson(devnet.networkUrl, 'bob')
  await using carol = await createPerson(devnet.networkUrl, 'carol')
  const { account, home, space } = bob
  const { network } = account
  const publication = await closure(space, 'only')
  // Half of the pack is for another release, which is given up.
  const unneeded = await built(builtPath('only', 'unneeded'), noise('unneeded', 2_000_000), [])
  const given = await release(bob, { ...publication, paths: [...publication.paths, unneeded] })
  const kept = await release(bob, publication)
  await revoke(account, given.flake, 1n, 'too large')

  const verified = await verifySpace(network, bob.storage(), space)
  // Manifest, leaf, and the chunks of all paths; one of the places of `often`, and those of the log.
  const entries = await (async () => {
    const contents = await openContents(account, bob.storage(), space, kept.flake, 2n)
    return Array.fromAsync(contents.list())
  })()
  const content = entries.flatMap(({ chunks }) => (chunks.kind === 'inline' ? chunks.ids : []))
  const kinds = entries.map(({ rewrites }) => rewrites.places.kind)
  assert.equal(kinds.filter(kind => kind === 'chunks').length, 1)
  const logs = entries.flatMap(({ log }) => (log?.chunks.kind === 'inline' ? log.chunks.ids : []))
  assert.ok(logs.length > 1)
  assert.deepEqual(verified.hurt, [])
  assert.equal(verified.chunks, new Set([...content, ...logs].map(formatHex)).size + 1 + 2)

  const collected = await collectGarbage({ account, storage: bob.storage(), home }, space)
  assert.ok(collected.packs > 0 && collected.lost === 0)
  await assertReadable(bob, kept.flake, 2n, publication.paths)

  await copySpace(network, bob.storage(), space, join(folder, 'bob'))
  const copy = await SpaceCopy.open(join(folder, 'bob'))
  const [flake] = copy.flakes
  const [copied] = flake?.releases ?? []
  assert.ok(flake !== undefined && copied !== undefined)
  const again = await release(carol, await publicationOfCopy(copy, carol.space, flake, copied))
  assert.deepEqual(again.manifest, kept.manifest)
  await assertReadable(carol, again.flake, 1n, publication.paths)
})
