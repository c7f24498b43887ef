/**
 * Brings the files of a site onto Walrus, in packs that the account holds. What an interrupted upload has paid for is found
 * again by its journal, and used.
 * @module
 */
import { join } from 'node:path'
import { formatHex } from '@squid/formats/bytes'
import type { Home } from '../home/index.ts'
import { PublishJournal } from '../publish/journal.ts'
import { blobOf, PackUploads } from '../publish/pack-uploads.ts'
import { certifyAllBut, type LedgerDeps } from '../publish/registration.ts'
import { SpareStorage } from '../publish/spare-storage.ts'
import type { WalrusStorage } from '../storage/index.ts'
import type { Account } from '../transactions/index.ts'
import { readSitePack } from './pack.ts'
import type { Place } from './page.ts'

/** Takes finished packs. */
export interface PackSink {
  /** Takes the bytes. @returns the id of the blob */
  add(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

export interface SiteUploadDeps {
  readonly account: Account
  readonly storage: WalrusStorage
  readonly home: Home
}

export interface SiteUploadOptions {
  readonly site: string
  readonly space: string
  readonly packLimit: number
  readonly epochs: number
  readonly onUploaded: (bytes: number) => void
  readonly signal: AbortSignal | undefined
}

export class SiteUpload implements PackSink, AsyncDisposable {
  readonly #ledger: LedgerDeps
  readonly #journal: PublishJournal
  readonly #uploads: PackUploads
  /** Files in packs of an earlier try, by hex SHA-256. */
  readonly found: Map<string, Place> = new Map<string, Place>()

  private constructor(ledger: LedgerDeps, journal: PublishJournal, uploads: PackUploads) {
    this.#ledger = ledger
    this.#journal = journal
    this.#uploads = uploads
  }

  /** @throws {SquidError} `PUBLISH_RUNNING` while another one of this home works on the site */
  static async open(
    { account, storage, home }: SiteUploadDeps,
    { site, space, packLimit, epochs, onUploaded, signal }: SiteUploadOptions,
  ): Promise<SiteUpload> {
    const { committee } = await storage.open()
    const journal = await PublishJournal.open(join(home.state, 'site', site.slice(2)))
    const ledger = { account, journal, spares: new SpareStorage(account.network, space), epochs, signal }
    const uploads = new PackUploads({
      ...ledger,
      committee,
      packLimit,
      way: 'auto',
      onCertified: (pack, wasThere) => {
        if (!wasThere) onUploaded(journal.packs[pack]?.packed?.size ?? 0)
      },
      onRelayLost: () => undefined,
    })
    const upload = new SiteUpload(ledger, journal, uploads)
    try {
      await upload.#resume()
      return upload
    } catch (error) {
      await upload[Symbol.asyncDispose]()
      throw error
    }
  }

  async add(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const { identified } = await this.#uploads.add(bytes)
    // Known while it is on its way; a failure of that is told by the next call.
    return (await identified).id
  }

  /** Waits until every pack is certified on the ledger. */
  async settle(): Promise<void> {
    await this.#uploads.finish()
    await certifyAllBut(this.#ledger, this.#packs(), 0)
  }

  /** Blobs of this and earlier tries, by `blobKey`. */
  get blobs(): readonly string[] {
    return this.#packs().flatMap(pack => this.#journal.packs[pack]?.packed?.blobId ?? [])
  }

  /** MIST that the uploads cost. */
  get gas(): bigint {
    return this.#journal.transactions.reduce((sum, { gas }) => sum + gas, 0n)
  }

  /** Nothing is left to resume. */
  async done(): Promise<void> {
    await this.#journal.finish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#uploads.close()
    await this.#journal[Symbol.asyncDispose]()
  }

  #packs(): number[] {
    return [...this.#journal.packs.keys()].filter(pack => this.#journal.packs[pack]?.packed !== undefined)
  }

  async #resume(): Promise<void> {
    await this.#uploads.dropExpired()
    for (const pack of this.#packs()) {
      const packed = this.#journal.packs[pack]?.packed
      if (packed === undefined) continue
      const { id: blobId } = blobOf(packed)
      for (const { sha256, start, end } of readSitePack(await this.#uploads.read(pack)))
        this.found.set(formatHex(sha256), { blobId, range: { start, end } })
      await this.#uploads.resume(pack)
    }
  }
}

/** Stores nothing, and counts what would be stored. */
export class CountingSink implements PackSink {
  readonly sizes: number[] = []

  add(bytes: Uint8Array): Promise<Uint8Array> {
    this.sizes.push(bytes.length)
    return Promise.resolve(new Uint8Array(32))
  }
}
