/**
 * A publisher who lies: writes whatever it likes into a Walrus blob, with a locator that says whatever it likes, and
 * releases that. All of it is well-formed as far as the ledger and Walrus can see.
 * @module
 */
import { concatBytes, formatHex } from '@squid/formats/bytes'
import { type ChunkFacts, rawChunk, type StoredChunk } from '@squid/formats/chunk'
import {
  type BlobPlace,
  type ChunkLocation,
  listChunks,
  type LocatedChunk,
  type LocatorLink,
  placeInBlob,
  updateLocator,
} from '@squid/formats/locator'
import { sha256 } from '@squid/formats/hash'
import { buildReleaseTransaction, publishedRelease } from '@squid/client/releases'
import { readFlakeState, readLocator } from '@squid/client/resolve'
import { linkFromLedger, ReleaseContents, type WalrusStorage } from '@squid/client/storage'
import { execute } from '@squid/client/transactions'
import { type Person } from '../publish/setting.ts'

/** How an honest place becomes a false one. */
export type Forgery = (location: ChunkLocation) => ChunkLocation

/** A chunk as an index may claim it: facts that need not fit the bytes. */
export interface ClaimedChunk extends ChunkFacts {
  readonly bytes: Uint8Array
}

export class Forger {
  readonly #person: Person
  readonly #storage: WalrusStorage
  #honest: Promise<LocatedChunk[]> | undefined

  constructor(person: Person) {
    this.#person = person
    this.#storage = person.storage()
  }

  /** What the Space's locator said when it was first asked for. */
  chunks(): Promise<LocatedChunk[]> {
    this.#honest ??= this.#readLocator()
    return this.#honest
  }

  async #readLocator(): Promise<LocatedChunk[]> {
    const { link } = await readLocator(this.#person.account.network, this.#person.space)
    if (link === undefined) throw new Error('the Space has no locator')
    const load = (node: LocatorLink): Promise<Uint8Array> => this.#storage.loadNode(node)
    return Array.fromAsync(listChunks(linkFromLedger(link), load))
  }

  /** Stores chunks, and a locator of these and of others, in a blob of its own. */
  async write(stored: readonly ClaimedChunk[], others: readonly LocatedChunk[]): Promise<LocatorLink> {
    const { account } = this.#person
    let size = 0
    const parts: Uint8Array[] = []
    const append = (bytes: Uint8Array): number => {
      parts.push(bytes)
      size += bytes.length
      return size - bytes.length
    }
    const once = new Map(stored.map(chunk => [formatHex(chunk.id), chunk]))
    const own = [...once.values()].map(({ id, encoding, rawSize, bytes }) => ({
      id,
      location: { blob: null, offset: append(bytes), length: bytes.length, rawSize, encoding },
    }))
    const kept = others.filter(({ id }) => !once.has(formatHex(id)))
    const load = (): never => {
      throw new Error('a new locator reads nothing')
    }
    const root = await updateLocator(null, [...own, ...kept], load, node => ({ offset: append(node) }))
    if (root === null) throw new Error('a locator without chunks')
    const blob = concatBytes(parts)
    const { blobId } = await account.network.walrus.writeBlob({
      blob,
      deletable: true,
      epochs: 3,
      signer: account.signer,
    })
    return placeInBlob(root, { id: new Uint8Array(Buffer.from(blobId, 'base64url')), size })
  }

  /** The honest locator, but for one chunk, whose place is forged. */
  async withForged(id: Uint8Array, forgery: Forgery): Promise<LocatorLink> {
    const chunks = await this.chunks()
    const isVictim = (chunk: LocatedChunk): boolean => formatHex(chunk.id) === formatHex(id)
    if (!chunks.some(isVictim)) throw new Error('the chunk to forge is not there')
    return this.write(
      [],
      chunks.map(chunk => (isVictim(chunk) ? { id, location: forgery(chunk.location) } : chunk)),
    )
  }

  /** The locator with chunks of the forger's own. */
  async withChunks(chunks: readonly ClaimedChunk[]): Promise<LocatorLink> {
    return this.write(chunks, await this.chunks())
  }

  /** Makes a release of this manifest and this locator visible to everybody. */
  async release(flakeName: string, manifest: Uint8Array, root: LocatorLink): Promise<bigint> {
    const { account, space } = this.#person
    const locator = await readLocator(account.network, space)
    const state = await readFlakeState(account.network, space, flakeName)
    const blob = root.blob as BlobPlace
    const next = {
      ...root,
      blobId: BigInt(`0x${formatHex(blob.id.toReversed())}`),
      blobSize: BigInt(blob.size),
      offset: BigInt(root.offset),
      length: BigInt(root.length),
    }
    const transaction = buildReleaseTransaction(account.network, {
      space,
      flake: state.flake === undefined ? { create: flakeName } : { id: state.flake },
      expectedVersion: state.lastVersion,
      key: sha256(manifest, root.sha256),
      sourceNarHash: new Uint8Array(32),
      revision: '',
      lastModified: 0n,
      manifest,
      blobs: [],
      locator: { storageId: locator.storageId, expectedRevision: locator.revision, next },
      tags: [],
    })
    return publishedRelease(await execute(account, transaction)).version
  }

  /** Opens a release as readers do, but for the locator. */
  open(root: LocatorLink, manifest: Uint8Array): Promise<ReleaseContents> {
    return ReleaseContents.open(this.#storage, root, manifest)
  }

  /** Storage nodes that the forger's reads have put under suspicion. */
  get setAside(): WalrusStorage['setAside'] {
    return this.#storage.setAside
  }
}

/** Nodes of manifests as chunks. */
export function nodeChunks(nodes: readonly { readonly bytes: Uint8Array }[]): StoredChunk[] {
  return nodes.map(({ bytes }) => rawChunk(bytes))
}
