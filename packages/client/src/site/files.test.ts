import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latestPath, parseVersionPath, versionPath } from './files.ts'

test('paths of tarballs tell flake and version', () => {
  assert.equal(latestPath('hello'), '/hello.tar.gz')
  assert.equal(versionPath('hello', 3n), '/hello/3.tar.gz')
  assert.deepEqual(parseVersionPath('/hello/3.tar.gz'), { flakeName: 'hello', version: 3n })
  for (const path of [
    '/hello.tar.gz',
    '/hello/0.tar.gz',
    '/hello/03.tar.gz',
    '/a/b/3.tar.gz',
    '/nar/x.nar.zst',
  ])
    assert.equal(parseVersionPath(path), undefined)
})
