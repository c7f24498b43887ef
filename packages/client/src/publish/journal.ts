/**
 * What a publish has done so far, on disk, so that the same command resumes after a kill at any moment.
 *
 * One folder a publication: `journal.jsonl` (one record a line, appended and synced before the step that it
 * announces goes on), `pack-N` (bytes of pack N, kept until the release is out), `lock` (held by the process at work),
 * `holder` (its id, for people).
 * Transactions are journaled signed, before they are sent: sending them again can never pay twice.
 * @module
 */
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { ProtocolMessageCertificate } from '@mysten/walrus'
import { SquidError } from '@squid/formats/errors'

import { FileLock, syncFolder } from '../home/index.ts'
import type { PreparedTransaction } from '../transactions/index.ts'
import type { Certificate } from './certificate.ts'

/** `pack` numbers count from 0; ids, hashes and certificates are hex or base64 text. */
export type JournalRecord =
  | {
      readonly step: 'packed'
      readonly pack: number
      readonly size: number
      readonly sha256: string
      readonly blobId: string
      readonly rootHash: string
      readonly locator?: JournaledLocator
    }
  | {
      readonly step: 'registering'
      readonly packs: readonly number[]
      readonly transaction: JournaledTransaction
    }
  | {
      readonly step: 'registered'
      readonly pack: number
      readonly blobObjectId: string
      readonly digest: string
      readonly gas: string
    }
  | { readonly step: 'certified'; readonly pack: number; readonly certificate: JournaledCertificate }
  | {
      readonly step: 'certifying'
      readonly packs: readonly number[]
      readonly transaction: JournaledTransaction
    }
  /** Their leases have ended since: they are to be registered again. */
  | { readonly step: 'expired'; readonly packs: readonly number[] }
  /** Their certificates are on the ledger. */
  | {
      readonly step: 'settled'
      readonly packs: readonly number[]
      readonly digest: string
      readonly gas: string
    }
  /** `base`: the version that the release comes after. */
  | { readonly step: 'releasing'; readonly base: string; readonly transaction: JournaledTransaction }

export interface JournaledTransaction {
  readonly digest: string
  readonly bytes: string
  readonly signature: string
}

/** Locator nodes that a pack ends with: all entries from offset `from` on. The last pack of a locator has its root. */
export interface JournaledLocator {
  readonly from: number
  readonly root?: {
    /** Revision of the Space's locator that it builds on. */
    readonly base: string
    readonly offset: number
    readonly length: number
    readonly sha256: string
  }
}

interface JournaledCertificate {
  readonly signers: readonly number[]
  readonly serializedMessage: string
  readonly signature: string
}

/** Everything known of one pack. */
export interface PackState {
  packed?: Extract<JournalRecord, { step: 'packed' }>
  registering?: Extract<JournalRecord, { step: 'registering' }>
  registered?: Extract<JournalRecord, { step: 'registered' }>
  certified?: Extract<JournalRecord, { step: 'certified' }>
  certifying?: Extract<JournalRecord, { step: 'certifying' }>
  settled?: Extract<JournalRecord, { step: 'settled' }>
}

export class PublishJournal implements AsyncDisposable {
  readonly folder: string
  /** By number. A pack that was never finished leaves a hole. */
  readonly packs: (PackState | undefined)[] = []
  releasing: Extract<JournalRecord, { step: 'releasing' }> | undefined
  readonly #file: FileHandle
  readonly #lock: FileLock
  #size: number
  /** Records are appended one after another. */
  #appending: Promise<void> = Promise.resolve()

  private constructor(folder: string, file: FileHandle, size: number, lock: FileLock) {
    this.folder = folder
    this.#size = size
    this.#file = file
    this.#lock = lock
  }

  /**
   * Opens or begins the journal in `folder`, and holds the folder until disposed.
   * @throws {SquidError} `PUBLISH_RUNNING` while somebody else holds it, `JOURNAL_DAMAGED`
   */
  static async open(folder: string): Promise<PublishJournal> {
    const lock = await hold(folder)
    try {
      const path = join(folder, 'journal.jsonl')
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      // A kill in the middle of an append leaves half a line: the step that it announced never began.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      const records = whole.split('\n').filter(Boolean).map(parseRecord)
      if (records.includes(undefined)) throw damagedJournal(folder)
      const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
      const size = Buffer.byteLength(whole)
      const journal = new PublishJournal(folder, file, size, lock)
      try {
        await file.truncate(size)
        // A power cut must not cost the names of what was synced.
        if (size === 0) for (const path of [folder, dirname(folder)]) await syncFolder(path)
      } catch (error) {
        await file.close()
        throw error
      }
      for (const record of records) if (record !== undefined) journal.#apply(record)
      return journal
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  /** Appends a record; returns once it is on disk. */
  append(record: JournalRecord): Promise<void> {
    const appended = this.#appending.then(() => this.#append(record))
    this.#appending = appended.catch(() => undefined)
    return appended
  }

  /** What registering and certifying cost, in the order of the packs. */
  get transactions(): { readonly digest: string; readonly gas: bigint }[] {
    const registered = this.packs.flatMap(state => state?.registered ?? [])
    const settled = new Set(this.packs.flatMap(state => state?.settled ?? []))
    const gasOf = new Map<string, bigint>()
    for (const { digest, gas } of [...registered, ...settled])
      gasOf.set(digest, (gasOf.get(digest) ?? 0n) + BigInt(gas))
    return Array.from(gasOf, ([digest, gas]) => ({ digest, gas }))
  }

  async #append(record: JournalRecord): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(record)}\n`)
    await this.#file.write(line, 0, line.length, this.#size)
    await this.#file.datasync()
    this.#size += line.length
    this.#apply(record)
  }

  packFile(pack: number): string {
    return join(this.folder, `pack-${pack}`)
  }

  async writePack(pack: number, bytes: Uint8Array): Promise<void> {
    const file = await open(this.packFile(pack), 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await syncFolder(this.folder)
  }

  /** Removes the folder: the release is on the ledger, nothing is left to resume. */
  async finish(): Promise<void> {
    // First, so that who is killed here finds no journal of packs that are gone.
    await rm(join(this.folder, 'journal.jsonl'), { force: true })
    await rm(this.folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await rm(join(this.folder, 'holder'), { force: true })
    this.#lock[Symbol.dispose]()
  }

  #apply(record: JournalRecord): void {
    switch (record.step) {
      case 'releasing':
        this.releasing = record
        return
      case 'packed':
        this.#pack(record.pack).packed = record
        return
      case 'registering':
        for (const pack of record.packs) this.#pack(pack).registering = record
        return
      case 'registered':
        this.#pack(record.pack).registered = record
        return
      case 'certified':
        this.#pack(record.pack).certified = record
        return
      case 'certifying':
        for (const pack of record.packs) this.#pack(pack).certifying = record
        return
      case 'settled':
        for (const pack of record.packs) this.#pack(pack).settled = record
        return
      case 'expired':
        for (const pack of record.packs) this.packs[pack] = onlyPacked(this.#pack(pack))
    }
  }

  #pack(index: number): PackState {
    return (this.packs[index] ??= {})
  }
}

function onlyPacked({ packed }: PackState): PackState {
  return packed === undefined ? {} : { packed }
}

/** @throws {SquidError} `PUBLISH_RUNNING` */
async function hold(folder: string): Promise<FileLock> {
  const holder = join(folder, 'holder')
  const lock = FileLock.tryAcquire(join(folder, 'lock'))
  if (lock !== undefined) {
    await writeFile(holder, String(process.pid), { mode: 0o600 })
    return lock
  }
  const who = await readFile(holder, 'utf8').catch(() => '')
  throw new SquidError(
    'PUBLISH_RUNNING',
    `The same flake is being published by ${/^\d{1,10}$/.test(who) ? `process ${who}` : 'another process'}; wait for it, or stop it and run this again`,
  )
}

/** The unfinished publish on this disk is not what was written. */
export function damagedJournal(folder: string): SquidError {
  return new SquidError(
    'JOURNAL_DAMAGED',
    `The unfinished publish in ${folder} is damaged; remove that folder and publish again`,
  )
}

/** Packs of one publish: more would be terabytes. */
const MAX_PACKS = 100_000

/** A line of the journal; undefined when it is not one. */
function parseRecord(line: string): JournalRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('step' in value)) return undefined
  const record = value as Readonly<Record<string, unknown>>
  return isRecord(record) ? (value as JournalRecord) : undefined
}

function isPack(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_PACKS
}

function isRecord(record: Readonly<Record<string, unknown>>): boolean {
  const { transaction, certificate, locator, pack, packs } = record
  const isOfPack = isPack(pack)
  const isOfPacks = Array.isArray(packs) && packs.length > 0 && packs.every(isPack)
  switch (record['step']) {
    case 'packed':
      return (
        isOfPack &&
        typeof record['size'] === 'number' &&
        hasTexts(record, ['sha256', 'blobId', 'rootHash']) &&
        (locator === undefined || isLocator(locator))
      )
    case 'registering':
    case 'certifying':
      return isOfPacks && hasTexts(transaction, ['digest', 'bytes', 'signature'])
    case 'registered':
      return (
        isOfPack &&
        hasTexts(record, ['blobObjectId', 'digest', 'gas']) &&
        /^-?\d+$/.test(String(record['gas']))
      )
    case 'certified':
      return isOfPack && hasTexts(certificate, ['serializedMessage', 'signature']) && hasSigners(certificate)
    case 'expired':
      return isOfPacks
    case 'settled':
      return isOfPacks && hasTexts(record, ['digest', 'gas']) && /^-?\d+$/.test(String(record['gas']))
    case 'releasing':
      return hasTexts(transaction, ['digest', 'bytes', 'signature']) && /^\d+$/.test(String(record['base']))
    default:
      return false
  }
}

function isLocator(value: unknown): boolean {
  const { from, root } = value as { readonly from?: unknown; readonly root?: unknown }
  return typeof from === 'number' && (root === undefined || hasTexts(root, ['base', 'sha256']))
}

function hasSigners(value: unknown): boolean {
  const { signers } = value as { readonly signers?: unknown }
  return Array.isArray(signers) && signers.every(signer => Number.isInteger(signer))
}

function hasTexts(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  return names.every(name => typeof fields.get(name) === 'string')
}

export function journalTransaction(transaction: PreparedTransaction): JournaledTransaction {
  return {
    digest: transaction.digest,
    bytes: Buffer.from(transaction.bytes).toString('base64'),
    signature: transaction.signature,
  }
}

export function transactionFromJournal(record: JournaledTransaction): PreparedTransaction {
  return {
    digest: record.digest,
    bytes: new Uint8Array(Buffer.from(record.bytes, 'base64')),
    signature: record.signature,
  }
}

export function journalCertificate(certificate: Certificate): JournaledCertificate {
  return {
    signers: certificate.signers,
    serializedMessage: Buffer.from(certificate.serializedMessage).toString('base64'),
    signature: Buffer.from(certificate.signature).toString('base64'),
  }
}

export function certificateFromJournal(record: JournaledCertificate): ProtocolMessageCertificate {
  return {
    signers: [...record.signers],
    serializedMessage: new Uint8Array(Buffer.from(record.serializedMessage, 'base64')),
    signature: new Uint8Array(Buffer.from(record.signature, 'base64')),
  }
}
