/**
 * Which places of chunks this home has seen to be right: written by itself, or read and hashed. A blob's id names its
 * content, so that a place which was right once stays right.
 *
 * One SQLite file in the cache folder, about 40 bytes a place; without it places are read once more.
 * @module
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

import { concatBytes, encodeUtf8 } from '@squid/formats/bytes'
import { taggedSha256 } from '@squid/formats/hash'
import type { LocatedChunk } from '@squid/formats/locator'

import type { Home } from '../home/index.ts'

/** Bytes of a key: nobody finds another place with the same. */
const KEY_BYTES = 20
/** Others of this home publish too, and write for moments. */
const PATIENCE_MS = 10_000
/** SQLite's words for a file that is none of its: CORRUPT, NOTADB. */
const DAMAGED: ReadonlySet<unknown> = new Set([11, 26])

export class VerifiedPlaces implements Disposable {
  readonly #database: DatabaseSync
  readonly #find: StatementSync
  readonly #add: StatementSync

  private constructor(database: DatabaseSync) {
    this.#database = database
    this.#find = database.prepare('SELECT 1 FROM places WHERE key = ?')
    this.#add = database.prepare('INSERT OR IGNORE INTO places VALUES (?)')
  }

  static open(home: Home): VerifiedPlaces {
    mkdirSync(home.cache, { recursive: true, mode: 0o700 })
    const path = join(home.cache, 'verified-places.db')
    try {
      return new VerifiedPlaces(openDatabase(path))
    } catch (error) {
      if (!(error instanceof Error) || !('errcode' in error) || !DAMAGED.has(error.errcode)) throw error
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
      return new VerifiedPlaces(openDatabase(path))
    }
  }

  has(chunk: LocatedChunk): boolean {
    return this.#find.get(keyOf(chunk)) !== undefined
  }

  addAll(chunks: Iterable<LocatedChunk>): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const chunk of chunks) this.#add.run(keyOf(chunk))
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: PATIENCE_MS })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec('CREATE TABLE IF NOT EXISTS places (key BLOB PRIMARY KEY) WITHOUT ROWID, STRICT')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function keyOf({ id, location }: LocatedChunk): Uint8Array {
  const { blob, offset, length, rawSize, encoding } = location
  if (blob === null) throw new Error('a place in no blob yet')
  const rest = encodeUtf8(`${blob.size} ${offset} ${length} ${rawSize} ${encoding}`)
  return taggedSha256('squid.verified-place.v1', concatBytes([id, blob.id, rest])).subarray(0, KEY_BYTES)
}
