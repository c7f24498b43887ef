import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runMoveTests } from '../build.ts'

function textOf(folder: string): string {
  const path = join(import.meta.dirname, folder)
  return readdirSync(path)
    .map(file => readFileSync(join(path, file), 'utf8'))
    .join('\n')
}

test('the Move unit tests of squid pass in the real VM', async () => {
  const { passed, output } = await runMoveTests(import.meta.dirname)
  assert.ok(passed, output)
  assert.match(output, /Test result: OK\. Total tests: [1-9]\d+;/)
})

test('every abort of squid has a test that expects it', () => {
  const tests = textOf('tests')
  for (const file of readdirSync(join(import.meta.dirname, 'sources'))) {
    const source = readFileSync(join(import.meta.dirname, 'sources', file), 'utf8')
    for (const [, name] of source.matchAll(/#\[error\]\s*const (E\w+)/g)) {
      assert.ok(
        tests.includes(`abort_code = squid::${file.replace('.move', '')}::${name})`),
        `${file}: nothing expects ${name}`,
      )
    }
  }
})
