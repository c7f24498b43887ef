import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseStorePath } from '@squid/formats/store-path'
import { type VouchedPath, VouchedPaths, type VouchingRelease } from './index.ts'

async function scratch(): Promise<{ state: string } & AsyncDisposable> {
  const state = await mkdtemp(join(tmpdir(), 'squid-vouched-'))
  return { state, [Symbol.asyncDispose]: () => rm(state, { recursive: true }) }
}

const release = (version: bigint, facts: Partial<VouchingRelease> = {}): VouchingRelease => ({
  chainId: 'chain',
  space: '0x1',
  flake: '0x2',
  flakeName: 'hello',
  name: 'alice',
  version,
  manifest: new Uint8Array(32).fill(Number(version)),
  ...facts,
})
const path = (digit: string, hash = 1): VouchedPath => ({
  storePath: parseStorePath(`/nix/store/${digit.repeat(32)}-p${digit}`),
  narHash: new Uint8Array(32).fill(hash),
})

test('what vouched for a path is told, by whoever opens the file later', async () => {
  await using home = await scratch()
  assert.equal(VouchedPaths.openIfAny(home), undefined)
  {
    using vouched = VouchedPaths.open(home)
    const [one, two] = [release(1n), release(2n)]
    await Promise.all([
      vouched.record(one, path('1')),
      vouched.record(one, path('2')),
      vouched.record(two, path('1', 7)),
      vouched.record(two, path('1', 7)),
      vouched.record(release(2n, { chainId: 'other' }), path('3')),
    ])
  }
  using vouched = VouchedPaths.openIfAny(home)
  assert.deepEqual(vouched?.ofPath(path('1').storePath), [
    { ...path('1'), release: release(1n) },
    { ...path('1', 7), release: release(2n) },
  ])
  assert.deepEqual(vouched.ofPath(path('4').storePath), [])
  assert.deepEqual(
    vouched.all('chain').map(({ storePath, release: { version } }) => [storePath.at(-1), version]),
    [
      ['1', 1n],
      ['1', 2n],
      ['2', 1n],
    ],
  )
})

test('a name that was learnt later is kept; a record by id does not forget it', async () => {
  await using home = await scratch()
  using vouched = VouchedPaths.open(home)
  await vouched.record(release(1n, { name: undefined }), path('1'))
  await vouched.record(release(1n), path('2'))
  await vouched.record(release(1n, { name: undefined }), path('3'))
  assert.equal(vouched.ofPath(path('1').storePath)[0]?.release.name, 'alice')
})

test('two at once write without losing anything', async () => {
  await using home = await scratch()
  using one = VouchedPaths.open(home)
  using two = VouchedPaths.open(home)
  const digits = '0123456789abcdfghijk'.split('')
  await Promise.all(digits.map((digit, i) => (i % 2 === 0 ? one : two).record(release(1n), path(digit))))
  assert.equal(one.all('chain').length, digits.length)
})

test('a damaged file is named', async () => {
  await using home = await scratch()
  await writeFile(
    join(home.state, 'vouched.sqlite'),
    'this is no database, and long enough to be looked at '.repeat(20),
  )
  assert.throws(() => VouchedPaths.open(home), {
    code: 'STATE_DAMAGED',
    message: /vouched\.sqlite cannot be used/,
  })
})
