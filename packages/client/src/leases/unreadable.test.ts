import assert from 'node:assert/strict'
import { test } from 'node:test'

import { lostChunks, ReleasesUnreadableError } from './unreadable.ts'

const releases = Array.from({ length: 12 }, (_, index) => ({ flake: 'tool', version: BigInt(index + 1) }))

test('each release is named, with the reason, and what to do about it', () => {
  const error = new ReleasesUnreadableError([{ flake: 'hello', version: 3n, reason: 'it is no manifest' }])
  assert.equal(
    error.message,
    'What a release needs cannot be read: hello version 3 (it is no manifest); until it is read again (squid storage verify --repair, or squid storage import with a copy) or revoked, nothing is given up',
  )
})

test('of many releases ten are named', () => {
  assert.match(
    lostChunks(2, releases),
    /^2 chunks are lost that releases need: tool version 1, .*, tool version 10 and 2 more; until /,
  )
  assert.match(lostChunks(1, releases.slice(0, 10)), /tool version 10; until /)
})
