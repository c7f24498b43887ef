/**
 * Arithmetic of GF(2^16) as RedStuff's Reed-Solomon code (Leopard) has it: modulo x^16 + x^5 + x^3 + x^2 + 1, elements
 * written in a Cantor basis, in which adding is still XOR and 1 is still 1.
 * Spec: Lin, Han, Chung, "Novel Polynomial Basis and Its Application to Reed-Solomon Erasure Codes", FOCS 2014; the
 * basis is that of the code which Walrus uses, and the tests compare with the official encoder.
 * @module
 */

const ORDER = 1 << 16
const MODULUS = ORDER - 1
const POLYNOMIAL = 0x1002d
const CANTOR_BASIS: readonly number[] = [
  0x0001, 0xacca, 0x3c0e, 0x163e, 0xc582, 0xed2e, 0x914c, 0x4012, 0x6c98, 0x10d8, 0x6a72, 0xb900, 0xfdb8,
  0xfb34, 0xff38, 0x991e,
]

interface Tables {
  readonly exp: Uint16Array
  readonly log: Uint16Array
}

let tables: Tables | undefined

/** 256 KiB, made when first needed. */
function logarithms(): Tables {
  tables ??= makeTables()
  return tables
}

function makeTables(): Tables {
  // Discrete logarithms in the polynomial basis.
  const plain = new Uint16Array(ORDER)
  for (let power = 0, state = 1; power < MODULUS; power++) {
    plain[state] = power
    state <<= 1
    if (state >= ORDER) state ^= POLYNOMIAL
  }
  plain[0] = MODULUS
  // What each number in the Cantor basis is in the polynomial basis, then its logarithm.
  const log = new Uint16Array(ORDER)
  CANTOR_BASIS.forEach((base, bit) => {
    const width = 1 << bit
    for (let i = 0; i < width; i++) log[i + width] = (log[i] as number) ^ base
  })
  for (let i = 0; i < ORDER; i++) log[i] = plain[log[i] as number] as number
  const exp = new Uint16Array(ORDER)
  for (let i = 0; i < ORDER; i++) exp[log[i] as number] = i
  exp[MODULUS] = exp[0] as number
  return { exp, log }
}

export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0
  const { exp, log } = logarithms()
  const sum = (log[a] as number) + (log[b] as number)
  return exp[sum >= MODULUS ? sum - MODULUS : sum] as number
}

/** @param a not 0 */
export function invert(a: number): number {
  const { exp, log } = logarithms()
  return exp[MODULUS - (log[a] as number)] as number
}

/** `target += factor * source`, number by number. */
export function addMultiples(target: Uint16Array, source: Uint16Array, factor: number): void {
  if (factor === 0) return
  const { exp, log } = logarithms()
  const logFactor = log[factor] as number
  for (let i = 0; i < target.length; i++) {
    const value = source[i] as number
    if (value === 0) continue
    const sum = (log[value] as number) + logFactor
    target[i] = (target[i] as number) ^ (exp[sum >= MODULUS ? sum - MODULUS : sum] as number)
  }
}
