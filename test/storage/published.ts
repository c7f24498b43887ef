/**
 * A release on a network of its own, and readers that know nothing yet: for tests of reading.
 * @module
 */
import assert from 'node:assert/strict'

import { publish, type PublishResult } from '@squid/client/publish'
import { readLocator } from '@squid/client/resolve'
import {
  linkFromLedger,
  type ReleaseContents,
  WalrusStorage,
  type WalrusStorageOptions,
} from '@squid/client/storage'
import { Devnet, type DevnetOptions } from '@squid/devnet'
import { formatHex } from '@squid/formats/bytes'
import { lookupChunks } from '@squid/formats/locator'
import type { ManifestEntry } from '@squid/formats/manifest'

import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  type Person,
  publicationOf,
  SQUID_PACKAGE,
} from '../publish/setting.ts'

/** A network with one release of alice's. */
export class Published implements AsyncDisposable {
  readonly devnet: Devnet
  readonly alice: Person
  readonly result: PublishResult
  readonly #contents: ReadonlyMap<string, Uint8Array>
  readonly #open: WalrusStorage[] = []

  private constructor(
    devnet: Devnet,
    alice: Person,
    result: PublishResult,
    contents: ReadonlyMap<string, Uint8Array>,
  ) {
    this.devnet = devnet
    this.alice = alice
    this.result = result
    this.#contents = contents
  }

  static async make(
    sizes: Readonly<Record<string, number>>,
    options: DevnetOptions = {},
    packBytes?: number,
  ): Promise<Published> {
    const devnet = await Devnet.start({ rpcPort: 0, adminPort: 0, packages: [SQUID_PACKAGE], ...options })
    const alice = await createPerson(devnet.networkUrl, 'alice')
    const files = Object.entries(sizes).map(([name, size]) => [name, noise(name, size)] as const)
    const publication = await publicationOf(alice.space, 'sample', files)
    const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
    const result = await publish(deps, publication, packBytes === undefined ? {} : { packBytes })
    const contents = new Map<string, Uint8Array>()
    for (const path of publication.paths) contents.set(path.storePath, await bytesOf(path.nar()))
    return new Published(devnet, alice, result, contents)
  }

  /** A reader that knows nothing yet. */
  storage(options: Partial<WalrusStorageOptions> = {}): WalrusStorage {
    const storage = new WalrusStorage(this.alice.account.network, { scheme: 'http', ...options })
    this.#open.push(storage)
    return storage
  }

  contents(storage: WalrusStorage): Promise<ReleaseContents> {
    const { space, flake, version } = this.result
    return openContents(this.alice.account, storage, space, flake, version)
  }

  /** Reads every path and compares it. */
  async readAll(storage: WalrusStorage): Promise<void> {
    const contents = await this.contents(storage)
    let count = 0
    for await (const entry of contents.list()) {
      assert.ok(this.#isRight(entry, await bytesOf(contents.nar(entry))), entry.storePath)
      count++
    }
    assert.equal(count, this.#contents.size)
  }

  /** Reads what can be read; the messages of what cannot, by the name of the path. */
  async readWhatIsThere(storage: WalrusStorage): Promise<ReadonlyMap<string, string>> {
    const contents = await this.contents(storage)
    const failures = new Map<string, string>()
    for await (const entry of contents.list())
      try {
        assert.ok(this.#isRight(entry, await bytesOf(contents.nar(entry))), entry.storePath)
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'BLOB_UNAVAILABLE') throw error
        assert.ok(error.message.startsWith(`${entry.storePath} cannot be read: `), error.message)
        failures.set(nameOf(entry), error.message)
      }
    return failures
  }

  /** Ids, as URLs have them, of the blobs with the chunks of the named path. */
  async blobsOf(name: string): Promise<ReadonlySet<string>> {
    const storage = this.storage()
    const contents = await this.contents(storage)
    const { link } = await readLocator(this.alice.account.network, this.result.space)
    assert.ok(link)
    const blobs = new Set<string>()
    for await (const entry of contents.list()) {
      if (nameOf(entry) !== name) continue
      assert.equal(entry.chunks.kind, 'inline')
      const ids = entry.chunks.kind === 'inline' ? entry.chunks.ids : []
      const locations = await lookupChunks(linkFromLedger(link), ids, node => storage.loadNode(node))
      for (const id of ids)
        blobs.add(
          Buffer.from(locations.get(formatHex(id))?.blob?.id ?? new Uint8Array()).toString('base64url'),
        )
    }
    return blobs
  }

  #isRight({ storePath }: ManifestEntry, bytes: Uint8Array): boolean {
    return Buffer.compare(bytes, this.#contents.get(storePath) ?? new Uint8Array()) === 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const storage of this.#open) await storage.close()
    await this.alice[Symbol.asyncDispose]()
    await this.devnet.stop()
  }
}

/** Of a store path, without its hash. */
export function nameOf({ storePath }: ManifestEntry): string {
  return storePath.slice('/nix/store/'.length + 33)
}
