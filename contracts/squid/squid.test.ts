import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runMoveTests } from '../build.ts'

test('the Move unit tests of squid pass in the real VM', async () => {
  const { passed, output } = await runMoveTests(import.meta.dirname)
  assert.ok(passed, output)
  assert.match(output, /Test result: OK\. Total tests: [1-9]\d+;/)
})
