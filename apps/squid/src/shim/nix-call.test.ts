import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNixCall } from './nix-call.ts'

// What is typed → the command, the words for the real Nix, which of them are references and what for.
for (const [typed, command, words, references] of [
  ['run sui:@alice:hello#hello -- a', 'run', 'run sui:@alice:hello#hello -- a', ['1 started']],
  ['flake run sui:@alice:hello', 'run', 'run sui:@alice:hello', ['1 started']],
  [
    '--verbose flake --refresh run -L sui:@a:b -- c',
    'run',
    '--verbose run --refresh -L sui:@a:b -- c',
    ['4 started'],
  ],
  ['flake show sui:@alice:hello', 'flake show', 'flake show sui:@alice:hello', ['2 evaluated']],
  ['build sui:@a:b#x sui:@a:c#y', 'build', 'build sui:@a:b#x sui:@a:c#y', ['1 evaluated', '2 evaluated']],
  ['--option cores run run sui:@a:b', 'run', '--option cores run run sui:@a:b', ['4 started']],
  ['--cores 2 build sui:@a:b', 'build', '--cores 2 build sui:@a:b', ['3 evaluated']],
  ['shell sui:@a:b -c echo sui:@not:this', 'shell', 'shell sui:@a:b -c echo sui:@not:this', ['1 started']],
  ['shell sui:@a:b -Lc echo sui:@no:x', 'shell', 'shell sui:@a:b -Lc echo sui:@no:x', ['1 started']],
  ['env shell sui:@a:b', 'env shell', 'env shell sui:@a:b', ['2 started']],
  ['run nixpkgs#hello -- sui:@not:this', 'run', 'run nixpkgs#hello -- sui:@not:this', []],
  ['run nixpkgs#hello sui:@not:this', 'run', 'run nixpkgs#hello sui:@not:this', []],
  ['run -- sui:@a:b sui:@not:this', 'run', 'run -- sui:@a:b sui:@not:this', ['2 started']],
  ['-- run sui:@alice:hello', 'run', '-- run sui:@alice:hello', ['2 started']],
  ['-- flake run sui:@a:b', 'run', '-- run sui:@a:b', ['2 started']],
  ['build -j3 sui:@a:b', 'build', 'build -j3 sui:@a:b', ['2 evaluated']],
  ['build -j 3 sui:@a:b', 'build', 'build -j 3 sui:@a:b', ['3 evaluated']],
  ['build . --override-input x sui:@a:b', 'build', 'build . --override-input x sui:@a:b', ['4 evaluated']],
  ['build x --inputs-from sui:@a:b', 'build', 'build x --inputs-from sui:@a:b', ['3 evaluated']],
  ['eval --expr sui:@not:this sui:@a:b', 'eval', 'eval --expr sui:@not:this sui:@a:b', ['3 evaluated']],
  ['eval sui:@a:b --apply sui:x', 'eval', 'eval sui:@a:b --apply sui:x', ['1 evaluated']],
  ['eval --argstr sui: sui: sui:@a:b', 'eval', 'eval --argstr sui: sui: sui:@a:b', ['4 evaluated']],
  ['registry add sui:@x:y sui:@a:b', 'registry add', 'registry add sui:@x:y sui:@a:b', ['3 recorded']],
  [
    'develop sui:@a:b --redirect sui:@a:c sui:d -s a sui:b',
    'develop',
    'develop sui:@a:b --redirect sui:@a:c sui:d -s a sui:b',
    ['1 evaluated', '3 evaluated'],
  ],
  ['store verify -s sui:x sui:@a:b', 'store verify', 'store verify -s sui:x sui:@a:b', ['4 evaluated']],
  ['flake new -t sui:@a:b sui:dir', 'flake new', 'flake new -t sui:@a:b sui:dir', ['3 evaluated']],
  ['search sui:@a:b sui:regex', 'search', 'search sui:@a:b sui:regex', ['1 evaluated']],
  ['hash to-sri sui:x', 'hash to-sri', 'hash to-sri sui:x', []],
  ['of-later-nix sui:@a:b', 'of-later-nix', 'of-later-nix sui:@a:b', ['1 evaluated']],
  ['build --file', 'build', 'build --file', []],
  ['flake', undefined, 'flake', []],
  ['--version', undefined, '--version', []],
] as const) {
  test(`nix ${typed}`, () => {
    const call = parseNixCall(typed.split(' '))
    assert.deepEqual(
      {
        command: call.command,
        words: call.words,
        references: call.references.map(({ index, use }) => `${index} ${use}`),
      },
      { command, words: words.split(' '), references },
    )
  })
}

test('options are told with their last values', () => {
  const { options } = parseNixCall('run --store a --store b -L --impure x -- --store c'.split(' '))
  assert.deepEqual(Object.fromEntries(options), { '--store': ['b'], '-L': [], '--impure': [] })
})
