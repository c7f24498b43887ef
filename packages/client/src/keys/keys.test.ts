import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { homeFrom, type Home } from '../home/index.ts'
import { createKey, importSuiKeystore, KeyError, loadKey } from './index.ts'

const code =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof KeyError && error.code === code && message.test(error.message)

async function scratch(): Promise<{ home: Home; path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-keys-'))
  return {
    path,
    home: homeFrom({ SQUID_HOME: path }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
}

test('a key is made, kept secret and loaded', async () => {
  await using folder = await scratch()
  const key = await createKey(folder.home, 'default')
  const file = join(folder.home.keys, 'default')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.match(await readFile(file, 'utf8'), /^suiprivkey1[a-z0-9]+\n$/)
  assert.equal((await loadKey(folder.home, 'default')).toSuiAddress(), key.toSuiAddress())
})

test('a key is never overwritten', async () => {
  await using folder = await scratch()
  const key = await createKey(folder.home, 'default')
  await assert.rejects(createKey(folder.home, 'default'), code('KEY_EXISTS'))
  assert.equal((await loadKey(folder.home, 'default')).toSuiAddress(), key.toSuiAddress())
})

test('a key that others may read is refused', async () => {
  await using folder = await scratch()
  await createKey(folder.home, 'default')
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(join(folder.home.keys, 'default'), mode)
    await assert.rejects(loadKey(folder.home, 'default'), code('KEY_MODE', /chmod 600/))
  }
})

test('a key that is missing or damaged is said to be so', async () => {
  await using folder = await scratch()
  await assert.rejects(loadKey(folder.home, 'default'), code('KEY_MISSING', /squid init/))
  await mkdir(folder.home.keys)
  await writeFile(join(folder.home.keys, 'default'), 'hello', { mode: 0o600 })
  await assert.rejects(loadKey(folder.home, 'default'), code('KEY_FORMAT'))
})

test('a name that is a path is no name', async () => {
  await using folder = await scratch()
  for (const name of ['', '../default', 'a/b', 'A', '.x']) {
    await assert.rejects(createKey(folder.home, name), code('KEY_NAME'))
    await assert.rejects(loadKey(folder.home, name), code('KEY_NAME'))
  }
})

// Test vector 1 of RFC 8032 §7.1 as a secret; its address is blake2b-256(0x00 ‖ public key), made with b2sum.
const SECRET = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const ADDRESS = '0x304af458e90e97c841685b8cbbc59b909f3e2cf150df590ada4c81452c29737d'
const item = (flag: number, secret: Uint8Array): string =>
  Buffer.concat([Uint8Array.of(flag), secret]).toString('base64')

async function keystore(folder: string, value: unknown): Promise<string> {
  const path = join(folder, 'sui.keystore')
  await writeFile(path, JSON.stringify(value))
  return path
}

test('the one ed25519 key of a Sui keystore is imported', async () => {
  await using folder = await scratch()
  const path = await keystore(folder.path, [item(1, SECRET), item(0, SECRET)])
  assert.equal((await importSuiKeystore(folder.home, 'default', path)).toSuiAddress(), ADDRESS)
  assert.equal((await loadKey(folder.home, 'default')).toSuiAddress(), ADDRESS)
})

test('of several keys the address says which', async () => {
  await using folder = await scratch()
  const path = await keystore(folder.path, [item(0, SECRET), item(0, SECRET.toReversed())])
  await assert.rejects(importSuiKeystore(folder.home, 'default', path), code('KEY_MISSING', /several keys/))
  await assert.rejects(
    importSuiKeystore(folder.home, 'default', path, '0x1'),
    code('KEY_MISSING', /does not hold/),
  )
  assert.equal((await importSuiKeystore(folder.home, 'default', path, ADDRESS)).toSuiAddress(), ADDRESS)
})

test('a keystore that is none is refused', async () => {
  await using folder = await scratch()
  for (const value of [
    {},
    [7],
    ['!!'],
    [item(0, SECRET.subarray(1))],
    [item(0, Buffer.concat([SECRET, SECRET]))],
  ]) {
    const path = await keystore(folder.path, value)
    await assert.rejects(importSuiKeystore(folder.home, 'default', path), code('KEY_FORMAT'))
  }
  await assert.rejects(
    importSuiKeystore(folder.home, 'default', join(folder.path, 'nothing')),
    code('KEY_FORMAT'),
  )
  const empty = await keystore(folder.path, [])
  await assert.rejects(importSuiKeystore(folder.home, 'default', empty), code('KEY_MISSING'))
})
