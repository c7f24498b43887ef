/**
 * Locks between processes that end with their holder, however it ends: the operating system's own file locks, which
 * Node reaches through SQLite. A file that merely names its holder cannot do that: process ids are used again, and
 * two who both find the holder dead both take it over.
 * @module
 */
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { HomeError } from './home.ts'

const SQLITE_BUSY = 5
const RETRY_MS = 10
const PATIENCE_MS = 10_000

/** Holds a lock until disposed. The file stays, empty. */
export class FileLock implements Disposable {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Takes the lock of a file, which is made when there is none. Nobody else may open that file: within one process
   * closing it would end the lock.
   * @returns undefined while somebody holds it, in this process or in another
   * @throws {HomeError} WRITE_FAILED
   */
  static tryAcquire(path: string): FileLock | undefined {
    let database: DatabaseSync | undefined
    try {
      create(path)
      database = new DatabaseSync(path, { timeout: 0 })
      database.exec('BEGIN EXCLUSIVE')
      return new FileLock(database)
    } catch (error) {
      database?.close()
      if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
      const reason = error instanceof Error ? error.message : String(error)
      throw new HomeError('WRITE_FAILED', `Cannot lock ${path}: ${reason}.`, { cause: error })
    }
  }

  /**
   * Waits for the lock, for what is held only for moments.
   * @throws {HomeError} LOCKED after ten seconds, WRITE_FAILED
   */
  static async acquire(path: string): Promise<FileLock> {
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      const lock = FileLock.tryAcquire(path)
      if (lock !== undefined) return lock
      if (performance.now() > until)
        throw new HomeError('LOCKED', `Another process keeps ${path} locked: stop it and try again.`)
      await sleep(RETRY_MS)
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

/** Never opens a file that is there: see `tryAcquire`. */
function create(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
