/**
 * The folder of a devnet: the ledger's database, the storage network's folder and a note that says what the chain was
 * made of, so that another genesis is not mistaken for it and an unfinished one is started over.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import type { GenesisIds } from './genesis.ts'

const NOTE = 'devnet.json'
const LEDGER = 'ledger.sqlite'
const WALRUS = 'walrus'

/** What is written down when genesis is complete. */
export interface Note {
  readonly format: 1
  readonly fingerprint: string
  /** Absent until genesis is complete. */
  readonly ids?: GenesisIds
  /** How far the chain's clock is ahead of the machine's. */
  readonly clockOffsetMs: number
}

/** The folder of one devnet, or nothing but memory. */
export class Home {
  readonly #dir: string | undefined
  #note: Note | undefined

  private constructor(dir: string | undefined, note: Note | undefined) {
    this.#dir = dir
    this.#note = note
  }

  /**
   * Opens a folder, making it when it is missing.
   * @throws {SquidError} `GENESIS_MISMATCH`, `NOT_A_DEVNET`, `DIR_IO`
   */
  static open(dir: string | undefined, fingerprint: string): Home {
    if (dir === undefined) return new Home(undefined, undefined)
    onDisk(dir, () => mkdirSync(dir, { recursive: true }))
    const note = readNote(dir)
    if (note === undefined && (existsSync(join(dir, LEDGER)) || existsSync(join(dir, WALRUS))))
      throw new SquidError(
        'NOT_A_DEVNET',
        `${dir} has files that a devnet would overwrite, and is not a devnet's folder: choose another one.`,
      )
    if (note !== undefined && note.fingerprint !== fingerprint)
      throw new SquidError(
        'GENESIS_MISMATCH',
        `${dir} holds a network whose genesis had other packages or another shape than this program's: choose another folder, or delete this one to start a new network.`,
      )
    return new Home(dir, note)
  }

  /** What genesis made, or undefined when there is no complete genesis. */
  get ids(): GenesisIds | undefined {
    return this.#note?.ids
  }

  get clockOffsetMs(): number {
    return this.#note?.clockOffsetMs ?? 0
  }

  /** For `Ledger.open`. */
  get ledgerPath(): string {
    return this.#dir === undefined ? ':memory:' : join(this.#dir, LEDGER)
  }

  /** The storage network's folder, made. */
  walrusDir(): string | undefined {
    if (this.#dir === undefined) return undefined
    const dir = join(this.#dir, WALRUS)
    onDisk(dir, () => mkdirSync(dir, { recursive: true }))
    return dir
  }

  /** Notes that genesis begins. Comes first of all: files without a note are not ours to delete. */
  beginGenesis(fingerprint: string): void {
    this.#write({ format: 1, fingerprint, clockOffsetMs: 0 })
  }

  /** Throws away what an interrupted genesis left: nothing in it was anybody's yet. */
  discardUnfinished(): void {
    if (this.#dir === undefined || this.#note === undefined || this.#note.ids !== undefined) return
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      rmSync(join(this.#dir, LEDGER + suffix), { force: true })
    rmSync(join(this.#dir, WALRUS), { recursive: true, force: true })
  }

  /** Notes that genesis is complete. */
  endGenesis(ids: GenesisIds): void {
    this.#update({ ids })
  }

  setClockOffset(clockOffsetMs: number): void {
    this.#update({ clockOffsetMs })
  }

  #update(change: Partial<Note>): void {
    if (this.#note === undefined) throw new TypeError('the note is written before it is changed')
    this.#write({ ...this.#note, ...change })
  }

  #write(note: Note): void {
    this.#note = note
    if (this.#dir === undefined) return
    const path = join(this.#dir, NOTE)
    onDisk(path, () => {
      writeFileSync(`${path}.new`, `${JSON.stringify(note, null, 2)}\n`, { flush: true })
      renameSync(`${path}.new`, path)
    })
  }
}

function readNote(dir: string): Note | undefined {
  const path = join(dir, NOTE)
  if (!existsSync(path)) return undefined
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as Partial<Note>
    if (note.format === 1 && typeof note.fingerprint === 'string' && typeof note.clockOffsetMs === 'number')
      return note as Note
  } catch (cause) {
    throw new SquidError(
      'NOT_A_DEVNET',
      `${path} cannot be read: choose another folder, or delete this one.`,
      { cause },
    )
  }
  throw new SquidError(
    'GENESIS_MISMATCH',
    `${path} was written by another version of the devnet: choose another folder.`,
  )
}

/** Tells a disk's errors in a sentence. */
function onDisk(path: string, work: () => void): void {
  try {
    work()
  } catch (cause) {
    throw new SquidError('DIR_IO', `Cannot write ${path}: ${(cause as Error).message}.`, { cause })
  }
}
