import assert from 'node:assert/strict'
import { test } from 'node:test'

import { confirmationMessage, epochOfConfirmation, isQuorum, type Member, preventsQuorum } from './signers.ts'

function member(index: number, weight: number): Member {
  return { id: String(index), name: '', url: undefined, index, weight, publicKey: new Uint8Array(48) }
}

const members = [member(0, 4), member(1, 3), member(2, 3)]
const signers = { epoch: 1, shards: 10, members, byShard: [] }

test('seven of ten shards are a quorum, six are not', () => {
  assert.equal(isQuorum(signers, members.slice(0, 2)), true)
  assert.equal(isQuorum(signers, members.slice(1)), false)
})

test('without four of ten shards there is no quorum, without three there is', () => {
  assert.equal(preventsQuorum(signers, members.slice(0, 1)), true)
  assert.equal(preventsQuorum(signers, members.slice(2)), false)
})

test('a confirmation is intent, epoch, blob and object', () => {
  const message = confirmationMessage(0x01020304, new Uint8Array(32).fill(0xbb), `0x${'cc'.repeat(32)}`)
  const expected = `01000304030201${'bb'.repeat(32)}01${'cc'.repeat(32)}`
  assert.equal(Buffer.from(message).toString('hex'), expected)
  assert.equal(epochOfConfirmation(message), 0x01020304)
})
