/**
 * Our VM against the real Move VM, on random programs. Our VM computes what each program returns, or how it
 * fails; that goes into Move unit tests as the expectation; the real VM runs them. A wrong expectation has
 * to fail there, or all of this proves nothing.
 *
 * `SQUID_ORACLE_PROGRAMS` (default 300) and `SQUID_ORACLE_SEED` choose the programs.
 */
import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { deserializeModule } from '@squid/move/binary'
import { stdNatives } from '@squid/move/natives'
import { Random, randomModule } from '@squid/move/testing'
import { checkPackage } from '@squid/move/verify'
import { type CallResult, type Value, Vm } from '@squid/move/vm'
import { compilePackage, runMoveTests } from '../tools/move-build.ts'

const PROGRAMS = Number(process.env['SQUID_ORACLE_PROGRAMS'] ?? 300)
const SEED = Number(process.env['SQUID_ORACLE_SEED'] ?? 20_260_701)
/** Programs compiled together. */
const BATCH = 150
const ADDRESS = `0x${'77'.padStart(64, '0')}`
const MANIFEST = `[package]
name = "oracle"
version = "0.1.0"
edition = "2024"

[addresses]
oracle = "${ADDRESS}"
`

interface Program {
  readonly name: string
  readonly source: string
  readonly result: CallResult
}

function bytesOf(result: CallResult): Buffer {
  assert.ok(result.ok)
  return Buffer.from(result.values[0] as Value[] as number[])
}

/** The Move test that holds when the real VM comes to the same result. */
function moveTest({ name }: Program, result: CallResult): string {
  const run = `oracle::${name}::run()`
  if (result.ok)
    return `#[test] fun ${name}() { assert!(${run} == x"${bytesOf(result).toString('hex')}", 4711) }`
  const { failure } = result
  assert.ok(failure.location !== null, failure.message)
  const where =
    failure.location.address === ADDRESS
      ? `oracle::${failure.location.module}`
      : `std::${failure.location.module}`
  const expectations: Readonly<Record<string, string>> = {
    abort: `abort_code = ${failure.kind === 'abort' ? failure.code : 0}`,
    arithmetic: 'arithmetic_error',
    vector: `vector_error, minor_status = ${'subStatus' in failure ? failure.subStatus : 0}`,
  }
  const expected = expectations[failure.kind]
  assert.ok(expected !== undefined, `unexpected failure of ${name}: ${failure.message}`)
  return `#[test, expected_failure(${expected}, location = ${where})] fun ${name}() { ${run}; }`
}

/** Package files: the programs and one module of tests. */
function packageFiles(programs: readonly Program[], tests: readonly string[]): Record<string, string> {
  const files: Record<string, string> = { 'Move.toml': MANIFEST }
  for (const { name, source } of programs) files[`sources/${name}.move`] = source
  if (tests.length > 0)
    files['tests/oracle_tests.move'] = `#[test_only]\nmodule oracle::oracle_tests {\n${tests.join('\n')}\n}\n`
  return files
}

/** A VM with the framework and what the files compile to. */
async function loadPrograms(
  files: Readonly<Record<string, string>>,
  framework: Framework,
): Promise<Vm<null>> {
  const compiled = await compilePackage(files)
  const vm = new Vm<null>({ natives: stdNatives(), context: null })
  for (const modules of [...framework, compiled.modules.map(({ bytecode }) => bytecode)])
    vm.addModules(
      checkPackage(
        modules.map(bytecode => deserializeModule(Buffer.from(bytecode, 'base64'))),
        (address, name) => vm.module(address, name),
      ),
    )
  return vm
}

/** Compiles sources and runs each in our VM. */
async function runPrograms(sources: ReadonlyMap<string, string>, framework: Framework): Promise<Program[]> {
  const unknown = [...sources].map(([name, source]) => ({
    name,
    source,
    result: { ok: true as const, values: [] },
  }))
  const vm = await loadPrograms(packageFiles(unknown, []), framework)
  return unknown.map(({ name, source }) => {
    const run = vm.function(ADDRESS, name, 'run')
    assert.ok(run)
    vm.gas.remaining = 10_000_000
    return { name, source, result: vm.call(run, [], []) }
  })
}

/** Bytecode in base64, package by package. */
type Framework = readonly (readonly string[])[]

async function compileFramework(): Promise<Framework> {
  const { framework } = await import('@squid/contracts/framework')
  return framework.map(({ modules }) => modules.map(({ bytecode }) => bytecode))
}

suite('the real Move VM agrees with ours', () => {
  const programs: Program[] = []
  let framework: Framework = []

  before(async () => {
    framework = await compileFramework()
  })

  test(`on ${PROGRAMS} random programs`, async t => {
    t.diagnostic(`seed ${SEED}`)
    const random = new Random(SEED)
    for (let start = 0; start < PROGRAMS; start += BATCH) {
      const sources = new Map<string, string>()
      for (let i = start; i < Math.min(start + BATCH, PROGRAMS); i++)
        sources.set(`p${i}`, randomModule(`oracle::p${i}`, random))
      const batch = await runPrograms(sources, framework)
      const { passed, output } = await runMoveTests(
        packageFiles(
          batch,
          batch.map(program => moveTest(program, program.result)),
        ),
      )
      assert.ok(passed, `seed ${SEED}: ${output.slice(0, 20_000)}`)
      assert.match(output, new RegExp(`Total tests: ${batch.length}; passed: ${batch.length}; failed: 0`))
      programs.push(...batch)
    }
    const count = (kind: string): number =>
      programs.filter(({ result }) => (result.ok ? 'value' : result.failure.kind) === kind).length
    const kinds = {
      value: count('value'),
      abort: count('abort'),
      arithmetic: count('arithmetic'),
      vector: count('vector'),
    }
    t.diagnostic(JSON.stringify(kinds))
    // Programs that all fail early would compare little.
    assert.ok(kinds.value * 2 > PROGRAMS, JSON.stringify(kinds))
    if (PROGRAMS >= 300)
      assert.ok(kinds.arithmetic > 0 && kinds.vector > 0 && kinds.abort > 0, JSON.stringify(kinds))
  })

  test('on how deeply calls may nest', async () => {
    const source =
      'module oracle::d { public fun deep(n: u64): u64 { if (n == 0) 0 else 1 + deep(n - 1) } public fun run(): vector<u8> { vector[] } }'
    const deep = { name: 'd', source, result: { ok: true as const, values: [] } }
    const vm = await loadPrograms(packageFiles([deep], []), framework)
    const fn = vm.function(ADDRESS, 'd', 'deep')
    assert.ok(fn)
    const ours = (n: number): boolean => {
      vm.gas.remaining = 1_000_000
      return vm.call(fn, [], [BigInt(n)]).ok
    }
    // In the real VM the test function is one more frame.
    const real = async (n: number): Promise<boolean> =>
      (await runMoveTests(packageFiles([deep], [`#[test] fun t() { oracle::d::deep(${n - 1}); }`]))).passed
    for (const n of [1023, 1024]) assert.equal(ours(n), await real(n), `${n} calls below the first`)
    assert.deepEqual([ours(1023), ours(1024)], [true, false])
  })

  test('and not with a result that was tampered with', async () => {
    const program = programs.find(({ result }) => result.ok && bytesOf(result).length > 8)
    assert.ok(program)
    const bytes = [...bytesOf(program.result)]
    bytes[7] = (bytes[7] as number) ^ 1
    const { passed, output } = await runMoveTests(
      packageFiles([program], [moveTest(program, { ok: true, values: [bytes] })]),
    )
    assert.equal(passed, false)
    assert.match(output, /4711/)
  })

  test('and not with a failure of another kind', async () => {
    const program = programs.find(({ result }) => !result.ok && result.failure.kind === 'arithmetic')
    assert.ok(program && !program.result.ok && program.result.failure.location !== null)
    const wrong = {
      kind: 'vector' as const,
      subStatus: 1,
      location: program.result.failure.location,
      message: '',
    }
    const { passed } = await runMoveTests(
      packageFiles([program], [moveTest(program, { ok: false, failure: wrong })]),
    )
    assert.equal(passed, false)
  })
})
