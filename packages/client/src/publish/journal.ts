/**
 * What a publish has done so far, on disk, so that the same command resumes after a kill at any moment.
 *
 * One folder a publication: `journal.jsonl` (one record a line, appended and synced before the step that it
 * announces goes on), `pack-N` (bytes of pack N, kept until the release is out), `lock` (the process at work).
 * Transactions are journaled signed, before they are sent: sending them again can never pay twice.
 * @module
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { SquidError } from '@squid/formats/errors'

import type { PreparedTransaction } from '../transactions/index.ts'

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
  | { readonly step: 'registering'; readonly pack: number; readonly transaction: JournaledTransaction }
  | {
      readonly step: 'registered'
      readonly pack: number
      readonly blobObjectId: string
      readonly digest: string
      readonly gas: string
    }
  | { readonly step: 'certified'; readonly pack: number; readonly certificate: JournaledCertificate }
  | { readonly step: 'releasing'; readonly transaction: JournaledTransaction }

export interface JournaledTransaction {
  readonly digest: string
  readonly bytes: string
  readonly signature: string
}

/** The locator that a pack ends with: its nodes begin at `from`, its root lies at `offset`. */
export interface JournaledLocator {
  /** Revision of the Space's locator that it builds on. */
  readonly base: string
  readonly from: number
  readonly offset: number
  readonly length: number
  readonly sha256: string
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
}

export class PublishJournal implements AsyncDisposable {
  readonly folder: string
  readonly packs: PackState[] = []
  releasing: JournaledTransaction | undefined
  readonly #file: FileHandle

  private constructor(folder: string, file: FileHandle) {
    this.folder = folder
    this.#file = file
  }

  /**
   * Opens or begins the journal in `folder`, and holds the folder until disposed.
   * @throws {SquidError} `PUBLISH_RUNNING` while another live process holds it
   */
  static async open(folder: string): Promise<PublishJournal> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await lock(join(folder, 'lock'))
    const path = join(folder, 'journal.jsonl')
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    // A kill in the middle of an append leaves half a line: the step that it announced never began.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    await file.truncate(Buffer.byteLength(whole))
    const journal = new PublishJournal(folder, file)
    for (const line of whole.split('\n').filter(Boolean)) journal.#apply(JSON.parse(line) as JournalRecord)
    return journal
  }

  /** Appends a record; returns once it is on disk. */
  async append(record: JournalRecord): Promise<void> {
    const { size } = await this.#file.stat()
    await this.#file.write(`${JSON.stringify(record)}\n`, size)
    await this.#file.datasync()
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
  }

  /** Removes the folder: the release is on the ledger, nothing is left to resume. */
  async finish(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await rm(join(this.folder, 'lock'), { force: true })
  }

  #apply(record: JournalRecord): void {
    switch (record.step) {
      case 'releasing':
        this.releasing = record.transaction
        return
      case 'packed':
        this.#pack(record.pack).packed = record
        return
      case 'registering':
        this.#pack(record.pack).registering = record
        return
      case 'registered':
        this.#pack(record.pack).registered = record
        return
      case 'certified':
        this.#pack(record.pack).certified = record
    }
  }

  #pack(index: number): PackState {
    return (this.packs[index] ??= {})
  }
}

/** Takes the lock, also from a process that is no more. */
async function lock(path: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''))
    if (isAlive(holder))
      throw new SquidError(
        'PUBLISH_RUNNING',
        `The same flake is being published by process ${holder}; wait for it, or stop it and run this again`,
      )
    await rm(path, { force: true })
  }
  throw new SquidError(
    'PUBLISH_RUNNING',
    'The same flake is being published by another process; wait for it and run this again',
  )
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
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
