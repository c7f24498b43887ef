/**
 * RedStuff as linear algebra: every row of a blob's extended matrix is a sum of multiples of any `p` other rows, so
 * that missing rows are rebuilt from whatever rows there are, and only those that are missing.
 *
 * Spec: Walrus whitepaper §3 (RedStuff); for the code of its rows as for `field.ts`.
 * @module
 */
import { addMultiples, invert, multiply } from './field.ts'
import { powerOfTwoFrom } from './transform.ts'

/** Factors of a systematic code: row `i` says how codeword symbol `i` is made of the `originals` first ones. */
export interface Code {
  readonly originals: number
  readonly total: number
  /** `factors[i][j]`, for `i` from `originals` on; before that it is the unit matrix. */
  readonly factors: readonly Uint16Array[]
}

/**
 * Walrus's code of so many originals. Its symbols belong to the elements 0, 1, 2 … of the field, the smaller side first: either
 * the originals, which are the values of one polynomial there, or the parity, which is the sum of the polynomials through
 * equally long parts of the originals. Over `m` elements that are closed under XOR Lagrange's polynomial for `j` has the value
 * `s(x XOR j) / (x XOR j)` at `x` beyond them, where `s` is 0 on all `m`; in a Cantor basis `s(x)` is `x` without its low bits.
 */
export function codeOf(originals: number, total: number): Code {
  const parity = total - originals
  const [ofOriginals, ofParity] = [powerOfTwoFrom(originals), powerOfTwoFrom(parity)]
  const part = Math.min(ofOriginals, ofParity)
  const [firstOriginal, firstParity] = ofOriginals > ofParity ? [part, 0] : [0, part]
  const factors = Array.from({ length: parity }, (_, i) =>
    Uint16Array.from({ length: originals }, (_, j) => {
      const difference = (firstParity + i) ^ (firstOriginal + j)
      return multiply(Math.floor(difference / part), invert(difference))
    }),
  )
  return { originals, total, factors }
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
