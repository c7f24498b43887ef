/**
 * Arithmetic of GF(2^16) as RedStuff's Reed-Solomon code (Leopard) has it: modulo x^16 + x^5 + x^3 + x^2 + 1, elements
 * written in a Cantor basis, in which adding is still XOR and 1 is still 1.
 * Spec: Lin, Han, Chung, "Novel Polynomial Basis and Its Application to Reed-Solomon Erasure Codes", FOCS 2014; the
 * basis is that of the code which Walrus uses, and the tests compare with the official encoder.
 * @module
 */

const BITS = 16
const ORDER = 1 << BITS
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

/** Products of `factor` with every low byte, then with every high byte. */
function productTable(factor: number): Uint16Array {
  const table = new Uint16Array(512)
  for (let bit = 0; bit < BITS; bit++) {
    const product = multiply(factor, 1 << bit)
    const from = bit < 8 ? 0 : 256
    const width = 1 << (bit % 8)
    for (let i = 0; i < width; i++) table[from + width + i] = (table[from + i] as number) ^ product
  }
  return table
}

/** Bytes of a block: 32 low bytes of elements, then their 32 high bytes. */
const BLOCK = 64

/**
 * `target += factor * source`, element by element. Both are symbols one after another; in each symbol elements lie in
 * blocks of 64 bytes, the low bytes before the high ones, and the last block may be shorter.
 */
export function addProduct(target: Uint8Array, source: Uint8Array, factor: number, symbolSize: number): void {
  if (factor === 0) return
  const table = productTable(factor)
  for (let start = 0; start < target.length; start += symbolSize) {
    const end = start + symbolSize
    for (let block = start; block < end; block += BLOCK)
      addBlock(target, source, table, block, Math.min(BLOCK, end - block) / 2)
  }
}

function addBlock(
  target: Uint8Array,
  source: Uint8Array,
  table: Uint16Array,
  start: number,
  elements: number,
): void {
  const middle = start + elements
  for (let low = start, high = middle; low < middle; low++, high++) {
    const product =
      (table[source[low] as number] as number) ^ (table[256 + (source[high] as number)] as number)
    target[low] = (target[low] as number) ^ product
    target[high] = (target[high] as number) ^ (product >>> 8)
  }
}
