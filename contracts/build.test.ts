import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePackage, MoveBuildError, runMoveTests } from './build.ts'
import { readInterfaces } from './interface.ts'

const MANIFEST = '[package]\nname = "sample"\nedition = "2024"\n\n[addresses]\nsample = "0x5a"\n'
const ID = `0x${'5a'.padStart(64, '0')}`

function sample(body: string, manifest: string = MANIFEST): Record<string, string> {
  return { 'Move.toml': manifest, 'sources/a.move': `module sample::a;\n${body}` }
}

test('a package in memory is compiled at its own address and linked to the framework', async () => {
  const compiled = await compilePackage(
    sample('public fun worth<T>(c: &sui::coin::Coin<T>): u64 { c.value() }'),
  )
  assert.equal(compiled.name, 'sample')
  assert.equal(compiled.id, ID)
  assert.deepEqual(
    compiled.dependencies,
    ['1', '2'].map(digit => `0x${digit.padStart(64, '0')}`),
  )
  assert.deepEqual(
    [...readInterfaces(compiled)],
    [['a', { structs: {}, functions: { worth: 'public <T0>(&0x2::coin::Coin<T0>): u64' } }]],
  )
})

test('compiling twice gives the same bytes', async () => {
  const source = sample('public enum E has drop { A, B(u8) } public fun f(): E { E::B(1) }')
  assert.deepEqual(await compilePackage(source), await compilePackage(source))
})

test('modules come after those that they call', async () => {
  const source = {
    ...sample('public fun f(): u8 { sample::z::g() }'),
    'sources/z.move': 'module sample::z;\npublic fun g(): u8 { 1 }',
  }
  const { modules } = await compilePackage(source)
  assert.deepEqual(
    modules.map(({ name }) => name),
    ['z', 'a'],
  )
})

test('another package of ours is a dependency by name', async () => {
  const manifest = MANIFEST.replace(
    '[addresses]',
    '[dependencies]\nsuins = { local = "../suins" }\n\n[addresses]',
  )
  const compiled = await compilePackage(
    sample('public fun f(d: &suins::domain::Domain): bool { d.is_subdomain() }', manifest),
  )
  assert.equal(compiled.dependencies.length, 3)
  assert.equal(compiled.dependencies[2], `0x57a1${'3'.padStart(60, '0')}`)
})

const REFUSED: readonly [what: string, source: Record<string, string>, message: RegExp][] = [
  ['a type error', sample('public fun f(): u8 { true }'), /incompatible types/],
  ['a warning', sample('fun unused() {}'), /unused/],
  ['a missing module', sample('use sui::nothing; public fun f() { nothing::f() }'), /nothing/],
  [
    'a private function of the framework',
    sample('public fun f() { sui::object::record_new_uid(@0x1) }'),
    /visibility/,
  ],
  [
    'a function for the framework alone',
    sample('public fun f(): UID { sui::object::clock() }'),
    /restricted visibility/,
  ],
  ['a manifest without an address', sample('', '[package]\nname = "sample"\n'), /one fixed address/],
  [
    'a dependency that is none of ours',
    sample(
      '',
      MANIFEST.replace('[addresses]', '[dependencies]\nother = { local = "../other" }\n\n[addresses]'),
    ),
    /dependency other is none of ours/,
  ],
  ['no module', { 'Move.toml': MANIFEST }, /has no module/],
]

for (const [what, source, message] of REFUSED) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(
      compilePackage(source),
      error => error instanceof MoveBuildError && message.test(error.message),
    )
  })
}

test('a Move test that fails is told', async () => {
  const tests = {
    'tests/t.move': '#[test_only] module sample::t; #[test] fun one() { assert!(1 + 1 == 3, 7) }',
  }
  const { passed, output } = await runMoveTests({ ...sample('public fun f() {}'), ...tests })
  assert.equal(passed, false)
  assert.match(output, /FAIL .*sample::t::one[\s\S]*aborted with code 7/)
})

test('so is one that does not compile', async () => {
  const { passed, output } = await runMoveTests(sample('#[test] fun one() { nothing() }'))
  assert.equal(passed, false)
  assert.match(output, /nothing/)
})
