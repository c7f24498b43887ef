import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findProgram, Nix, nixErrorLine, parseNixVersion, withSettings } from './nix.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'squid-host-'))
})
after(async () => {
  await rm(dir, { recursive: true })
})

/** A program named `nix` that prints a version. */
async function fakeNix(folder: string, version: string): Promise<string> {
  await mkdir(join(dir, folder), { recursive: true })
  const program = join(dir, folder, 'nix')
  await writeFile(program, `#!/bin/sh\necho '${version}'\n`)
  await chmod(program, 0o755)
  return program
}

// First lines of `nix --version` of Debian's packages, Lix 2.91 and Determinate Nix 3.
for (const [text, version] of [
  ['nix (Nix) 2.8.0', [2, 8]],
  ['nix (Nix) 2.34.8\n', [2, 34]],
  ['nix (Lix, like Nix) 2.91.1\nSystem type: x86_64-linux', [2, 91]],
  ['nix (Determinate Nix 3.6.5) 2.29.0', [2, 29]],
] as const) {
  test(`version of: ${text.split('\n')[0]}`, () => {
    assert.deepEqual(parseNixVersion(text), version)
  })
}

test('a text without a version is refused', () => {
  assert.throws(() => parseNixVersion('hello'), { code: 'NIX_OUTPUT' })
})

test('no Nix in PATH is told with what to do', async () => {
  await assert.rejects(Nix.locate({ env: { PATH: join(dir, 'nothing') } }), {
    code: 'NIX_MISSING',
    message: /not installed.*apt-get install nix-bin/,
  })
})

test('a Nix that is too old is refused', async () => {
  await fakeNix('old', 'nix (Nix) 2.3.16')
  await assert.rejects(Nix.locate({ env: { PATH: `${join(dir, 'old')}:/usr/bin:/bin` } }), {
    code: 'NIX_TOO_OLD',
  })
})

test('folders of PATH can be skipped', async () => {
  const first = await fakeNix('first', 'nix (Nix) 2.8.0')
  const second = await fakeNix('second', 'nix (Nix) 2.9.0')
  const path = `${join(dir, 'first')}:${join(dir, 'second')}`
  assert.equal(findProgram('nix', path), first)
  assert.equal(findProgram('nix', path, [join(dir, 'first')]), second)
  assert.equal(findProgram('nix', undefined), undefined)
})

test('settings are added to NIX_CONFIG, never replace it', () => {
  assert.equal(withSettings({}, { cores: '2' })['NIX_CONFIG'], 'cores = 2')
  assert.equal(
    withSettings({ NIX_CONFIG: 'max-jobs = 0' }, { cores: '2' })['NIX_CONFIG'],
    'max-jobs = 0\ncores = 2',
  )
  assert.equal(withSettings({ NIX_CONFIG: 'max-jobs = 0' }, {})['NIX_CONFIG'], 'max-jobs = 0')
})

test('a setting of several lines is refused: it would be several settings', () => {
  for (const settings of [{ cores: '2\npost-build-hook = /x' }, { 'a\nb': '1' }, { cores: '2\r' }]) {
    assert.throws(() => withSettings({}, settings), RangeError)
  }
})

test('the last error of Nix is told in one line', () => {
  assert.equal(
    nixErrorLine("warning: x\nerror: attribute 'a' missing\n\n       at /x:1:1"),
    "attribute 'a' missing",
  )
  assert.equal(nixErrorLine('error:\n       … while evaluating\n'), '… while evaluating')
  assert.equal(nixErrorLine('killed'), 'killed')
  assert.equal(nixErrorLine(''), 'no message')
})
