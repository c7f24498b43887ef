import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { untestedAborts } from '../aborts.ts'
import { runMoveTests } from '../build.ts'
import { suins } from '../gen/suins.ts'
import { walrusSite } from '../gen/walrus-site.ts'
import { compareInterfaces, type ModuleInterface, readInterfaces } from '../interface.ts'

const HERE = import.meta.dirname
const recorded = JSON.parse(
  readFileSync(join(HERE, '../../vectors/walrus-site/interface.json'), 'utf8'),
) as Readonly<Record<'walrus_site', Readonly<Record<string, ModuleInterface>>>>

test('Walrus Sites: Move unit tests', async () => {
  const { passed, output } = await runMoveTests(HERE)
  assert.ok(passed, output)
})

test('Walrus Sites: every abort code is expected by a test', () => {
  assert.deepEqual(untestedAborts(HERE), [])
})

test('Walrus Sites have the public face of upstream', () => {
  const names = { [walrusSite.id]: 'walrus_site', [suins.id]: 'suins' }
  assert.deepEqual(compareInterfaces(readInterfaces(walrusSite, names), recorded.walrus_site), {
    missing: [],
    differences: [],
  })
})
