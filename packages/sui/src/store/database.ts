/**
 * The SQLite file: opened exclusively, in WAL mode, one transaction at a time.
 * @module
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { SquidError } from '@squid/formats/errors'
import { SCHEMA, SCHEMA_VERSION } from './schema.ts'

/** SQLite's result codes that are told apart. */
const SQLITE = { busy: 5, locked: 6, full: 13, notADatabase: 26, corrupt: 11 } as const

function asLedgerError(error: unknown, path: string): unknown {
  const code = (error as { errcode?: unknown }).errcode
  if (typeof code !== 'number') return error
  const primary = code & 0xff
  if (primary === SQLITE.busy || primary === SQLITE.locked) {
    return new SquidError('LEDGER_IN_USE', `another process has the ledger ${path} open: stop it first`, {
      cause: error,
    })
  }
  if (primary === SQLITE.notADatabase || primary === SQLITE.corrupt) {
    return new SquidError('LEDGER_FORMAT', `${path} is not a ledger, or is damaged`, { cause: error })
  }
  const why = primary === SQLITE.full ? 'the disk is full' : (error as Error).message
  return new SquidError('LEDGER_IO', `the ledger ${path} cannot be read or written: ${why}`, { cause: error })
}

/** An open ledger file. */
export class Database {
  readonly path: string
  readonly #database: DatabaseSync
  #closed = false

  private constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
  }

  /**
   * Opens or makes the file.
   * @throws {SquidError} `LEDGER_IN_USE`, `LEDGER_FORMAT`, `LEDGER_IO`
   */
  static open(path: string): Database {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(path, { timeout: 0 })
      // Committed transactions survive the death of the process; a power cut may cost the last ones, never the order.
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      database.exec('PRAGMA cache_size = -65536; BEGIN EXCLUSIVE')
      prepareSchema(database, path)
      database.exec('COMMIT')
      return new Database(path, database)
    } catch (error) {
      database?.close()
      throw asLedgerError(error, path)
    }
  }

  /** A statement to be kept and used again. */
  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql)
  }

  /**
   * Runs `work` so that all of it is written or nothing.
   * @throws {SquidError} `LEDGER_IO` when the file cannot be written; whatever `work` throws
   */
  transact<T>(work: () => T): T {
    this.#run('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw asLedgerError(error, this.path)
    }
  }

  #run(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw asLedgerError(error, this.path)
    }
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#database.close()
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version === SCHEMA_VERSION) return
  const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'])
  if (version !== 0 || tables > 0) {
    throw new SquidError(
      'LEDGER_FORMAT',
      `${path} was made by another version of this program, or is not a ledger`,
    )
  }
  database.exec(SCHEMA)
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
}
