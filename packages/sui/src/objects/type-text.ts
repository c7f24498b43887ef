/**
 * Types as text: `0x2::coin::Coin<0x2::sui::SUI>`.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { TypeTag } from '@squid/move/vm'
import { LIMITS } from '../protocol.ts'
import { parseAddress } from './address.ts'

const PRIMITIVES: ReadonlySet<string> = new Set([
  'bool',
  'u8',
  'u16',
  'u32',
  'u64',
  'u128',
  'u256',
  'address',
  'signer',
])

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): TypeTag {
    const tag = this.#type(1)
    if (this.#at !== this.#text.length) throw this.#error()
    return tag
  }

  #error(): SquidError {
    return new SquidError('MOVE_TYPE', `"${this.#text}" is not a Move type (near character ${this.#at + 1})`)
  }

  #type(depth: number): TypeTag {
    if (depth > LIMITS.typeDepth) throw this.#error()
    const word = this.#word()
    if (word === 'vector') return { vector: this.#only(this.#arguments(depth)) }
    if (PRIMITIVES.has(word)) return word as TypeTag
    const [address = '', module = '', name = '', ...rest] = word.split('::')
    if (rest.length > 0 || !NAME.test(module) || !NAME.test(name) || !/^0x[0-9a-fA-F]{1,64}$/.test(address))
      throw this.#error()
    return { struct: { address: parseAddress(address), module, name, typeParams: this.#arguments(depth) } }
  }

  /** Up to the next `<`, `>` or `,`. */
  #word(): string {
    const start = this.#at
    while (this.#at < this.#text.length && !'<>,'.includes(this.#text.charAt(this.#at))) this.#at++
    return this.#text.slice(start, this.#at).trim()
  }

  #arguments(depth: number): TypeTag[] {
    if (this.#text[this.#at] !== '<') return []
    const found: TypeTag[] = []
    do {
      this.#at++
      found.push(this.#type(depth + 1))
    } while (this.#text[this.#at] === ',')
    if (this.#text[this.#at] !== '>') throw this.#error()
    this.#at++
    return found
  }

  #only(found: readonly TypeTag[]): TypeTag {
    const [element] = found
    if (element === undefined || found.length !== 1) throw this.#error()
    return element
  }
}

/**
 * Parses a type; addresses may be short.
 * @throws {SquidError} `MOVE_TYPE`
 */
export function parseTypeText(text: string): TypeTag {
  return new Parser(text).whole()
}
