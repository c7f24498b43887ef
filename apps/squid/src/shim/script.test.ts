import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isShim, shimFolders } from './folders.ts'
import { shimScript } from './script.ts'

let dir = ''

async function program(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
  await chmod(path, 0o755)
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'squid-shim-'))
  const show = (who: string): string =>
    `#!/bin/sh\nprintf '%s' ${who}; for word in "$@"; do printf '|%s' "$word"; done\n`
  await program(join(dir, 'shim/nix'), shimScript(join(dir, "odd ' name/squid")))
  await program(join(dir, 'other/nix'), shimScript('/nowhere/squid'))
  await program(join(dir, "odd ' name/squid"), show('squid'))
  await program(join(dir, 'real/nix'), show('nix'))
  await symlink(join(dir, 'shim'), join(dir, 'link'))
})
after(async () => {
  await rm(dir, { recursive: true })
})

function nix(
  args: readonly string[],
  folders = ['shim', 'link', 'other', 'real'],
): { out: string; status: number | null; err: string } {
  const path = [...folders.map(folder => join(dir, folder)), '/usr/bin', '/bin'].join(':')
  const { stdout, stderr, status } = spawnSync(join(dir, 'shim/nix'), args, {
    env: { PATH: path },
    encoding: 'utf8',
  })
  return { out: stdout, status, err: stderr }
}

test('what names no reference goes to the real nix, word by word', () => {
  assert.equal(nix(['build', 'a b', '', '*', '--', 'x sui:@a:b']).out, 'nix|build|a b||*|--|x sui:@a:b')
  assert.equal(nix([]).out, 'nix')
})

test('a reference goes through squid, with the real nix named', () => {
  const real = join(dir, 'real/nix')
  assert.equal(nix(['run', 'sui:@a:b', '--', 'x y']).out, `squid|nix-shim|${real}|--|run|sui:@a:b|--|x y`)
  const odd = ['build', '--override-input', 'a b', 'sui:@a:b', '', '*', "'"]
  assert.equal(nix(odd).out, `squid|nix-shim|${real}|--|build|--override-input|a b|sui:@a:b||*|'`)
})

test('without a real nix it says so', async () => {
  const { status, err } = nix(['build'], ['shim', 'link', 'other', 'nothing'])
  // This machine's own /usr/bin/nix counts as real; only without it there is an error.
  if (status === 127) assert.match(err, /^error: Nix is not installed/)
})

test('shims are told from other programs', async () => {
  assert.equal(await isShim(join(dir, 'shim/nix')), true)
  assert.equal(await isShim(join(dir, 'real/nix')), false)
  assert.equal(await isShim(join(dir, 'nothing')), false)
  assert.deepEqual(await shimFolders(`${dir}/real:${dir}/shim`), [join(dir, 'shim')])
})
