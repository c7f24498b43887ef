import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUris, withSourceLines, withSourceTypes } from './apt.ts'
import { DebianError } from './errors.ts'
import { formatLock, lockedSystem, parseLock, storeName } from './lock.ts'

test('names for the Nix store', () => {
  assert.equal(storeName('git_1:2.39.5-0+deb12u3_amd64.deb'), 'git_1_2.39.5-0+deb12u3_amd64.deb')
  assert.equal(storeName('1.0~beta 1/x'), '1.0_beta_1_x')
  assert.equal(storeName('.hidden'), '_.hidden')
  assert.equal(storeName('x'.repeat(300)).length, 180)
})

test('a lock is read as it was written; others are refused', () => {
  const lock = {
    format: 1 as const,
    system: 'x86_64-linux',
    mirrors: ['http://archive.invalid/debian/'],
    wanted: [],
    units: {},
    packages: {},
    sources: {},
  }
  assert.deepEqual(parseLock(formatLock(lock)), lock)
  for (const wrong of ['', '[]', 'null', '{"format":2,"units":{},"sources":{}}', '{"format":1}'])
    assert.throws(
      () => parseLock(wrong),
      (error: unknown) => error instanceof DebianError && error.code === 'DEBIAN_LOCK',
    )
})

test('another architecture is refused by name', () => {
  assert.equal(lockedSystem('x64'), 'x86_64-linux')
  assert.throws(() => lockedSystem('arm64'), /x86-64 only, this is arm64/)
})

test('files as apt prints them', () => {
  const hash = '0123456789abcdef'.repeat(4)
  const text = `Need to get 1 B.\n'http://archive.invalid/pool/h/hello_2%2b1.deb' hello_2+1.deb 53080 SHA256:${hash}\n`
  assert.deepEqual(parseUris(text), [
    {
      url: 'http://archive.invalid/pool/h/hello_2%2b1.deb',
      name: 'hello_2+1.deb',
      size: 53080,
      sha256: hash,
    },
  ])
  assert.deepEqual(parseUris(text.replace('SHA256', 'MD5Sum')), [])
})

test('source packages are switched on in both formats', () => {
  assert.equal(
    withSourceLines('# deb no\ndeb [arch=amd64] http://archive.invalid/debian stable main\n'),
    '# deb no\ndeb [arch=amd64] http://archive.invalid/debian stable main\n' +
      'deb-src [arch=amd64] http://archive.invalid/debian stable main\n',
  )
  assert.equal(withSourceTypes('Types: deb\nURIs: x\n'), 'Types: deb deb-src\nURIs: x\n')
  assert.equal(withSourceTypes('Types: deb-src\n'), 'Types: deb-src\n')
})
