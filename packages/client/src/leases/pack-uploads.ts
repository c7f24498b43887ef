/**
 * Packs that the keeper writes: collected, journaled and uploaded by the same code as those of a publish, so that a
 * keeper which is killed goes on with what it has paid for.
 * @module
 */
import { join } from 'node:path'
import { formatHex, parseHex } from '@squid/formats/bytes'
import type { StoredChunk } from '@squid/formats/chunk'
import type { BlobPlace, ChunkLocation, LocatorLink, Placed } from '@squid/formats/locator'
import { type PackEntry, PackWriter, readPackIndex } from '@squid/formats/pack'
import { SquidError } from '@squid/formats/errors'
import type { Home } from '../home/index.ts'
import {
  certificateFromJournal,
  type JournaledLocator,
  journalTransaction,
  type PackState,
  PublishJournal,
  transactionFromJournal,
} from '../publish/journal.ts'
import { blobOf, PackUploads as Uploads } from '../publish/pack-uploads.ts'
import { neverTakesEffect } from '../publish/registration.ts'
import { SpareStorage } from '../publish/spare-storage.ts'
import type { ReadyBlob } from '../releases/index.ts'
import type { Committee } from '../storage/committee.ts'
import {
  type Account,
  type ExecutedTransaction,
  type PreparedTransaction,
  submit,
} from '../transactions/index.ts'

export interface PackUploadsDeps {
  readonly account: Account
  readonly home: Home
  readonly committee: Committee
  /** Largest pack in bytes. */
  readonly packLimit: number
  readonly signal: AbortSignal | undefined
}

/** One run of work on a Space, resumed or begun. Nobody else in this home works on the Space until it is disposed. */
export class PackUploads implements AsyncDisposable {
  readonly #deps: PackUploadsDeps
  readonly #journal: PublishJournal
  readonly #uploads: Uploads
  readonly #placed = new Map<string, ChunkLocation>()
  #open: PackWriter
  /** Where the nodes of the locator begin in the open pack. */
  #nodesFrom: number | undefined

  private constructor(deps: PackUploadsDeps, space: string, journal: PublishJournal) {
    this.#deps = deps
    this.#journal = journal
    const { account, committee, packLimit, signal } = deps
    this.#uploads = new Uploads({
      account,
      journal,
      spares: new SpareStorage(account.network, space),
      committee,
      packLimit,
      signal,
      way: 'auto',
      onCertified: () => undefined,
      onRelayLost: () => undefined,
    })
    this.#open = new PackWriter(deps.packLimit)
  }

  /**
   * Takes up what an earlier run left: has what it sent take effect, or brings those packs onto Walrus that are not
   * there yet.
   * @throws {SquidError} `KEEPER_RUNNING`
   */
  static async open(deps: PackUploadsDeps, space: string): Promise<PackUploads> {
    {
      // First of all: the packs of what took effect may be deleted since, and are not to be paid for again.
      await using earlier = await PackUploads.#take(deps, space)
      if ((await earlier.#sendAgain()) !== undefined) await earlier.done()
    }
    const uploads = await PackUploads.#take(deps, space)
    try {
      await uploads.#resume()
    } catch (error) {
      await uploads[Symbol.asyncDispose]()
      throw error
    }
    return uploads
  }

  static async #take(deps: PackUploadsDeps, space: string): Promise<PackUploads> {
    const folder = join(deps.home.state, 'keeper', space.slice(2))
    let journal: PublishJournal
    try {
      journal = await PublishJournal.open(folder)
    } catch (error) {
      if (!(error instanceof SquidError) || error.code !== 'PUBLISH_RUNNING') throw error
      throw new SquidError(
        'KEEPER_RUNNING',
        `Another keeper of this home is at work on Space ${space}; wait for it.`,
        {
          cause: error,
        },
      )
    }
    return new PackUploads(deps, space, journal)
  }

  /** Chunks by hex id that lie in packs of this run; in the open one when `blob` is null. */
  get placed(): ReadonlyMap<string, ChunkLocation> {
    return this.#placed
  }

  /** Every finished pack, registered, stored and certified by the nodes. */
  get ready(): readonly ReadyBlob[] {
    return this.#journal.packs.flatMap(state => (state?.packed === undefined ? [] : [readyBlob(state)]))
  }

  /** Stores a chunk of content; all of them come before the first node. */
  async put(chunk: StoredChunk): Promise<void> {
    if (this.#nodesFrom !== undefined) throw new Error('content after nodes')
    const entry = this.#open.tryAdd(chunk) ?? (await this.#next(() => this.#open.tryAdd(chunk)))
    this.#place([entry], null)
  }

  /** Stores a node of the locator. */
  async putNode(node: Uint8Array): Promise<Placed> {
    this.#nodesFrom ??= this.#open.size
    const entry = this.#open.tryAddRaw(node)
    if (entry !== undefined) return entry
    const ended = await this.finishPack()
    if (ended === undefined) throw new Error('an empty pack is too small for a node')
    return { ended }
  }

  /**
   * The locator's root that an earlier run wrote under this key, when its pack was the last.
   * @param key names what the locator was written for
   */
  writtenRoot(key: string): LocatorLink | undefined {
    const packed = this.#journal.packs.at(-1)?.packed
    const root = packed?.locator?.root
    if (packed === undefined || root?.base !== key) return undefined
    const { offset, length, sha256 } = root
    return { blob: blobOf(packed), offset, length, sha256: parseHex(sha256) }
  }

  /**
   * Ends the open pack, and returns when it is on Walrus. Undefined when it is empty.
   * @param root of the locator, when it lies in this pack, and the key for `writtenRoot`
   */
  async finishPack(root?: {
    readonly key: string
    readonly link: LocatorLink
  }): Promise<BlobPlace | undefined> {
    if (this.#open.count === 0) return undefined
    const bytes = this.#open.finish()
    const from = this.#nodesFrom
    this.#open = new PackWriter(this.#deps.packLimit)
    this.#nodesFrom = undefined
    const { identified } = await this.#uploads.add(
      bytes,
      from === undefined ? undefined : nodesOf(from, root),
    )
    const blob = await identified
    for (const [key, location] of this.#placed)
      if (location.blob === null) this.#placed.set(key, { ...location, blob })
    await this.#uploads.finish()
    return blob
  }

  /** Sends the transaction that everything was for; sent again after a kill, it takes effect once. */
  async send(prepared: PreparedTransaction): Promise<ExecutedTransaction> {
    await this.#journal.append({ step: 'releasing', base: '0', transaction: journalTransaction(prepared) })
    return submit(this.#deps.account.network, prepared, this.#deps.signal)
  }

  /** Nothing is left to resume. */
  async done(): Promise<void> {
    await this.#journal.finish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#uploads.close()
    await this.#journal[Symbol.asyncDispose]()
  }

  /**
   * The transaction that an earlier run sent without hearing back, sent again.
   * @returns undefined when there was none, or it can never take effect
   */
  async #sendAgain(): Promise<ExecutedTransaction | undefined> {
    if (this.#journal.releasing === undefined) return undefined
    const { account, signal } = this.#deps
    try {
      return await submit(
        account.network,
        transactionFromJournal(this.#journal.releasing.transaction),
        signal,
      )
    } catch (error) {
      if (neverTakesEffect(error)) return undefined
      throw error
    }
  }

  async #resume(): Promise<void> {
    await this.#uploads.dropExpired()
    for (const [pack, state] of this.#journal.packs.entries()) {
      if (state?.packed === undefined) continue
      const bytes = await this.#uploads.read(pack)
      const from = state.packed.locator?.from ?? Infinity
      this.#place(
        indexOf(bytes).filter(entry => entry.offset < from),
        blobOf(state.packed),
      )
      await this.#uploads.resume(pack)
    }
    await this.#uploads.finish()
  }

  async #next<T>(again: () => T | undefined): Promise<T> {
    await this.finishPack()
    const result = again()
    if (result === undefined) throw new Error('an empty pack is too small for a chunk')
    return result
  }

  #place(entries: readonly PackEntry[], blob: BlobPlace | null): void {
    for (const { id, offset, length, rawSize, encoding } of entries)
      this.#placed.set(formatHex(id), { blob, offset, length, rawSize, encoding })
  }
}

function nodesOf(
  from: number,
  root: { readonly key: string; readonly link: LocatorLink } | undefined,
): JournaledLocator {
  if (root === undefined) return { from }
  const { offset, length, sha256 } = root.link
  return { from, root: { base: root.key, offset, length, sha256: formatHex(sha256) } }
}

function indexOf(bytes: Uint8Array): readonly PackEntry[] {
  const index = readPackIndex(bytes, bytes.length)
  if (!('entries' in index)) throw new Error('the whole pack does not hold its index')
  return index.entries
}

function readyBlob({ packed, registered, certified, settled }: PackState): ReadyBlob {
  if (packed === undefined || registered === undefined || certified === undefined)
    throw new Error('a pack is not certified yet')
  return {
    blobId: packed.blobId,
    blobObjectId: registered.blobObjectId,
    deletable: true,
    certificate: settled === undefined ? certificateFromJournal(certified.certificate) : undefined,
  }
}
