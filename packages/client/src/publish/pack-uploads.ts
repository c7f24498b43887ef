/**
 * Brings finished packs onto Walrus, several at once while later ones are made: written to the journal's folder,
 * encoded, registered, stored and certified. Every step is journaled, so that doing it again does only what is
 * missing. Memory is bounded: whoever adds a pack waits while too many are under way.
 * @module
 */
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { equalBytes, formatHex, parseHex } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import type { BlobPlace } from '@squid/formats/locator'

import type { Committee } from '../storage/committee.ts'
import { type Certificate, Uploader, type UploadWay } from './certificate.ts'
import { type EncodedBlob, EncodeThreads } from './encode-threads.ts'
import { damagedJournal, type JournaledLocator, journalCertificate, type PackState } from './journal.ts'
import { Places } from './places.ts'
import { BLOBS_PER_TRANSACTION, dropExpired, type LedgerDeps, register } from './registration.ts'
import { epochOfConfirmation } from './signers.ts'

const MIB = 1024 * 1024

/** Packs that are not certified yet: all lie on disk, and a few in memory. */
const UNDER_WAY_BYTES = 128 * MIB
/** Packs that are in memory because they are not encoded yet. */
const MAKING_BYTES = 48 * MIB
/** Packs that are read again, for a relay or after a kill. */
const READING_BYTES = 64 * MIB
const MAX_UNDER_WAY = 32

/** How long a pack waits for others that could be registered with it. */
const LINGER_MS = 300

export interface PackUploadsDeps extends LedgerDeps {
  /** Of the epoch in which this begins. */
  readonly committee: Committee
  /** Largest pack in bytes. */
  readonly packLimit: number
  readonly way: UploadWay
  /** `wasThere`: an earlier try had certified it. */
  readonly onCertified: (pack: number, wasThere: boolean) => void
  readonly onRelayLost: (reason: string) => void
}

/** A pack that was added. */
export interface AddedPack {
  /** The blob that it became, known once it is encoded and journaled. */
  readonly identified: Promise<BlobPlace>
}

export class PackUploads {
  readonly #deps: PackUploadsDeps
  readonly #threads: EncodeThreads
  readonly #uploader: Uploader
  readonly #maxUnderWay: number
  /** For packs that are read again from disk, each of which lies in memory until it is sent. */
  readonly #reading: Places
  readonly #maxMaking: number
  readonly #underWay = new Set<Promise<void>>()
  readonly #registrar: Registrar
  #next: number
  /** Packs that are not encoded or identified yet. */
  #making = 0
  /** Who waits for one of them. */
  readonly #made: (() => void)[] = []
  #failure: { readonly error: unknown } | undefined

  constructor(deps: PackUploadsDeps) {
    this.#deps = deps
    const { shards, nodes } = deps.committee
    this.#threads = new EncodeThreads(shards, deps.packLimit)
    const { network } = deps.account
    const scheme = nodes.some(({ url }) => url?.startsWith('https:')) ? 'https' : 'http'
    this.#uploader = new Uploader({ network, threads: this.#threads, scheme }, deps.way, deps.onRelayLost)
    this.#maxUnderWay = Math.min(Math.max(Math.floor(UNDER_WAY_BYTES / deps.packLimit), 2), MAX_UNDER_WAY)
    this.#maxMaking = Math.min(Math.max(Math.floor(MAKING_BYTES / deps.packLimit), 1), MAX_UNDER_WAY)
    this.#reading = new Places(
      Math.min(Math.max(Math.floor(READING_BYTES / deps.packLimit), 1), MAX_UNDER_WAY),
    )
    this.#next = deps.journal.packs.length
    this.#registrar = new Registrar(deps, () => this.#making > 0 && this.#threads.hasRoom)
  }

  /**
   * Takes a finished pack, once there is room for it.
   * @param bytes taken: detached here, the whole buffer that they are
   * @throws what an earlier pack failed with
   */
  async add(bytes: Uint8Array<ArrayBuffer>, locator?: JournaledLocator): Promise<AddedPack> {
    await this.room()
    const pack = this.#next++
    this.#making++
    const { promise: identified, resolve, reject } = Promise.withResolvers<BlobPlace>()
    // Awaited later or not at all; a failure is told by `room`.
    identified.catch(() => undefined)
    this.#start(async () => {
      let encoded: EncodedBlob | undefined
      try {
        encoded = await this.#make(pack, bytes, locator)
        resolve(blobOf(packedOf(this.#state(pack))))
      } catch (error) {
        reject(error)
        throw error
      } finally {
        this.#making--
        for (const resolve of this.#made.splice(0)) resolve()
        this.#registrar.look()
      }
      await this.#bring(pack, encoded, false)
    })
    return { identified }
  }

  /**
   * Waits until another pack may be added: best before it is put together.
   * @throws what an earlier pack failed with
   */
  async room(): Promise<void> {
    while (this.#underWay.size >= this.#maxUnderWay || this.#making >= this.#maxMaking) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#made.push(resolve)
      await Promise.race([promise, ...this.#underWay])
    }
    this.#throwFailure()
    this.#deps.signal?.throwIfAborted()
  }

  /** To be called before the packs of an earlier try are resumed: what was paid for too long ago is not counted. */
  async dropExpired(): Promise<void> {
    if (this.#deps.journal.packs.length === 0) return
    await dropExpired(this.#deps, (await this.#uploader.signers()).epoch)
  }

  /** Brings a pack of an earlier try onto Walrus, as far as it is not. */
  async resume(pack: number): Promise<void> {
    await this.room()
    if (this.#state(pack).certified !== undefined) return this.#deps.onCertified(pack, true)
    this.#start(() => this.#bring(pack, undefined, true))
  }

  /** Waits until every pack is certified, by certificates of the current epoch. */
  async finish(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    this.#throwFailure()
    const { epoch } = await this.#uploader.signers(true)
    for (const [pack, state] of this.#deps.journal.packs.entries()) {
      if (state?.certified === undefined || state.settled !== undefined) continue
      const message = Buffer.from(state.certified.certificate.serializedMessage, 'base64')
      if (epochOfConfirmation(message) !== epoch) await this.#bring(pack, undefined, true)
    }
  }

  async close(): Promise<void> {
    this.#uploader.close()
    await this.#threads.close()
    await Promise.allSettled(this.#underWay)
  }

  #start(work: () => Promise<void>): void {
    const job: Promise<void> = work()
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#underWay.delete(job))
    this.#underWay.add(job)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  // Encodes a pack, or only finds its id when a relay encodes it, and journals it.
  async #make(
    pack: number,
    bytes: Uint8Array<ArrayBuffer>,
    locator: JournaledLocator | undefined,
  ): Promise<EncodedBlob | undefined> {
    const { journal } = this.#deps
    const [size, digest] = [bytes.length, formatHex(sha256(bytes))]
    await journal.writePack(pack, bytes)
    const encoded = (await this.#uploader.usesRelay) ? undefined : await this.#threads.encode(bytes)
    const { blobId, rootHash } = encoded ?? (await this.#threads.identify(bytes))
    await journal.append({
      step: 'packed',
      pack,
      size,
      sha256: digest,
      blobId: Buffer.from(blobId).toString('base64url'),
      rootHash: formatHex(rootHash),
      ...(locator && { locator }),
    })
    return encoded
  }

  async #bring(pack: number, encoded: EncodedBlob | undefined, isResumed: boolean): Promise<void> {
    try {
      await this.#registrar.register(pack)
      const certificate = await this.#store(pack, encoded, isResumed)
      await this.#deps.journal.append({
        step: 'certified',
        pack,
        certificate: journalCertificate(certificate),
      })
      this.#deps.onCertified(pack, false)
    } finally {
      if (encoded !== undefined) this.#threads.release(encoded)
    }
  }

  async #store(pack: number, encoded: EncodedBlob | undefined, isResumed: boolean): Promise<Certificate> {
    const { signal } = this.#deps
    const state = this.#state(pack)
    const blobObjectId = state.registered?.blobObjectId
    if (blobObjectId === undefined) throw new Error(`pack ${pack} was never registered`)
    if (encoded !== undefined) return this.#uploader.toNodes(encoded, blobObjectId, isResumed, signal)
    using _ = await this.#reading.take()
    const bytes = await this.read(pack)
    const blobId = blobOf(packedOf(state)).id
    const certificate = (await this.#uploader.usesRelay)
      ? await this.#uploader.throughRelay(bytes, blobId, blobObjectId, signal)
      : undefined
    if (certificate !== undefined) return certificate
    const again = await this.#threads.encode(bytes)
    try {
      return await this.#uploader.toNodes(again, blobObjectId, true, signal)
    } finally {
      this.#threads.release(again)
    }
  }

  /**
   * The bytes of a journaled pack.
   * @throws {SquidError} `JOURNAL_DAMAGED` when the file is not what was journaled
   */
  async read(pack: number): Promise<Uint8Array<ArrayBuffer>> {
    const { journal } = this.#deps
    const { size, sha256: expected } = packedOf(this.#state(pack))
    const bytes = await readWhole(journal.packFile(pack), size)
    if (!equalBytes(sha256(bytes), parseHex(expected))) throw damagedJournal(journal.folder)
    return bytes
  }

  #state(pack: number): PackState {
    const state = this.#deps.journal.packs[pack]
    if (state === undefined) throw new Error(`pack ${pack} was never journaled`)
    return state
  }
}

/** Into one buffer, which `readFile` does not; of a file that cannot be read, nothing. */
async function readWhole(path: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size)
  try {
    await using file = await open(path)
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, size - at, at)
      if (bytesRead === 0) break
      at += bytesRead
    }
  } catch {
    return new Uint8Array()
  }
  return bytes
}

/** Where the chunks of a journaled pack will be. */
export function blobOf(pack: { readonly blobId: string; readonly size: number }): BlobPlace {
  return { id: new Uint8Array(Buffer.from(pack.blobId, 'base64url')), size: pack.size }
}

function packedOf(state: PackState): NonNullable<PackState['packed']> {
  if (state.packed === undefined) throw new Error('a pack was never journaled')
  return state.packed
}

interface Waiting {
  readonly pack: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Gathers packs that are ready to be registered, so that one transaction serves several; one at a time. */
class Registrar {
  readonly #deps: LedgerDeps
  readonly #moreIsComing: () => boolean
  #waiting: Waiting[] = []
  #running = false
  #looked = Promise.withResolvers<void>()

  /** @param moreIsComing whether another pack may soon be ready */
  constructor(deps: LedgerDeps, moreIsComing: () => boolean) {
    this.#deps = deps
    this.#moreIsComing = moreIsComing
  }

  register(pack: number): Promise<void> {
    if (this.#deps.journal.packs[pack]?.registered !== undefined) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pack, resolve, reject })
      if (!this.#running) void this.#run()
      else this.look()
    })
  }

  /** What `moreIsComing` says may have changed. */
  look(): void {
    this.#looked.resolve()
    this.#looked = Promise.withResolvers()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      await this.#linger()
      const batch = this.#waiting.splice(0, BLOBS_PER_TRANSACTION)
      try {
        await register(
          this.#deps,
          batch.map(({ pack }) => pack),
        )
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#running = false
  }

  async #linger(): Promise<void> {
    const until = performance.now() + LINGER_MS
    while (this.#waiting.length < BLOBS_PER_TRANSACTION && this.#moreIsComing()) {
      const left = until - performance.now()
      if (left <= 0) return
      const enough = new AbortController()
      await Promise.race([
        this.#looked.promise,
        sleep(left, undefined, { signal: enough.signal }).catch(() => undefined),
      ])
      enough.abort()
    }
  }
}
