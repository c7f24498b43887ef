import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { untestedAborts } from '../aborts.ts'
import { runMoveTests } from '../build.ts'
import { suins } from '../gen/suins.ts'
import { compareInterfaces, type ModuleInterface, readInterfaces } from '../interface.ts'

const HERE = import.meta.dirname
const recorded = JSON.parse(
  readFileSync(join(HERE, '../../vectors/suins/interface.json'), 'utf8'),
) as Readonly<Record<'suins', Readonly<Record<string, ModuleInterface>>>>

test('SuiNS: Move unit tests', async () => {
  const { passed, output } = await runMoveTests(HERE)
  assert.ok(passed, output)
})

test('SuiNS: every abort code is expected by a test', () => {
  assert.deepEqual(untestedAborts(HERE), [])
})

test('SuiNS has the public face of upstream, but for what MISSING.md lists', () => {
  const [missing = '', ours = ''] = readFileSync(join(HERE, 'MISSING.md'), 'utf8').split('# What only')
  const found = compareInterfaces(readInterfaces(suins, { [suins.id]: 'suins' }), recorded.suins)
  assert.deepEqual(found.missing.toSorted(), listed(missing).toSorted())
  const only = listed(ours).map(name => `${name} is only ours`)
  assert.deepEqual(found.differences.toSorted(), only.toSorted())
})

function listed(markdown: string): string[] {
  return [...markdown.matchAll(/^- `(.+)`$/gm)].map(([, name]) => name ?? '')
}
