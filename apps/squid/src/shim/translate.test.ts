import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockedUrl, parseNixCall, translate } from './translate.ts'

// What is typed → the subcommand, the words for the real Nix, which of them are references.
for (const [typed, command, words, references] of [
  ['run sui:@alice:hello#hello -- a', 'run', 'run sui:@alice:hello#hello -- a', [1]],
  ['flake run sui:@alice:hello', 'run', 'run sui:@alice:hello', [1]],
  ['--verbose flake --refresh run -L sui:@a:b -- c', 'run', '--verbose run --refresh -L sui:@a:b -- c', [4]],
  ['flake show sui:@alice:hello', 'flake show', 'flake show sui:@alice:hello', [2]],
  ['flake metadata --json sui:@alice:hello', 'flake metadata', 'flake metadata --json sui:@alice:hello', [3]],
  ['build sui:@a:b#x sui:@a:c#y', 'build', 'build sui:@a:b#x sui:@a:c#y', [1, 2]],
  ['--option cores run run sui:@a:b', 'run', '--option cores run run sui:@a:b', [4]],
  ['shell sui:@a:b -c echo sui:@not:this', 'shell', 'shell sui:@a:b -c echo sui:@not:this', [1]],
  ['run nixpkgs#hello -- sui:@not:this', 'run', 'run nixpkgs#hello -- sui:@not:this', []],
  ['copy sui:@alice:hello', undefined, 'copy sui:@alice:hello', []],
  ['flake lock sui:@alice:hello', undefined, 'flake lock sui:@alice:hello', []],
  ['-- run sui:@alice:hello', undefined, '-- run sui:@alice:hello', []],
] as const) {
  test(`nix ${typed}`, () => {
    assert.deepEqual(parseNixCall(typed.split(' ')), { command, words: words.split(' '), references })
  })
}

test('a URL is locked by the NAR hash, percent-encoded', () => {
  const report = { url: 'http://squid.localhost:7878/@alice/hello/3.tar.gz', narHash: 'sha256-a+b/c=' }
  assert.equal(lockedUrl(report, 'hello'), `${report.url}?narHash=sha256-a%2Bb%2Fc%3D#hello`)
  assert.equal(lockedUrl(report, undefined), `${report.url}?narHash=sha256-a%2Bb%2Fc%3D`)
})

test('only the references are replaced', () => {
  const call = parseNixCall(['run', 'sui:@a:b', '--', 'sui:@a:b'])
  assert.deepEqual(translate(call, new Map([[1, 'http://x']])), ['run', 'http://x', '--', 'sui:@a:b'])
})
