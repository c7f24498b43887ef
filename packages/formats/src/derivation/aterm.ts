/**
 * Derivations as `.drv` files hold them: `Derive([outputs],[inputs],…)`, an ATerm without any freedom of layout.
 * Spec: https://nix.dev/manual/nix/latest/protocols/derivation-aterm
 *
 * Strings of a derivation are bytes. Here they are **byte strings**: one character (U+0000 to U+00FF) a byte, so that
 * nothing is lost where a derivation is not UTF-8. ASCII reads as expected; `decodeByteString` gives the text.
 * @module
 */
import { decodeUtf8 } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { parseStorePath, type StorePath } from '../store-path/index.ts'

/** Bytes of a `.drv` file. */
const MAX_BYTES = 64 * 1024 * 1024

/** One output. `path` is empty while unknown; `hashAlgorithm` and `hash` are empty unless content-addressed. */
export interface DerivationOutput {
  readonly name: string
  readonly path: StorePath | ''
  /** `sha256`, or `r:sha256` when the hash is of a NAR. */
  readonly hashAlgorithm: string
  /** Hexadecimal. */
  readonly hash: string
}

/** Another derivation, and which of its outputs are needed. */
export interface DerivationInput {
  readonly path: StorePath
  /** Sorted, each once. */
  readonly outputs: readonly string[]
}

/** A derivation. Lists are in the file's order, which is sorted except for `arguments`. */
export interface Derivation {
  readonly outputs: readonly DerivationOutput[]
  readonly inputDerivations: readonly DerivationInput[]
  readonly inputSources: readonly StorePath[]
  readonly system: string
  readonly builder: string
  readonly arguments: readonly string[]
  readonly environment: readonly (readonly [name: string, value: string])[]
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }
const UNESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
}

/** What stands in a string as it is. */
const PLAIN = /[^"\\\n\r\t]*/y

/** The text of a byte string. */
export function decodeByteString(byteString: string): string {
  return decodeUtf8(Uint8Array.from(byteString, character => character.charCodeAt(0)))
}

class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** For errors, which count bytes. */
  get offset(): number {
    return this.#at
  }

  need(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw new DecodeError(`derivation without ${word}`, this.#at)
    this.#at += word.length
  }

  string(): string {
    this.need('"')
    let value = ''
    for (;;) {
      PLAIN.lastIndex = this.#at
      const plain = PLAIN.exec(this.#text)?.[0] ?? ''
      value += plain
      this.#at += plain.length
      if (this.#text[this.#at] !== '\\') break
      value += this.#escape()
    }
    this.need('"')
    return value
  }

  #escape(): string {
    const character = ESCAPES[this.#text[this.#at + 1] ?? '']
    if (character === undefined) throw new DecodeError('unknown escape in a derivation', this.#at)
    this.#at += 2
    return character
  }

  list<T>(read: () => T): T[] {
    this.need('[')
    const items: T[] = []
    while (this.#text[this.#at] !== ']') {
      if (items.length > 0) this.need(',')
      items.push(read())
    }
    this.need(']')
    return items
  }

  storePath(): StorePath {
    const start = this.#at
    const text = this.string()
    try {
      return parseStorePath(text)
    } catch (cause) {
      if (cause instanceof DecodeError) throw new DecodeError(cause.message, start, { cause })
      throw cause
    }
  }

  end(): void {
    if (this.#at !== this.#text.length) throw new DecodeError('bytes after a derivation', this.#at)
  }
}

function assertSorted(names: readonly string[], what: string, offset: number): void {
  names.forEach((name, i) => {
    if (i > 0 && (names[i - 1] ?? '') >= name)
      throw new DecodeError(`derivation with ${what} out of order`, offset)
  })
}

function readOutput(cursor: Cursor): DerivationOutput {
  cursor.need('(')
  const start = cursor.offset
  const name = cursor.string()
  if (!/^[0-9a-zA-Z+\-._?=]{1,211}$/.test(name))
    throw new DecodeError('output name that Nix does not allow', start)
  cursor.need(',')
  const path = readOutputPath(cursor)
  cursor.need(',')
  const hashAlgorithm = cursor.string()
  cursor.need(',')
  const hash = cursor.string()
  cursor.need(')')
  return { name, path, hashAlgorithm, hash }
}

function readOutputPath(cursor: Cursor): StorePath | '' {
  const start = cursor.offset
  const text = cursor.string()
  if (text === '') return ''
  try {
    return parseStorePath(text)
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DecodeError(cause.message, start, { cause })
    throw cause
  }
}

function readInput(cursor: Cursor): DerivationInput {
  cursor.need('(')
  const path = cursor.storePath()
  cursor.need(',')
  const start = cursor.offset
  const outputs = cursor.list(() => cursor.string())
  assertSorted(outputs, 'wanted outputs', start)
  cursor.need(')')
  return { path, outputs }
}

function readVariable(cursor: Cursor): readonly [string, string] {
  cursor.need('(')
  const name = cursor.string()
  cursor.need(',')
  const value = cursor.string()
  cursor.need(')')
  return [name, value]
}

/** A list whose items are sorted by name. */
function readSorted<T>(cursor: Cursor, what: string, read: () => T, name: (item: T) => string): T[] {
  const start = cursor.offset
  const items = cursor.list(read)
  assertSorted(items.map(name), what, start)
  return items
}

/**
 * Reads a `.drv` file.
 * @throws {DecodeError} on anything that Nix does not write: other layouts, unsorted lists, foreign store paths, and
 *   derivations with dynamic inputs (`DrvWithVersion`), which are not supported
 */
export function parseDerivation(bytes: Uint8Array): Derivation {
  if (bytes.length > MAX_BYTES) throw new DecodeError(`derivation larger than ${MAX_BYTES} bytes`, MAX_BYTES)
  const cursor = new Cursor(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
  cursor.need('Derive(')
  const outputs = readSorted(
    cursor,
    'outputs',
    () => readOutput(cursor),
    ({ name }) => name,
  )
  if (outputs.length === 0) throw new DecodeError('derivation without outputs', cursor.offset)
  cursor.need(',')
  const inputDerivations = readSorted(
    cursor,
    'inputs',
    () => readInput(cursor),
    ({ path }) => path,
  )
  cursor.need(',')
  const inputSources = readSorted(
    cursor,
    'sources',
    () => cursor.storePath(),
    path => path,
  )
  cursor.need(',')
  const system = cursor.string()
  cursor.need(',')
  const builder = cursor.string()
  cursor.need(',')
  const args = cursor.list(() => cursor.string())
  cursor.need(',')
  const environment = readSorted(
    cursor,
    'environment',
    () => readVariable(cursor),
    ([name]) => name,
  )
  cursor.need(')')
  cursor.end()
  return { outputs, inputDerivations, inputSources, system, builder, arguments: args, environment }
}

function quote(byteString: string): string {
  return `"${byteString.replaceAll(/["\\\n\r\t]/g, character => UNESCAPES[character] ?? '')}"`
}

function list<T>(items: readonly T[], format: (item: T) => string): string {
  return `[${items.map(format).join(',')}]`
}

/** The ATerm as a byte string; `inputs` are any names for the inputs, in order (paths in files, hashes in hashing). */
export function formatAterm(
  derivation: Derivation,
  inputs: readonly (readonly [string, readonly string[]])[],
): string {
  const parts = [
    list(derivation.outputs, ({ name, path, hashAlgorithm, hash }) => {
      return `(${[name, path, hashAlgorithm, hash].map(quote).join(',')})`
    }),
    list(inputs, ([name, outputs]) => `(${quote(name)},${list(outputs, quote)})`),
    list(derivation.inputSources, quote),
    quote(derivation.system),
    quote(derivation.builder),
    list(derivation.arguments, quote),
    list(derivation.environment, ([name, value]) => `(${quote(name)},${quote(value)})`),
  ]
  return `Derive(${parts.join(',')})`
}

/** The bytes of a byte string. */
export function bytesOf(byteString: string): Uint8Array {
  return Uint8Array.from(Buffer.from(byteString, 'latin1'))
}

/** The `.drv` file, byte for byte as Nix writes it when the lists are sorted. */
export function formatDerivation(derivation: Derivation): Uint8Array {
  const inputs = derivation.inputDerivations.map(({ path, outputs }) => [path, outputs] as const)
  return bytesOf(formatAterm(derivation, inputs))
}
