/** Cryptographic natives against published vectors and other implementations. */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { suite, test } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { NativeAbort, NativeFailure, Ref, type Value, type Vm } from '@squid/move/vm'
import type { ExecutionContext } from '../runtime/execution-context.ts'
import { suiNatives } from './index.ts'

const vm = { charge: () => undefined } as unknown as Vm<ExecutionContext>

function native(name: string, ...args: Value[]): unknown {
  const make = suiNatives[name]
  assert.ok(make, name)
  return make(vm, [])(...args)
}

function bytes(value: Uint8Array): Value {
  return Array.from(value)
}

function reference(value: Uint8Array): Value {
  return Ref.to(bytes(value))
}

function hex(value: unknown): string {
  return Buffer.from(value as number[]).toString('hex')
}

function flip(value: Uint8Array, at: number): Uint8Array {
  const changed = value.slice()
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

const MESSAGE = Buffer.from('a message')

suite('hashes', () => {
  // FIPS 180 and friends: the empty message.
  test('blake2b256', () => {
    assert.equal(
      hex(native('0x2::hash::blake2b256', reference(new Uint8Array()))),
      '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8',
    )
  })
  test('keccak256', () => {
    assert.equal(
      hex(native('0x2::hash::keccak256', reference(new Uint8Array()))),
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
  })
  test('hmac_sha3_256', () => {
    // RFC 2104 by hand over SHA3-256, whose block has 136 bytes.
    const key = Buffer.from('key')
    const pad = (value: number): Buffer =>
      Buffer.concat([key, Buffer.alloc(136 - key.length)]).map(byte => byte ^ value) as Buffer
    const inner = createHash('sha3-256').update(pad(0x36)).update(MESSAGE).digest()
    const expected = createHash('sha3-256').update(pad(0x5c)).update(inner).digest('hex')
    assert.equal(hex(native('0x2::hmac::hmac_sha3_256', reference(key), reference(MESSAGE))), expected)
  })
})

suite('ed25519', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const signature = sign(null, MESSAGE, privateKey)
  const verify = (s: Uint8Array, k: Uint8Array, m: Uint8Array): unknown =>
    native('0x2::ed25519::ed25519_verify', reference(s), reference(k), reference(m))
  test('a good signature', () => assert.equal(verify(signature, key, MESSAGE), true))
  test('one bit off', () => {
    assert.equal(verify(flip(signature, 3), key, MESSAGE), false)
    assert.equal(verify(flip(signature, 40), key, MESSAGE), false)
    assert.equal(verify(signature, flip(key, 0), MESSAGE), false)
    assert.equal(verify(signature, key, flip(MESSAGE, 0)), false)
  })
  test('wrong lengths', () => {
    assert.equal(verify(signature.subarray(1), key, MESSAGE), false)
    assert.equal(verify(signature, key.subarray(1), MESSAGE), false)
  })
  test('ZIP 215: a key of small order signs everything', () => {
    // R and A are the identity, S is zero: 8·S·B = 8·R + 8·k·A holds, whatever k is.
    const identity = ed25519.Point.ZERO.toBytes()
    assert.equal(verify(Buffer.concat([identity, new Uint8Array(32)]), identity, MESSAGE), true)
  })
})

suite('BLS signatures', () => {
  const secret = new Uint8Array(32).fill(7)
  const long = bls12_381.longSignatures
  const short = bls12_381.shortSignatures
  const minPk = (s: Uint8Array, k: Uint8Array, m: Uint8Array): unknown =>
    native('0x2::bls12381::bls12381_min_pk_verify', reference(s), reference(k), reference(m))
  const minSig = (s: Uint8Array, k: Uint8Array, m: Uint8Array): unknown =>
    native('0x2::bls12381::bls12381_min_sig_verify', reference(s), reference(k), reference(m))
  test('min_pk, made by another implementation', () => {
    const key = long.getPublicKey(secret).toBytes()
    const signature = long.sign(long.hash(MESSAGE), secret).toBytes()
    assert.equal(minPk(signature, key, MESSAGE), true)
    assert.equal(minPk(signature, key, flip(MESSAGE, 0)), false)
    assert.equal(minPk(flip(signature, 95), key, MESSAGE), false)
    assert.equal(minPk(signature, flip(key, 47), MESSAGE), false)
    assert.equal(minPk(signature.subarray(1), key, MESSAGE), false)
  })
  test('min_pk: the key at infinity is refused', () => {
    const [signature, key] = [new Uint8Array(96), new Uint8Array(48)]
    signature[0] = key[0] = 0xc0
    assert.equal(minPk(signature, key, MESSAGE), false)
  })
  test('min_sig', () => {
    const key = short.getPublicKey(secret).toBytes()
    const signature = short.sign(short.hash(MESSAGE), secret).toBytes()
    assert.equal(minSig(signature, key, MESSAGE), true)
    assert.equal(minSig(signature, key, flip(MESSAGE, 0)), false)
    assert.equal(minSig(new Uint8Array(48), key, MESSAGE), false)
  })
})

suite('groups', () => {
  const [SCALAR, G1, G2, GT, UNCOMPRESSED] = [0, 1, 2, 3, 4] as const
  const { G1: curve } = bls12_381
  const op = (name: string, ...args: Value[]): unknown => native(`0x2::group_ops::${name}`, ...args)
  const point = (n: bigint): Uint8Array => curve.Point.BASE.multiply(n).toBytes(true)
  const wide = (n: bigint): Uint8Array => curve.Point.BASE.multiply(n).toBytes(false)
  const scalar = (n: bigint): Uint8Array => Buffer.from(n.toString(16).padStart(64, '0'), 'hex')
  const identity = Uint8Array.of(0xc0, ...new Uint8Array(47))
  const aborts =
    (code: bigint): ((error: unknown) => boolean) =>
    error =>
      error instanceof NativeAbort && error.code === code
  test('points', () => {
    assert.equal(hex(op('internal_add', G1, reference(point(2n)), reference(point(3n)))), hex(point(5n)))
    assert.equal(hex(op('internal_sub', G1, reference(point(3n)), reference(point(2n)))), hex(point(1n)))
    assert.equal(hex(op('internal_sub', G1, reference(point(3n)), reference(point(3n)))), hex(identity))
    assert.equal(hex(op('internal_mul', G1, reference(scalar(6n)), reference(point(2n)))), hex(point(12n)))
    assert.equal(hex(op('internal_mul', G1, reference(scalar(0n)), reference(point(2n)))), hex(identity))
    assert.equal(hex(op('internal_div', G1, reference(scalar(2n)), reference(point(8n)))), hex(point(4n)))
    const terms = [scalar(2n), scalar(3n)].flatMap(value => [...value])
    const points = [point(5n), point(7n)].flatMap(value => [...value])
    assert.equal(hex(op('internal_multi_scalar_mul', G1, Ref.to(terms), Ref.to(points))), hex(point(31n)))
  })
  test('uncompressed points: conversion and sums', () => {
    assert.equal(hex(op('internal_convert', G1, UNCOMPRESSED, reference(point(3n)))), hex(wide(3n)))
    assert.equal(hex(op('internal_convert', UNCOMPRESSED, G1, reference(wide(3n)))), hex(point(3n)))
    assert.equal(
      hex(op('internal_sum', UNCOMPRESSED, Ref.to([wide(1n), wide(2n), wide(4n)].map(bytes)))),
      hex(wide(7n)),
    )
    assert.equal(
      hex(op('internal_sum', UNCOMPRESSED, Ref.to([]))),
      hex(Uint8Array.of(0x40, ...new Uint8Array(95))),
    )
  })
  test('scalars', () => {
    assert.equal(
      hex(op('internal_add', SCALAR, reference(scalar(2n)), reference(scalar(3n)))),
      hex(scalar(5n)),
    )
    assert.equal(
      hex(op('internal_div', SCALAR, reference(scalar(2n)), reference(scalar(8n)))),
      hex(scalar(4n)),
    )
    const order = bls12_381.fields.Fr.ORDER
    assert.equal(op('internal_validate', SCALAR, reference(scalar(order - 1n))), true)
    assert.equal(op('internal_validate', SCALAR, reference(scalar(order))), false)
  })
  test('what is no point is invalid', () => {
    assert.equal(op('internal_validate', G1, reference(point(3n))), true)
    assert.equal(op('internal_validate', G1, reference(identity)), true)
    assert.equal(op('internal_validate', G1, reference(new Uint8Array(48))), false)
    assert.equal(op('internal_validate', G1, reference(point(3n).subarray(1))), false)
    assert.throws(
      () => op('internal_add', G1, reference(new Uint8Array(48)), reference(point(3n))),
      aborts(1n),
    )
    assert.throws(() => op('internal_div', G1, reference(scalar(0n)), reference(point(3n))), aborts(1n))
    assert.throws(() => op('internal_convert', UNCOMPRESSED, G1, reference(new Uint8Array(96))), aborts(1n))
  })
  test('a point outside the subgroup is invalid', () => {
    // x = 4 is on the curve but not in the subgroup of prime order.
    const outside = Buffer.alloc(48)
    outside[0] = 0x80
    outside[47] = 4
    assert.equal(op('internal_validate', G1, reference(outside)), false)
  })
  test('too many terms', () => {
    const many = Array.from({ length: 1201 }, () => bytes(wide(1n)))
    assert.throws(() => op('internal_sum', UNCOMPRESSED, Ref.to(many)), aborts(2n))
  })
  test('GT and pairings are refused by name', () => {
    const isNamed = (error: unknown): boolean =>
      error instanceof NativeFailure && /not supported/.test(error.message)
    assert.throws(() => op('internal_add', GT, reference(point(1n)), reference(point(1n))), isNamed)
    assert.throws(() => op('internal_pairing', G1, reference(point(1n)), reference(point(1n))), isNamed)
    assert.throws(() => op('internal_add', 9, reference(point(1n)), reference(point(1n))), aborts(0n))
    assert.throws(() => op('internal_convert', G2, G1, reference(point(1n))), aborts(0n))
  })
})
