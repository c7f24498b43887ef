import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runMoveTests } from '../build.ts'
import { wal } from '../gen/wal.ts'
import { walrus } from '../gen/walrus.ts'
import { compareInterfaces, type ModuleInterface, readInterfaces } from '../interface.ts'

type Recorded = Readonly<Record<'wal' | 'walrus', Readonly<Record<string, ModuleInterface>>>>

const HERE = import.meta.dirname
const NAMES = { [wal.id]: 'wal', [walrus.id]: 'walrus' }
const recorded = JSON.parse(
  readFileSync(join(HERE, '../../vectors/walrus/interface.json'), 'utf8'),
) as Recorded

for (const name of ['wal', 'walrus']) {
  test(`${name}: Move unit tests`, async () => {
    const { passed, output } = await runMoveTests(join(HERE, '..', name))
    assert.ok(passed, output)
  })
}

test('every abort of walrus has a test that expects it', () => {
  // The VM of Move tests takes every signature for good: `test/walrus` expects that one on the devnet.
  const elsewhere = 'bls_aggregate::ESigVerification'
  const tests = readdirSync(join(HERE, 'tests')).map(file => readFileSync(join(HERE, 'tests', file), 'utf8'))
  for (const file of readdirSync(join(HERE, 'sources'))) {
    const source = readFileSync(join(HERE, 'sources', file), 'utf8')
    for (const [, constant] of source.matchAll(/^const (E\w+)/gm)) {
      const name = `${file.replace('.move', '')}::${constant}`
      const expected = tests.some(text => text.includes(`abort_code = walrus::${name})`))
      assert.ok(expected || name === elsewhere, `nothing expects ${name}`)
    }
  }
})

test('WAL has the public face of upstream', () => {
  assert.deepEqual(compareInterfaces(readInterfaces(wal, NAMES), recorded.wal), {
    differences: [],
    missing: [],
  })
})

test('Walrus has the public face of upstream, but for what MISSING.md lists', () => {
  const [missing = '', ours = ''] = readFileSync(join(HERE, 'MISSING.md'), 'utf8').split('# What only')
  const found = compareInterfaces(readInterfaces(walrus, NAMES), recorded.walrus)
  assert.deepEqual(found.missing.toSorted(), listed(missing).toSorted())
  assert.deepEqual(
    found.differences.toSorted(),
    listed(ours)
      .map(name => `${name} is only ours`)
      .toSorted(),
  )
})

function listed(markdown: string): string[] {
  return [...markdown.matchAll(/^- `(.+)`$/gm)].map(([, name]) => name ?? '')
}
