/**
 * The highest version seen of each object, kept in `state/seen/CHAIN.json`: a full node that shows an older one,
 * or none, is behind or lies.
 * @module
 */
import { join } from 'node:path'
import { readFileIfAny, writeFileAtomically, type Home } from '../home/index.ts'
import { ResolveError } from './errors.ts'
import type { SeenVersions } from './ledger-reader.ts'

const ID = /^0x[0-9a-f]{64}$/
const VERSION = /^[0-9]{1,20}$/

export class SeenFile implements SeenVersions {
  readonly #path: string
  #turn: Promise<void> = Promise.resolve()

  /** @param chainId base58, so fit for a file name */
  constructor(home: Home, chainId: string) {
    this.#path = join(home.state, 'seen', `${chainId}.json`)
  }

  /** One at a time within this process; of several processes the last wins, and little is forgotten. */
  async observe(
    objects: readonly { readonly id: string; readonly version: bigint | undefined }[],
  ): Promise<void> {
    const turn = this.#turn.then(() => this.#observe(objects))
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  async #observe(
    objects: readonly { readonly id: string; readonly version: bigint | undefined }[],
  ): Promise<void> {
    const seen = await this.#read()
    let changed = false
    for (const { id, version } of objects) {
      const before = seen.get(id)
      if (before !== undefined && (version === undefined || version < before))
        throw this.#regressed(id, before, version)
      if (version === undefined || version === before) continue
      seen.set(id, version)
      changed = true
    }
    if (changed)
      await writeFileAtomically(this.#path, JSON.stringify(Object.fromEntries(seen), stringifyVersion), 0o600)
  }

  async #read(): Promise<Map<string, bigint>> {
    const text = await readFileIfAny(this.#path)
    if (text === undefined) return new Map()
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      value = undefined
    }
    if (typeof value !== 'object' || value === null) throw this.#damaged()
    return new Map(Object.entries(value).map(([id, version]) => [id, this.#version(id, version)]))
  }

  #version(id: string, version: unknown): bigint {
    if (!ID.test(id) || typeof version !== 'string' || !VERSION.test(version)) throw this.#damaged()
    return BigInt(version)
  }

  #regressed(id: string, before: bigint, version: bigint | undefined): ResolveError {
    const now = version === undefined ? 'does not know it any more' : `shows version ${version}`
    return new ResolveError(
      'LEDGER_REGRESSED',
      `Object ${id} was seen at version ${before}, but the full node ${now}: it is behind or lies, use another one; if it was the earlier one that lied, remove ${this.#path}.`,
    )
  }

  #damaged(): ResolveError {
    return new ResolveError(
      'STATE_DAMAGED',
      `${this.#path} is damaged: remove it to forget which object versions were seen.`,
    )
  }
}

function stringifyVersion(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
