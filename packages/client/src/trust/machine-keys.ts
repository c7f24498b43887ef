/**
 * The keys by which this machine's Nix takes store paths from its squidd: `keys/nix-signing-key`, and beside it the ones
 * that it replaced, `keys/nix-signing-key.old`, as long as a Nix may still be configured with those. All sign.
 * @module
 */
import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { formatSecretKey, generateSecretKey, parseSecretKey, type SecretKey } from '@squid/formats/signature'
import {
  createFileAtomically,
  FileLock,
  HomeError,
  readFileIfAny,
  writeFileAtomically,
  type Home,
} from '../home/index.ts'

/** More than anybody rotates before Nix is told. */
const MAX_OLD = 8

function currentPath(home: Pick<Home, 'keys'>): string {
  return join(home.keys, 'nix-signing-key')
}

function oldPath(home: Pick<Home, 'keys'>): string {
  return `${currentPath(home)}.old`
}

/** @throws {SquidError} KEY_MODE when others may read it, KEY_FORMAT */
async function readKeys(path: string): Promise<readonly SecretKey[]> {
  const text = await readFileIfAny(path)
  if (text === undefined) return []
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new SquidError(
      'KEY_MODE',
      `others may read ${path} and sign for this machine's Nix; remove it, and squidd makes another`,
    )
  }
  try {
    return text
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => parseSecretKey(line.trim()))
  } catch (cause) {
    throw new SquidError(
      'KEY_FORMAT',
      `${path} does not hold a key of Nix; remove it, and squidd makes another`,
      {
        cause,
      },
    )
  }
}

function newKey(): SecretKey {
  const machine = hostname()
    .replace(/[^A-Za-z0-9.-]/g, '-')
    .slice(0, 64)
  return generateSecretKey(`squid-${machine}-${Date.now().toString(36)}`)
}

/**
 * Every key that signs, the current one first. Made at first use, mode 0600.
 * @throws {SquidError} KEY_MODE, KEY_FORMAT
 */
export async function machineKeys(home: Pick<Home, 'keys'>): Promise<readonly [SecretKey, ...SecretKey[]]> {
  const [current] = await readKeys(currentPath(home))
  if (current === undefined) {
    try {
      await createFileAtomically(currentPath(home), `${formatSecretKey(newKey())}\n`, 0o600)
    } catch (error) {
      if (!(error instanceof HomeError) || error.code !== 'FILE_EXISTS') throw error
    }
    return await machineKeys(home)
  }
  const old = await readKeys(oldPath(home))
  return [current, ...old.filter(({ name }) => name !== current.name)]
}

/**
 * Makes another key. The former ones sign on beside it. Killed in the middle, the current key is the old or the new
 * one, and none is lost.
 * @returns all keys, the new one first
 */
export async function rotateMachineKey(
  home: Pick<Home, 'keys'>,
): Promise<readonly [SecretKey, ...SecretKey[]]> {
  using _ = await FileLock.acquire(`${currentPath(home)}.lock`)
  const former = await machineKeys(home)
  const lines = former.slice(0, MAX_OLD).map(key => `${formatSecretKey(key)}\n`)
  await writeFileAtomically(oldPath(home), lines.join(''), 0o600)
  await writeFileAtomically(currentPath(home), `${formatSecretKey(newKey())}\n`, 0o600)
  return await machineKeys(home)
}

/**
 * Lets the former keys sign no more.
 * @returns their names
 */
export async function forgetFormerKeys(home: Pick<Home, 'keys'>): Promise<readonly string[]> {
  using _ = await FileLock.acquire(`${currentPath(home)}.lock`)
  const [, ...former] = await machineKeys(home)
  await rm(oldPath(home), { force: true })
  return former.map(({ name }) => name)
}

/** Looks at most so often whether the files changed. */
const LOOK_MS = 1_000

/** The keys of a home as they are now, for who signs all the time. */
export class MachineKeys {
  readonly #home: Pick<Home, 'keys'>
  readonly #onError: (error: unknown) => void
  #keys: readonly SecretKey[]
  #seen: string
  #lookedMs = performance.now()

  private constructor(
    home: Pick<Home, 'keys'>,
    keys: readonly SecretKey[],
    onError: (error: unknown) => void,
  ) {
    this.#home = home
    this.#keys = keys
    this.#onError = onError
    this.#seen = this.#stamp()
  }

  /**
   * @param onError told when changed files cannot be used; the keys are then as they were
   * @throws as `machineKeys`
   */
  static async load(home: Pick<Home, 'keys'>, onError: (error: unknown) => void): Promise<MachineKeys> {
    return new MachineKeys(home, await machineKeys(home), onError)
  }

  /** The current one first; the same list while nothing changed. A change counts a moment after it was noticed. */
  current(): readonly SecretKey[] {
    if (performance.now() - this.#lookedMs < LOOK_MS) return this.#keys
    this.#lookedMs = performance.now()
    const stamp = this.#stamp()
    if (stamp === this.#seen) return this.#keys
    this.#seen = stamp
    machineKeys(this.#home).then(keys => {
      this.#keys = keys
    }, this.#onError)
    return this.#keys
  }

  /** What changes when a file is replaced. */
  #stamp(): string {
    return [currentPath(this.#home), oldPath(this.#home)]
      .map(path => {
        const stat = statSync(path, { throwIfNoEntry: false })
        return stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs}`
      })
      .join()
  }
}
