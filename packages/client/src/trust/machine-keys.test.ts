import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { forgetFormerKeys, machineKeys, MachineKeys, rotateMachineKey } from './index.ts'

async function scratch(): Promise<{ keys: string } & AsyncDisposable> {
  const keys = await mkdtemp(join(tmpdir(), 'squid-machine-keys-'))
  return { keys, [Symbol.asyncDispose]: () => rm(keys, { recursive: true }) }
}

test('a key is made once, for its owner alone', async () => {
  await using home = await scratch()
  const [one, two] = await Promise.all([machineKeys(home), machineKeys(home)])
  assert.deepEqual(one, two)
  assert.equal(one.length, 1)
  assert.match(one[0].name, /^squid-[A-Za-z0-9.-]+-[0-9a-z]+$/)
  assert.equal((await stat(join(home.keys, 'nix-signing-key'))).mode & 0o777, 0o600)
})

test('rotating makes another; former ones sign until they are forgotten', async () => {
  await using home = await scratch()
  const [first] = await machineKeys(home)
  await sleep(2) // names are made of the time
  const [second, ...former] = await rotateMachineKey(home)
  assert.notEqual(second.name, first.name)
  assert.deepEqual(former, [first])
  assert.equal((await stat(join(home.keys, 'nix-signing-key.old'))).mode & 0o777, 0o600)
  await sleep(2)
  const names = (await rotateMachineKey(home)).map(({ name }) => name)
  assert.deepEqual(names.slice(1), [second.name, first.name])
  assert.deepEqual(await forgetFormerKeys(home), [second.name, first.name])
  assert.deepEqual(
    (await machineKeys(home)).map(({ name }) => name),
    names.slice(0, 1),
  )
  assert.deepEqual(await forgetFormerKeys(home), [])
})

test('killed between the two files, no key is lost and none is twice', async () => {
  await using home = await scratch()
  const [first] = await machineKeys(home)
  // The first step of a rotation alone.
  const current = join(home.keys, 'nix-signing-key')
  await writeFile(`${current}.old`, await readFile(current), { mode: 0o600 })
  assert.deepEqual(await machineKeys(home), [first])
})

test('files that others may read, or that hold no key, are refused by name', async () => {
  await using home = await scratch()
  await machineKeys(home)
  await rotateMachineKey(home)
  const old = join(home.keys, 'nix-signing-key.old')
  await chmod(old, 0o640)
  await assert.rejects(machineKeys(home), { code: 'KEY_MODE', message: /others may read .*\.old/ })
  await chmod(old, 0o600)
  await writeFile(old, 'no key\n')
  await assert.rejects(machineKeys(home), { code: 'KEY_FORMAT', message: /\.old does not hold a key/ })
})

test('who signs all the time notices a rotation, and keeps signing when the files are damaged', async () => {
  await using home = await scratch()
  const errors: unknown[] = []
  const keys = await MachineKeys.load(home, error => errors.push(error))
  const before = keys.current()
  assert.equal(keys.current(), before)
  await sleep(2)
  const rotated = await rotateMachineKey(home)
  const until = performance.now() + 10_000
  while (keys.current() === before && performance.now() < until) await sleep(50)
  const now = keys.current()
  assert.deepEqual(now, rotated)
  await writeFile(join(home.keys, 'nix-signing-key'), 'x')
  while (errors.length === 0 && performance.now() < until) {
    assert.equal(keys.current(), now)
    await sleep(50)
  }
  assert.equal(errors.length, 1)
})
