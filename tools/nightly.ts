/**
 * The long versions of what CI runs shortly: more random programs against the real Move VM, more damaged bytes,
 * a kill at every single request of a publish and of a keeper and at every change of their files, a NAR of 4 GiB, 401
 * leases.
 *
 * Usage: npm run nightly [-- NAME ...]
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

interface LongRun {
  readonly tests: string
  readonly env: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '..')

/** A different seed every day; the tests print theirs, so that a failure can be repeated. */
const seed = String(Math.floor(Date.now() / 86_400_000))

const RUNS: Readonly<Record<string, LongRun>> = {
  oracle: {
    tests: 'test/move-oracle.test.ts',
    env: { SQUID_ORACLE_PROGRAMS: '10000', SQUID_ORACLE_SEED: seed },
  },
  deserialiser: { tests: 'test/move-deserialiser.test.ts', env: { SQUID_MUTATIONS: '1000000' } },
  properties: { tests: 'packages/**/*.test.ts', env: { SQUID_FUZZ_RUNS: '20000' } },
  'large-nar': { tests: 'test/publish/memory.test.ts', env: { SQUID_LARGE_NAR: String(4 * 2 ** 30) } },
  debian: { tests: 'test/debian/debian.test.ts', env: { SQUID_DEBIAN_LARGE: '1' } },
  leases: { tests: 'test/keeper/many.test.ts', env: { SQUID_MANY_LEASES: '401' } },
  kills: { tests: 'test/kills/*.test.ts', env: { SQUID_KILL_ALL: '1' } },
}

function run(name: string, { tests, env }: LongRun): boolean {
  console.log(`nightly: ${name} ${JSON.stringify(env)}`)
  const files = globSync(tests, { cwd: root })
  const args = ['--import', join(root, 'tools/long-fuzz.ts'), '--test', '--test-isolation=none', ...files]
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  return status === 0
}

const wanted = process.argv.slice(2)
for (const name of wanted)
  if (!(name in RUNS)) throw new Error(`no run named ${name}; there are: ${Object.keys(RUNS).join(', ')}`)
const failed = Object.entries(RUNS)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .filter(([name, long]) => !run(name, long))
  .map(([name]) => name)
console.log(failed.length === 0 ? 'nightly: ok' : `nightly: failed: ${failed.join(', ')}`)
if (failed.length > 0) process.exitCode = 1
