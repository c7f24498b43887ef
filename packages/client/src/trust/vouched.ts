/**
 * Which release vouched for which store path, in `state/vouched.sqlite`: written before squidd signs a path for this
 * machine's Nix, read when somebody asks what came from a release, also when that release was revoked since and its
 * contents are gone.
 * @module
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { joinStorePath, pathHash, pathName, type StorePath } from '@squid/formats/store-path'
import type { Home } from '../home/index.ts'
import { TrustError } from './pins.ts'

/** A release, as it was known when it vouched. Ids are the ledger's. */
export interface VouchingRelease {
  readonly chainId: string
  readonly space: string
  readonly flake: string
  readonly flakeName: string
  /** By which it was asked for, without `@`. */
  readonly name: string | undefined
  readonly version: bigint
  /** Digest of its manifest. */
  readonly manifest: Uint8Array
}

/** A store path and what a release said of it. */
export interface VouchedPath {
  readonly storePath: StorePath
  /** SHA-256 of the NAR. */
  readonly narHash: Uint8Array
}

/** A release that vouched for a path, and what it said. */
export interface Vouching extends VouchedPath {
  readonly release: VouchingRelease
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS release (
    id INTEGER PRIMARY KEY, chain TEXT NOT NULL, space TEXT NOT NULL, flake TEXT NOT NULL, flake_name TEXT NOT NULL,
    name TEXT, version TEXT NOT NULL, manifest BLOB NOT NULL, UNIQUE (chain, flake, version)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS path (
    hash BLOB NOT NULL, path_name TEXT NOT NULL, nar_hash BLOB NOT NULL, release INTEGER NOT NULL REFERENCES release,
    PRIMARY KEY (hash, release)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS path_of_release ON path (release);
`

/** Paths that are remembered as written; then it begins anew, and writes some again, which changes nothing. */
const MAX_KNOWN = 200_000
/** Another process writes only for moments. */
const BUSY_MS = 5_000

/** Where a home keeps it. */
function vouchedPath(home: Pick<Home, 'state'>): string {
  return join(home.state, 'vouched.sqlite')
}

interface Waiting {
  readonly release: VouchingRelease
  readonly path: VouchedPath
}

/** The record of one home. Many processes may have it open. */
export class VouchedPaths implements Disposable {
  readonly #database: DatabaseSync
  readonly #addRelease: StatementSync
  readonly #addPath: StatementSync
  readonly #known = new Set<string>()
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  private constructor(database: DatabaseSync) {
    this.#database = database
    this.#addRelease = database.prepare(`
      INSERT INTO release (chain, space, flake, flake_name, name, version, manifest) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET name = coalesce(excluded.name, name) RETURNING id`)
    this.#addPath = database.prepare(
      'INSERT OR REPLACE INTO path (hash, path_name, nar_hash, release) VALUES (?, ?, ?, ?)',
    )
  }

  /** @throws {TrustError} STATE_DAMAGED */
  static open(home: Pick<Home, 'state'>): VouchedPaths {
    const file = vouchedPath(home)
    let database: DatabaseSync | undefined
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      database = new DatabaseSync(file, { timeout: BUSY_MS })
      database.exec(SCHEMA)
      return new VouchedPaths(database)
    } catch (cause) {
      database?.close()
      throw new TrustError(
        'STATE_DAMAGED',
        `${file} cannot be used: mend it, or remove it to forget which release each store path came from.`,
        { cause },
      )
    }
  }

  /** Undefined where squidd never vouched for anything. @throws {TrustError} STATE_DAMAGED */
  static openIfAny(home: Pick<Home, 'state'>): VouchedPaths | undefined {
    return existsSync(vouchedPath(home)) ? VouchedPaths.open(home) : undefined
  }

  /**
   * Remembers that a release vouched for a path. Ends when that is written: a process that is killed then has not
   * forgotten it.
   */
  async record(release: VouchingRelease, path: VouchedPath): Promise<void> {
    const key = `${release.chainId} ${release.flake} ${release.version} ${path.storePath}`
    if (this.#known.has(key)) return
    this.#waiting.push({ release, path })
    this.#writing ??= Promise.resolve().then(() => this.#write())
    await this.#writing
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.add(key)
  }

  /** All that came in since the last time, in one transaction. */
  #write(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#writing = undefined
    const ids = new Map<VouchingRelease, number>()
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const { release, path } of waiting) {
        const id = ids.get(release) ?? this.#idOf(release)
        ids.set(release, id)
        this.#addPath.run(pathHash(path.storePath), pathName(path.storePath), path.narHash, id)
      }
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #idOf({ chainId, space, flake, flakeName, name, version, manifest }: VouchingRelease): number {
    const row = this.#addRelease.get(
      chainId,
      space,
      flake,
      flakeName,
      name ?? null,
      String(version),
      manifest,
    )
    return Number(row?.['id'])
  }

  /** Every release that vouched for a path. */
  ofPath(storePath: StorePath): readonly Vouching[] {
    return this.#rows(
      'SELECT * FROM path JOIN release ON release.id = path.release WHERE hash = ? ORDER BY release.id',
      pathHash(storePath),
    ).filter(vouching => vouching.storePath === storePath)
  }

  /** Everything on a chain, path by path. */
  all(chainId: string): readonly Vouching[] {
    return this.#rows(
      'SELECT * FROM path JOIN release ON release.id = path.release WHERE chain = ? ORDER BY hash, release.id',
      chainId,
    )
  }

  #rows(query: string, value: string | Uint8Array): readonly Vouching[] {
    const releases = new Map<number, VouchingRelease>()
    return this.#database
      .prepare(query)
      .all(value)
      .map(row => {
        const id = Number(row['id'])
        const release = releases.get(id) ?? releaseOf(row)
        releases.set(id, release)
        return {
          storePath: joinStorePath(bytesOf(row['hash']), String(row['path_name'])),
          narHash: bytesOf(row['nar_hash']),
          release,
        }
      })
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

function releaseOf(row: Readonly<Record<string, unknown>>): VouchingRelease {
  const name = row['name']
  return {
    chainId: String(row['chain']),
    space: String(row['space']),
    flake: String(row['flake']),
    flakeName: String(row['flake_name']),
    name: typeof name === 'string' ? name : undefined,
    version: BigInt(String(row['version'])),
    manifest: bytesOf(row['manifest']),
  }
}
