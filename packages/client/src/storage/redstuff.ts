/**
 * RedStuff as linear algebra: every row of a blob's extended matrix is a sum of multiples of any `p` other rows, so
 * that missing rows are rebuilt from whatever rows there are, and only those that are missing; and the columns of one
 * row likewise. The factors are read off from what the official encoder makes of unit matrices.
 *
 * Spec: Walrus whitepaper §3 (RedStuff).
 * @module
 */
import { addMultiples, invert, multiply } from './field.ts'
import { BLOCK_BYTES, Kernel } from './kernel.ts'

/** Factors of a systematic code: row `i` says how codeword symbol `i` is made of the `originals` first ones. */
export interface Code {
  readonly originals: number
  readonly total: number
  /** `factors[i][j]`, for `i` from `originals` on; before that it is the unit matrix. */
  readonly factors: readonly Uint16Array[]
}

/** How to make one wanted row: for each given row its factor. */
export type Recipe = readonly { readonly row: number; readonly factor: number }[]

/**
 * How `wanted` rows are made of the given ones.
 * @param given exactly `originals` different rows
 * @returns a recipe for each wanted row
 */
export function recipes(code: Code, given: readonly number[], wanted: readonly number[]): readonly Recipe[] {
  if (new Set(given).size !== code.originals)
    throw new Error('recipes need as many rows as the code has originals')
  const known = given.filter(row => row < code.originals)
  const parity = given.filter(row => row >= code.originals)
  const present = new Set(known)
  const missing = Array.from({ length: code.originals }, (_, row) => row).filter(row => !present.has(row))
  // parity = A known + B missing, so that missing = B⁻¹ (parity + A known).
  const inverse = invertMatrix(parity.map(row => missing.map(column => factor(code, row, column))))
  const ofMissing = new Map(
    missing.map((row, index) => [row, recipeOf(code, inverse[index] as Uint16Array, known, parity)]),
  )
  return wanted.map(row => {
    if (row < code.originals) return ofMissing.get(row) ?? [{ row, factor: 1 }]
    return combine(
      Array.from({ length: code.originals }, (_, column) => ({
        recipe: ofMissing.get(column) ?? [{ row: column, factor: 1 }],
        factor: factor(code, row, column),
      })),
    )
  })
}

function factor(code: Code, row: number, column: number): number {
  if (row < code.originals) return row === column ? 1 : 0
  return code.factors[row - code.originals]?.[column] as number
}

function recipeOf(
  code: Code,
  inverse: Uint16Array,
  known: readonly number[],
  parity: readonly number[],
): Recipe {
  const ofKnown = known.map(row => {
    const sum = parity.reduce(
      (total, given, index) => total ^ multiply(inverse[index] as number, factor(code, given, row)),
      0,
    )
    return { row, factor: sum }
  })
  return [...ofKnown, ...parity.map((row, index) => ({ row, factor: inverse[index] as number }))]
}

function combine(parts: readonly { readonly recipe: Recipe; readonly factor: number }[]): Recipe {
  const sums = new Map<number, number>()
  for (const part of parts)
    for (const { row, factor: of } of part.recipe)
      sums.set(row, (sums.get(row) ?? 0) ^ multiply(part.factor, of))
  return [...sums].map(([row, sum]) => ({ row, factor: sum }))
}

/** Gauss and Jordan. Every square part of the code's parity has an inverse, or the code could not repair. */
function invertMatrix(matrix: readonly (readonly number[])[]): readonly Uint16Array[] {
  const size = matrix.length
  const rows: Uint16Array[] = matrix.map((row, index) => {
    const wide = new Uint16Array(2 * size)
    wide.set(row)
    wide[size + index] = 1
    return wide
  })
  for (let column = 0; column < size; column++) {
    const pivot = rows.findIndex((row, index) => index >= column && row[column] !== 0)
    if (pivot < 0) throw new Error('the code has no inverse for these rows')
    const chosen = rows[pivot] as Uint16Array
    rows[pivot] = rows[column] as Uint16Array
    rows[column] = chosen
    scale(chosen, invert(chosen[column] as number))
    rows.forEach((row, index) => {
      if (index !== column) addMultiples(row, chosen, row[column] as number)
    })
  }
  return rows.map(row => row.subarray(size))
}

function scale(row: Uint16Array, by: number): void {
  row.forEach((value, index) => (row[index] = multiply(value, by)))
}

/** Works on rows of one symbol size. Symbols are laid out in whole blocks, whatever their size. */
export class RowArithmetic {
  readonly #kernel = new Kernel()
  readonly #symbolSize: number
  readonly #wholeSize: number
  readonly #paddedSize: number

  constructor(symbolSize: number) {
    this.#symbolSize = symbolSize
    this.#wholeSize = symbolSize - (symbolSize % BLOCK_BYTES)
    this.#paddedSize = Math.ceil(symbolSize / BLOCK_BYTES) * BLOCK_BYTES
  }

  /** The rows that recipes make of given rows. @param rows by number, all of the same length */
  follow(
    wanted: readonly Recipe[],
    rows: ReadonlyMap<number, Uint8Array>,
  ): readonly Uint8Array<ArrayBuffer>[] {
    const [first] = rows.values()
    if (first === undefined) return []
    const size = (first.length / this.#symbolSize) * this.#paddedSize
    const room = this.#kernel.reserve((wanted.length + 1) * size)
    const factors = wanted.map(recipe => new Map(recipe.map(({ row, factor: times }) => [row, times])))
    for (const [row, bytes] of rows) {
      this.#pad(bytes, room.subarray(0, size))
      factors.forEach((times, index) => this.#addTimes((index + 1) * size, 0, size, times.get(row) ?? 0))
    }
    return wanted.map((_, index) => this.#strip(room.subarray((index + 1) * size, (index + 2) * size)))
  }

  /** The columns that a row has beyond those of the source matrix, one after another. */
  extend(code: Code, row: Uint8Array): Uint8Array {
    const size = this.#paddedSize
    const originals = code.originals * size
    const room = this.#kernel.reserve(code.total * size)
    this.#pad(row, room.subarray(0, originals))
    code.factors.forEach((factors, index) => {
      factors.forEach((times, column) => this.#addTimes(originals + index * size, column * size, size, times))
    })
    return this.#strip(room.subarray(originals))
  }

  #addTimes(target: number, source: number, size: number, factor: number): void {
    if (factor === 0) return
    this.#kernel.setFactor(factor)
    this.#kernel.add(target, source, size)
  }

  // Low and high bytes of the last, shorter block go to where they are in a whole one.
  #pad(bytes: Uint8Array, padded: Uint8Array): void {
    if (this.#symbolSize === this.#paddedSize) return padded.set(bytes)
    const rest = (this.#symbolSize - this.#wholeSize) / 2
    for (let at = 0, to = 0; at < bytes.length; at += this.#symbolSize, to += this.#paddedSize) {
      const tail = at + this.#wholeSize
      padded.set(bytes.subarray(at, tail + rest), to)
      padded.set(bytes.subarray(tail + rest, tail + 2 * rest), to + this.#wholeSize + BLOCK_BYTES / 2)
    }
  }

  #strip(padded: Uint8Array): Uint8Array<ArrayBuffer> {
    if (this.#symbolSize === this.#paddedSize) return Uint8Array.from(padded)
    const rest = (this.#symbolSize - this.#wholeSize) / 2
    const bytes = new Uint8Array((padded.length / this.#paddedSize) * this.#symbolSize)
    for (let at = 0, from = 0; at < bytes.length; at += this.#symbolSize, from += this.#paddedSize) {
      const tail = from + this.#wholeSize
      bytes.set(padded.subarray(from, tail + rest), at)
      const high = tail + BLOCK_BYTES / 2
      bytes.set(padded.subarray(high, high + rest), at + this.#wholeSize + rest)
    }
    return bytes
  }
}
