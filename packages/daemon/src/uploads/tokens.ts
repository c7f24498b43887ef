/**
 * Tokens with which one may upload, each for one place. Of a token only its SHA-256 is kept, in a file that the user
 * alone may read; as a token is 256 random bits, nothing slower than SHA-256 is called for.
 * @module
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { FileLock, readFileIfAny, writeFileAtomically } from '@squid/client/home'
import { encodeUtf8, formatHex, parseHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { sha256, SHA256_BYTES } from '@squid/formats/hash'

/** What is known of a token. */
export interface UploadToken {
  /** By which it is revoked; also the beginning of the token. */
  readonly id: string
  /** `UploadPlace.text`. */
  readonly place: string
  /** Milliseconds since 1970. */
  readonly createdMs: number
  /** Of the whole token, hexadecimal. */
  readonly sha256: string
}

const ID_BYTES = 4
const SECRET_BYTES = 32

/** The tokens of a home. Each call reads the file: a revoked token is of no use from the next request on. */
export class UploadTokens {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** @throws {SquidError} `UPLOAD_TOKENS` when the file is damaged */
  async list(): Promise<readonly UploadToken[]> {
    const text = await readFileIfAny(this.#path)
    if (text === undefined) return []
    try {
      const value: unknown = JSON.parse(text)
      if (Array.isArray(value) && value.every(isToken)) return value
    } catch {
      // told below
    }
    throw new SquidError('UPLOAD_TOKENS', `${this.#path} is damaged: remove it and make new tokens`)
  }

  /** @returns the token, which is told only now */
  async create(place: string): Promise<{ readonly id: string; readonly token: string }> {
    const id = randomBytes(ID_BYTES).toString('hex')
    const token = `squid-${id}-${randomBytes(SECRET_BYTES).toString('base64url')}`
    const made = { id, place, createdMs: Date.now(), sha256: formatHex(digestOf(token)) }
    await this.#change(tokens => [...tokens, made])
    return { id, token }
  }

  /** @returns the place that it was for, undefined when there is no such token */
  async revoke(id: string): Promise<string | undefined> {
    let place: string | undefined
    await this.#change(tokens => {
      place = tokens.find(token => token.id === id)?.place
      return tokens.filter(token => token.id !== id)
    })
    return place
  }

  /** May whoever has this token upload there? Takes the same time whatever differs. */
  async allows(token: string, place: string): Promise<boolean> {
    const digest = digestOf(token)
    const matches = (await this.list()).filter(known => timingSafeEqual(parseHex(known.sha256), digest))
    return matches.some(known => known.place === place)
  }

  async #change(next: (tokens: readonly UploadToken[]) => readonly UploadToken[]): Promise<void> {
    using _lock = await FileLock.acquire(`${this.#path}.lock`)
    const tokens = next(await this.list())
    await writeFileAtomically(this.#path, `${JSON.stringify(tokens, null, 1)}\n`, 0o600)
  }
}

function digestOf(token: string): Uint8Array {
  return sha256(encodeUtf8(token))
}

const SHA256 = new RegExp(`^[0-9a-f]{${2 * SHA256_BYTES}}$`)

function isToken(value: unknown): value is UploadToken {
  if (typeof value !== 'object' || value === null) return false
  const { id, place, createdMs, sha256: digest } = value as Record<string, unknown>
  if (typeof id !== 'string' || typeof place !== 'string' || typeof createdMs !== 'number') return false
  return typeof digest === 'string' && SHA256.test(digest)
}
