import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { BcsReader, BcsWriter } from './index.ts'

// The examples of the BCS specification: ULEB128, strings, options, vectors, integers.
test('encodes the examples of the specification', () => {
  const examples: [BcsWriter, string][] = [
    [new BcsWriter().uleb(128), '8001'],
    [new BcsWriter().uleb(16384), '808001'],
    [new BcsWriter().uleb(2097152), '80808001'],
    [new BcsWriter().uleb(268435456), '8080808001'],
    [new BcsWriter().uleb(9487), '8f4a'],
    [new BcsWriter().u16(4660), '3412'],
    [new BcsWriter().u32(305419896), '78563412'],
    [new BcsWriter().u64(1311768467750121216n), '00efcdab78563412'],
    [new BcsWriter().string('çå∞≠¢õß∂ƒ∫'), '18c3a7c3a5e2889ee289a0c2a2c3b5c39fe28882c692e288ab'],
    [new BcsWriter().vector([1, 2], item => void item), '02'],
    [new BcsWriter().option(undefined, () => undefined), '00'],
    [new BcsWriter().bool(true).bool(false), '0100'],
  ]
  for (const [writer, hex] of examples) assert.deepEqual(writer.finish(), parseHex(hex))
})

const FIELDS = ['u8', 'u16', 'u32', 'u64', 'bool', 'uleb', 'bytes', 'string', 'option', 'vector'] as const

/** Reads a value of this kind and writes it again. */
function copyField(field: (typeof FIELDS)[number], reader: BcsReader, writer: BcsWriter): void {
  if (field === 'u64') writer.u64(reader.u64())
  else if (field === 'bool') writer.bool(reader.bool())
  else if (field === 'bytes') writer.bytes(reader.bytes(100))
  else if (field === 'string') writer.string(reader.string(100))
  else if (field === 'option')
    writer.option(
      reader.option(() => reader.u16()),
      value => writer.u16(value),
    )
  else if (field === 'vector')
    writer.vector(
      reader.vector(9, () => reader.u8()),
      item => writer.u8(item),
    )
  else writer[field](reader[field]())
}

test('any accepted input is the one encoding of its value', () => {
  const input = fc.tuple(fc.constantFrom(...FIELDS), fc.uint8Array({ maxLength: 24 }))
  fc.assert(
    fc.property(input, ([field, bytes]) => {
      const [reader, writer] = [new BcsReader(bytes), new BcsWriter()]
      try {
        copyField(field, reader, writer)
      } catch (error) {
        assert.ok(error instanceof DecodeError)
        return
      }
      assert.deepEqual(writer.finish(), bytes.slice(0, reader.offset))
    }),
    { numRuns: 2000 },
  )
})

test('each check refuses', () => {
  const refused: [string, (reader: BcsReader) => unknown][] = [
    ['02', reader => reader.bool()],
    ['8000', reader => reader.uleb()],
    ['ffffffff1f', reader => reader.uleb()],
    ['808080808001', reader => reader.uleb()],
    ['80', reader => reader.uleb()],
    ['01', reader => reader.u16()],
    ['05aa', reader => reader.bytes(10)],
    ['02aaaa', reader => reader.bytes(1)],
    ['01ff', reader => reader.string(10)],
    ['02', reader => reader.option(() => 0)],
    ['03', reader => reader.vector(2, () => 0)],
    ['00', reader => reader.end()],
  ]
  for (const [hex, read] of refused) assert.throws(() => read(new BcsReader(parseHex(hex))), DecodeError, hex)
})

test('values out of range are our bug', () => {
  const writer = new BcsWriter()
  for (const bad of [-1, 0.5, 256, NaN]) assert.throws(() => writer.u8(bad), RangeError)
  assert.throws(() => writer.u64(-1n), RangeError)
  assert.throws(() => writer.u64(1n << 64n), RangeError)
  assert.throws(() => writer.uleb(2 ** 32), RangeError)
  assert.equal(writer.length, 0)
})

test('the buffer grows under every kind of value', () => {
  const writes: [number, (writer: BcsWriter) => unknown][] = [
    [1, writer => writer.u8(0xab)],
    [2, writer => writer.u16(0xabab)],
    [4, writer => writer.u32(0xabababab)],
    [8, writer => writer.u64(0xabababababababn + (0xabn << 56n))],
    [100, writer => writer.fixed(new Uint8Array(100).fill(0xab))],
  ]
  for (const [size, write] of writes) {
    for (let start = 250; start <= 256; start++) {
      const writer = new BcsWriter().fixed(new Uint8Array(start))
      for (let i = 0; i < 10; i++) write(writer)
      assert.deepEqual(writer.finish(), new Uint8Array(start + 10 * size).fill(0xab, start))
    }
  }
})
