import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompiledModule, SignatureToken } from '@squid/move/binary'
import { decodeCleverError } from './clever-error.ts'

const BYTES: SignatureToken = { kind: 'vector', element: { kind: 'u8' } }

function text(value: string): { type: SignatureToken; data: Uint8Array } {
  return { type: BYTES, data: Uint8Array.of(value.length, ...Buffer.from(value)) }
}

const module = {
  constants: [
    text('ENotOwner'),
    text('You do not own this'),
    { type: { kind: 'u64' }, data: Uint8Array.of(7, 1, 0, 0, 0, 0, 0, 0) },
    { type: BYTES, data: Uint8Array.of(2, 0xff, 0xfe) },
    { type: { kind: 'bool' }, data: Uint8Array.of(1) },
  ],
} as unknown as CompiledModule

/** tag | error code | line | name | value, as the compiler packs them. */
function code(line: number, name: number, value: number, errorCode = 0): bigint {
  return (
    (1n << 63n) | (BigInt(errorCode) << 48n) | (BigInt(line) << 32n) | (BigInt(name) << 16n) | BigInt(value)
  )
}

test('a plain code is not clever', () => {
  assert.equal(decodeCleverError(7n, module), undefined)
})

test('a constant with text', () => {
  assert.deepEqual(decodeCleverError(code(12, 0, 1), module), {
    lineNumber: 12,
    errorCode: undefined,
    constantName: 'ENotOwner',
    constantType: 'vector<u8>',
    rendered: 'You do not own this',
    raw: module.constants[1]?.data,
  })
})

test('numbers, flags, bytes that are no text, error codes', () => {
  assert.equal(decodeCleverError(code(1, 0, 2), module)?.rendered, '263')
  assert.equal(decodeCleverError(code(1, 0, 4), module)?.rendered, 'true')
  assert.equal(decodeCleverError(code(1, 0, 3), module)?.rendered, undefined)
  assert.equal(decodeCleverError(code(1, 0, 1, 9), module)?.errorCode, 9)
})

test('only a line', () => {
  const clever = decodeCleverError(code(65, 0xffff, 0xffff), module)
  assert.deepEqual(
    [clever?.lineNumber, clever?.constantName, clever?.constantType, clever?.raw],
    [65, undefined, undefined, undefined],
  )
})

test('places that do not exist', () => {
  const clever = decodeCleverError(code(65, 900, 901), module)
  assert.deepEqual([clever?.constantName, clever?.rendered], [undefined, undefined])
})
