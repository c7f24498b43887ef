import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bls12381_min_pk_aggregate, bls12381_min_pk_verify } from '@mysten/walrus-wasm'
import { deriveSecretKey, publicKey, signAggregate, signWithAll } from './bls.ts'

const SEED = Uint8Array.of(1, 2, 3)
const KEYS = [0, 1, 2].map(index => deriveSecretKey(SEED, index))
const MESSAGE = new TextEncoder().encode('a message')

test('the official verifier accepts every signature, and none for another message or key', () => {
  const signatures = signWithAll(MESSAGE, KEYS)
  const [first, second] = KEYS.map(publicKey)
  assert.ok(first && second && signatures[0])
  assert.ok(
    signatures.every((signature, i) => bls12381_min_pk_verify(signature, publicKey(KEYS[i] ?? 0n), MESSAGE)),
  )
  assert.ok(!bls12381_min_pk_verify(signatures[0], second, MESSAGE))
  assert.ok(!bls12381_min_pk_verify(signatures[0], first, MESSAGE.subarray(1)))
})

test('the aggregate is what the official aggregation gives', () => {
  const aggregate = bls12381_min_pk_aggregate(signWithAll(MESSAGE, KEYS))
  assert.deepEqual(signAggregate(MESSAGE, KEYS), aggregate)
})

test('keys follow from the seed, and differ', () => {
  assert.equal(deriveSecretKey(SEED, 1), KEYS[1])
  assert.equal(new Set([...KEYS, deriveSecretKey(Uint8Array.of(9), 0)]).size, 4)
})
