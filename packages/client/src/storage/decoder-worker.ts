/**
 * A thread behind `Decoder`.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import init, { BlobEncoder } from '@mysten/walrus-wasm'

import type { DecoderTask, DecoderAnswer } from './decoder.ts'
import { blobGeometry, encodeUleb128, shardGeometry } from './layout.ts'
import { primaryHash } from './metadata.ts'
import { type Code, recipes, RowArithmetic } from './redstuff.ts'

/** The two codes of a network: how columns are extended to more rows, and rows to more columns. */
interface Codes {
  readonly rows: Code
  readonly columns: Code
}

/** Bytes of the smallest symbol: one element. */
const ELEMENT = 2

const known = new Map<number, Codes>()

function codesOf(shards: number): Codes {
  const codes = known.get(shards) ?? learn(shards)
  known.set(shards, codes)
  return codes
}

// The official encoder extends unit matrices, so that what it adds are the factors: of the rows' code at once, of
// the columns', which has more originals than the matrix has rows, part by part.
function learn(shards: number): Codes {
  const { primarySymbols: p, secondarySymbols: s } = shardGeometry(shards)
  const rows = Array.from({ length: shards - p }, () => new Uint16Array(p))
  const columns = Array.from({ length: shards - s }, () => new Uint16Array(s))
  for (let from = 0; from < s; from += p) {
    const { primary, secondary } = encodeUnit(shards, from)
    if (from === 0)
      rows.forEach((factors, i) => factors.set(elements(primary[p + i] as Uint8Array).subarray(0, p)))
    columns.forEach((factors, i) => {
      const column = elements(secondary[shards - 1 - (s + i)] as Uint8Array)
      factors.set(column.subarray(0, Math.min(p, s - from)), from)
    })
  }
  return {
    rows: { originals: p, total: shards, factors: rows },
    columns: { originals: s, total: shards, factors: columns },
  }
}

/** The slivers, without their frames, of a matrix with ones from column `from` of the first row on, diagonally. */
function encodeUnit(shards: number, from: number): { primary: Uint8Array[]; secondary: Uint8Array[] } {
  const { primarySymbols: p, secondarySymbols: s } = shardGeometry(shards)
  const blob = new Uint8Array(p * s * ELEMENT)
  for (let row = 0; row < Math.min(p, s - from); row++) blob[(row * s + from + row) * ELEMENT] = 1
  const { rowSize } = blobGeometry(blob.length, shards)
  const columnSize = p * ELEMENT
  const primary = frames(shards, rowSize)
  const secondary = frames(shards, columnSize)
  init()
  using encoder = new BlobEncoder(shards)
  encoder.encode(blob, primary, secondary)
  const content = (size: number) => (sliver: Uint8Array) => {
    const head = encodeUleb128(size).length
    return sliver.slice(head, head + size)
  }
  return { primary: primary.map(content(rowSize)), secondary: secondary.map(content(columnSize)) }
}

function frames(shards: number, size: number): Uint8Array[] {
  return Array.from({ length: shards }, () => new Uint8Array(encodeUleb128(size).length + size + 4))
}

function elements(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: bytes.length / ELEMENT }, (_, i) => {
    return (bytes[i * ELEMENT] as number) | ((bytes[i * ELEMENT + 1] as number) << 8)
  })
}

/** Of the symbol size that was worked on last: mostly, all packs have the same. */
let last: { readonly symbolSize: number; readonly arithmetic: RowArithmetic } | undefined

function arithmeticOf(symbolSize: number): RowArithmetic {
  if (last?.symbolSize !== symbolSize) last = { symbolSize, arithmetic: new RowArithmetic(symbolSize) }
  return last.arithmetic
}

function perform(task: DecoderTask): readonly Uint8Array<ArrayBuffer>[] {
  const { geometry } = task
  const codes = codesOf(geometry.shards)
  const arithmetic = arithmeticOf(geometry.symbolSize)
  if (task.kind === 'hash') {
    const parity = arithmetic.extend(codes.columns, task.row)
    return [Uint8Array.from(primaryHash(task.row, parity, geometry))]
  }
  const given = new Map(task.given.map(({ row, bytes }) => [row, bytes]))
  return arithmetic.follow(recipes(codes.rows, [...given.keys()], task.wanted), given)
}

parentPort?.on('message', (task: DecoderTask) => {
  const made = perform(task)
  parentPort?.postMessage(
    made satisfies DecoderAnswer,
    made.map(({ buffer }) => buffer),
  )
})
