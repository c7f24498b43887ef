import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { untestedAborts } from '../aborts.ts'
import { runMoveTests } from '../build.ts'
import { framework } from '../gen/framework.ts'
import { compareInterfaces, type ModuleInterface, readInterfaces } from '../interface.ts'

const HERE = import.meta.dirname
const recorded = JSON.parse(
  readFileSync(join(HERE, '../../vectors/sui-framework/interface.json'), 'utf8'),
) as Readonly<Record<'0x1' | '0x2', Readonly<Record<string, ModuleInterface>>>>
const [std, sui] = framework
assert.ok(std !== undefined && sui !== undefined)

for (const folder of ['move-stdlib', 'sui-framework']) {
  test(`${folder}: Move unit tests`, async () => {
    const { passed, output } = await runMoveTests(join(HERE, folder))
    assert.ok(passed, output)
  })

  test(`${folder}: every abort code is expected by a test`, () => {
    assert.deepEqual(untestedAborts(join(HERE, folder)), [])
  })
}

test('0x1 has the public face of upstream, all of it', () => {
  assert.deepEqual(compareInterfaces(readInterfaces(std), recorded['0x1']), { differences: [], missing: [] })
})

test('0x2 has the public face of upstream, but for what MISSING.md lists', () => {
  const listed = readFileSync(join(HERE, 'MISSING.md'), 'utf8').matchAll(/^- `(.+)`$/gm)
  const missing = [...listed].map(([, name]) => name ?? '')
  const found = compareInterfaces(readInterfaces(sui), recorded['0x2'])
  assert.deepEqual(found.differences, [])
  assert.deepEqual(found.missing.toSorted(), missing.toSorted())
})

/** What is flipped in the recorded `0x2::coin` → the line that comparing must then give. */
const FLIPS: readonly [what: string, flip: (coin: ModuleInterface) => ModuleInterface, line: RegExp][] = [
  [
    'a field moves',
    coin => ({
      ...coin,
      structs: {
        ...coin.structs,
        Coin: { ...coin.structs['Coin'], abilities: ['store', 'key'], fields: ['balance: u64', 'id: u64'] },
      },
    }),
    /^coin::Coin is .*"id: 0x2::object::UID".*, not .*"balance: u64"/,
  ],
  [
    'an ability goes',
    coin => ({
      ...coin,
      structs: { ...coin.structs, Coin: { ...coin.structs['Coin'], abilities: ['key'] } },
    }),
    /^coin::Coin is .*"store","key".*, not .*\["key"\]/,
  ],
  [
    'a parameter changes',
    coin => ({ ...coin, functions: { ...coin.functions, value: 'public <T0>(0x2::coin::Coin<T0>): u64' } }),
    /^coin::value is public <T0>\(&0x2::coin::Coin<T0>\): u64, not public <T0>\(0x2::coin::Coin<T0>\): u64$/,
  ],
  [
    'a function is not recorded',
    coin => ({
      ...coin,
      functions: Object.fromEntries(Object.entries(coin.functions).filter(([name]) => name !== 'mint')),
    }),
    /^coin::mint is only ours$/,
  ],
  ['a code changes', coin => ({ ...coin, u64Constants: [0, 1, 2] }), /^coin::constant 3 is only ours$/],
]

for (const [what, flip, line] of FLIPS) {
  test(`comparing notices when ${what}`, () => {
    const { coin } = recorded['0x2']
    assert.ok(coin !== undefined)
    const { differences } = compareInterfaces(readInterfaces(sui), { ...recorded['0x2'], coin: flip(coin) })
    assert.equal(differences.length, 1)
    assert.match(differences[0] ?? '', line)
  })
}

test('comparing notices a module that is only ours', () => {
  const { coin: _, ...others } = recorded['0x2']
  const { differences } = compareInterfaces(readInterfaces(sui), others)
  assert.deepEqual(differences, ['coin is only ours'])
})
