/**
 * Downloaded archive files by their SHA-256. Every file was checked when it came in and is checked again when it is
 * used: another process may keep its files in the same folder.
 * @module
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Apt } from './apt.ts'
import { DebianError } from './errors.ts'
import { type DebianLock, type LockedFile, lockedFiles } from './lock.ts'

const run = promisify(execFile)

/** The folder in which lists and archives are kept by default: `squid/debian` in the user's cache folder. */
export function debianCache(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const asked = env['SQUID_DEBIAN_CACHE']
  if (asked !== undefined && asked !== '') return asked
  const cache = env['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'squid/debian')
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file)) hash.update(part as Uint8Array)
  return hash.digest('hex')
}

/** A folder of files named by their SHA-256. */
export class Archives {
  readonly #dir: string

  /** @param dir made when missing */
  constructor(dir: string) {
    this.#dir = dir
  }

  /** Where a file lies, or will lie. */
  path(hash: string): string {
    return join(this.#dir, hash)
  }

  /** Downloads what a lock names and is not there. @throws {DebianError} DEBIAN_APT, DEBIAN_ARCHIVE */
  async fetch(apt: Apt, lock: DebianLock): Promise<void> {
    const packages = new Map<string, string>()
    for (const unit of Object.values(lock.units)) {
      unit.archives.forEach((file, index) => {
        if (!this.#has(file)) packages.set(unit.packages[index] ?? '', file.sha256)
      })
    }
    if (packages.size > 0) await this.fetchPackages(apt, packages)
    for (const [name, source] of Object.entries(lock.sources)) {
      if (source.files.every(file => this.#has(file))) continue
      const hashes = source.files.map(file => file.sha256)
      await this.#receive(hashes, dir => apt.downloadSource(name, dir))
    }
  }

  /** Downloads binary packages. @param packages name → the SHA-256 that its archive must have */
  async fetchPackages(apt: Apt, packages: ReadonlyMap<string, string>): Promise<void> {
    const missing = [...packages].filter(([, hash]) => !existsSync(this.path(hash)))
    if (missing.length === 0) return
    await this.#receive(
      missing.map(([, hash]) => hash),
      dir =>
        apt.downloadPackages(
          missing.map(([name]) => name),
          dir,
        ),
    )
  }

  #has(file: LockedFile): boolean {
    return existsSync(this.path(file.sha256))
  }

  /** Lets `download` fill a folder, then keeps every file under its hash. */
  async #receive(hashes: readonly string[], download: (dir: string) => Promise<void>): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const dir = await mkdtemp(join(this.#dir, 'incoming-'))
    try {
      await download(dir)
      for (const name of await readdir(dir)) {
        const file = join(dir, name)
        await chmod(file, 0o444)
        await rename(file, this.path(await sha256(file)))
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
    const missing = hashes.find(hash => !existsSync(this.path(hash)))
    if (missing !== undefined)
      throw new DebianError(
        'DEBIAN_ARCHIVE',
        `apt downloaded no file with the hash ${missing} that its index names`,
      )
  }

  /**
   * Copies every file of a lock into a folder under the name that it has in the Nix store, each checked:
   * `nix-store --add-fixed sha256` of them makes the fixed-output derivations valid, so that Nix fetches nothing.
   * @param dir an existing folder
   * @returns the copies, in the lock's order
   * @throws {DebianError} DEBIAN_ARCHIVE when a kept file was damaged; it is removed, so that it is fetched again
   */
  async stage(lock: DebianLock, dir: string): Promise<readonly string[]> {
    const staged: string[] = []
    for (const file of lockedFiles(lock)) {
      const copy = join(dir, file.name)
      await this.#verified(file.sha256)
      await copyFile(this.path(file.sha256), copy)
      staged.push(copy)
    }
    return [...new Set(staged)]
  }

  /** Copies one file out of a Debian package. @param member path in the package, without a leading `./` */
  async extract(hash: string, member: string, target: string): Promise<void> {
    await this.#verified(hash)
    const dir = await mkdtemp(join(this.#dir, 'extract-'))
    try {
      await run('dpkg-deb', ['-x', this.path(hash), dir])
      const found = [member, `usr/${member}`].map(it => join(dir, it)).find(it => existsSync(it))
      if (found === undefined) throw new DebianError('DEBIAN_ARCHIVE', `the package ${hash} has no ${member}`)
      await copyFile(found, target)
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

  async #verified(hash: string): Promise<void> {
    if ((await sha256(this.path(hash))) === hash) return
    await rm(this.path(hash), { force: true })
    throw new DebianError(
      'DEBIAN_ARCHIVE',
      `the kept archive ${this.path(hash)} was damaged and is removed; try again`,
    )
  }
}
