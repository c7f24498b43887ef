import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProof, proofOf } from './proof.ts'

const exchange = { nonce: 'n', target: '/api/status?', status: 200, body: '{"a":"ü"}\n' }

test('a proof is the HMAC-SHA256 of the lines', () => {
  // printf 'n\n/api/status?\n200\n{"a":"ü"}\n' | openssl dgst -sha256 -hmac secret
  assert.equal(
    proofOf('secret', exchange),
    'd895d3c4cf781bacb3c6afa43482521604e3fc2ee16fd9b15708c824bd0a106e',
  )
})

test('a proof is good for one secret and one exchange', () => {
  const proof = proofOf('secret', exchange)
  assert.equal(isProof(proof, 'secret', exchange), true)
  for (const [secret, other] of [
    ['Secret', exchange],
    ['secret', { ...exchange, nonce: 'm' }],
    ['secret', { ...exchange, target: '/api/status' }],
    ['secret', { ...exchange, status: 404 }],
    ['secret', { ...exchange, body: '{"a":"u"}\n' }],
  ] as const) {
    assert.equal(isProof(proof, secret, other), false)
  }
  for (const bad of [undefined, '', proof.slice(1), `${proof}0`, [proof], 'ü'.repeat(32)]) {
    assert.equal(isProof(bad, 'secret', exchange), false)
  }
})
