import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { GatewayRelease } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { type BuiltSample, buildSample, Guest } from './release-server.ts'

let sample: BuiltSample
before(async () => {
  sample = await buildSample()
})
after(async () => {
  await sample[Symbol.asyncDispose]()
})

async function guest(): Promise<Guest> {
  const guest = await Guest.create()
  for (const reference of ['sui:@alice:hello', 'sui:@alice:hello?version=1']) {
    guest.offered.set(reference, sample.release.release())
  }
  return guest
}

test('squid run fetches, compares and becomes the program', async () => {
  await using bob = await guest()
  const first = await bob.run('squid', 'run', 'sui:@alice:hello#hello', '--', '--json', 'a  b', '')
  assert.equal(first.stdout, 'hello --json a  b \n', first.stderr)
  assert.equal(first.status, 0)
  assert.equal((await bob.run('squid', 'run', 'sui:@alice:hello#greet')).stdout, 'several\n', 'an app')
  const again = await bob.run('squid', 'run', 'sui:@alice:hello#hello', '--', 'x')
  assert.equal(again.stdout, 'hello x\n')
})

test('the exit status and standard error are the program’s own', async () => {
  await using bob = await guest()
  const ran = await bob.run('squid', 'run', 'sui:@alice:hello#seven')
  assert.deepEqual([ran.status, ran.stdout, ran.stderr.split('\n').at(-2)], [7, '', 'to stderr'])
})

test('squid run warns of a yanked release and refuses a revoked one', async () => {
  await using bob = await guest()
  bob.offered.set(
    'sui:@alice:hello?version=1',
    sample.release.release({ yanked: true, warnings: ['It was yanked.'] }),
  )
  const yanked = await bob.run('squid', 'run', 'sui:@alice:hello?version=1#hello', '--', 'x')
  assert.equal(yanked.stdout, 'hello x\n')
  assert.match(yanked.stderr, /^warning: It was yanked\.$/m)
  bob.offered.set('sui:@alice:hello?version=2', new SquidError('RELEASE_REVOKED', 'It was revoked.'))
  const revoked = await bob.run('squid', 'run', 'sui:@alice:hello?version=2#hello')
  assert.deepEqual([revoked.status, revoked.stdout, revoked.stderr], [1, '', 'error: It was revoked.\n'])
})

for (const [what, args, status, message] of [
  ['a malformed reference', ['run', 'hello'], 2, /not a reference/],
  ['a name without flake', ['run', 'sui:@alice'], 2, /names no flake/],
  ['an unknown flake', ['run', 'sui:@alice:other'], 1, /nobody published that/],
  [
    'an unknown attribute',
    ['run', 'sui:@alice:hello#helo'],
    1,
    /no 'helo' for x86_64-linux; it holds .*hello/,
  ],
  ['an attribute without program', ['run', 'sui:@alice:hello#library'], 1, /no program/],
  [
    'another system',
    ['run', '--system', 'riscv64-linux', 'sui:@alice:hello#hello'],
    1,
    /it holds nothing for riscv64-linux, only for x86_64-linux/,
  ],
] as const) {
  test(`${what}: one sentence, a status that is not 0, nothing in the store`, async () => {
    await using bob = await guest()
    const ran = await bob.run('squid', ...args)
    assert.equal(ran.status, status)
    assert.equal(ran.stdout, '')
    assert.match(ran.stderr, /^error: [^\n]+[.!?)]\n$/)
    assert.match(ran.stderr, message)
    assert.deepEqual(await readdir(bob.nix.physical('/nix/store')).catch(() => []), [])
  })
}

test('no squidd is told with what to do', async () => {
  await using bob = await guest()
  await bob.gateway.stop()
  const ran = await bob.run('squid', 'run', 'sui:@alice:hello#hello')
  assert.equal(ran.status, 1)
  assert.match(
    ran.stderr,
    /^error: squidd does not answer at http:\/\/squid\.localhost:\d+; start it with: squidd\.\n$/,
  )
})

test('no Nix is told with what to do', async () => {
  await using bob = await guest()
  const tools = join(bob.home, 'tools')
  await mkdir(tools)
  for (const tool of ['readlink', 'sh', 'sed', 'tr', 'dirname'])
    await symlink(`/usr/bin/${tool}`, join(tools, tool))
  await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))
  const ran = await bob.runWith(bob.nix, tools, 'squid', 'run', 'sui:@alice:hello#hello')
  assert.equal(ran.status, 1)
  assert.match(ran.stderr, /^error: Nix is not installed on this machine; install it .*nix-bin.*\n$/)
  const shim = await bob.runWith(bob.nix, tools, 'nix', 'build')
  assert.equal(shim.status, 127)
  assert.match(shim.stderr, /^error: Nix is not installed on this machine; install it .*nix-bin.*\n$/)
})

test('a store path that came in otherwise and is not what the release says is not started', async () => {
  await using bob = await guest()
  // The same store path by another publisher: other bytes under the same name.
  const other = await sample.withAnotherNar('-chain-3')
  bob.offered.set('sui:@mallory:hello', other.release({ name: 'mallory' }))
  const mallory = await bob.run('squid', 'run', 'sui:@mallory:hello#hello', '--', 'x')
  assert.equal(mallory.stdout, 'hello x\n', mallory.stderr)
  // The same Nix store now meets alice's release through a gateway that knows only hers.
  await using honest = await guest()
  const path = process.env['PATH'] ?? ''
  const ran = await honest.runWith(bob.nix, path, 'squid', 'run', 'sui:@alice:hello#hello', '--', 'x')
  assert.deepEqual([ran.status, ran.stdout], [1, ''])
  assert.match(
    ran.stderr,
    /^error: \/nix\/store\/[^ ]+-chain-3 in this store is not what the release says .*not started/,
  )
})

test('what another flake claims counts only where it was asked for; together, both are named', async () => {
  await using bob = await guest()
  bob.offered.set(
    'sui:@mallory:hello',
    (await sample.withAnotherNar('-chain-3')).release({ name: 'mallory', space: `0x${'44'.repeat(32)}` }),
  )
  assert.equal((await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))).status, 0)
  const both = await bob.run(
    'nix',
    'build',
    '--no-link',
    'sui:@alice:hello#hello',
    'sui:@mallory:hello#hello',
  )
  assert.notEqual(both.status, 0)
  const { lastFailure } = JSON.parse((await bob.run('squid', 'status', '--json')).stdout) as {
    lastFailure: { code: string; message: string }
  }
  assert.equal(lastFailure.code, 'PATH_CONFLICT', both.stderr)
  assert.match(
    lastFailure.message,
    /@alice:hello version 1 and sui:@mallory:hello version 1 disagree about .*-chain-3/,
  )
  // Mallory's flake was looked at, and is known to squidd; alice's comes as alice released it.
  assert.equal((await bob.run('nix', 'flake', 'metadata', 'sui:@mallory:hello')).status, 0)
  const run = await bob.run('nix', 'run', 'sui:@alice:hello#hello', '--', 'x')
  assert.equal(run.stdout, 'hello x\n', run.stderr)
})

test('nix shell with two references starts neither where one is not what is in the store', async () => {
  await using bob = await guest()
  bob.offered.set(
    'sui:@mallory:hello',
    (await sample.withAnotherNar('-chain-3')).release({ name: 'mallory', space: `0x${'44'.repeat(32)}` }),
  )
  await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))
  const mixed = ['shell', 'sui:@alice:hello#hello', 'sui:@mallory:hello#hello', '-c', 'hello', 'x']
  const shell = await bob.run('nix', ...mixed)
  assert.deepEqual([shell.status, shell.stdout], [1, ''])
  assert.match(shell.stderr, /-chain-3 (in this store )?is not what the release says|disagree/)
  const ofOne = ['shell', 'sui:@alice:hello#hello', 'sui:@alice:hello#several', '-c', 'several']
  const two = await bob.run('nix', ...ofOne)
  assert.equal(two.stdout, 'several\n', two.stderr)
})

test('nix run of what Nix evaluates otherwise than the release records: compared by itself, or not started', async () => {
  await using bob = await guest()
  await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))
  const offer = (release: GatewayRelease): void => {
    for (const select of ['', '?version=1']) bob.offered.set(`sui:@alice:hello${select}`, release)
  }
  // The flake has neither a package nor an app called data.
  offer((await sample.withRecord('data', 'hello')).release())
  const none = await bob.run('nix', 'run', 'sui:@alice:hello#data')
  assert.deepEqual([none.status, none.stdout], [1, ''])
  assert.match(none.stderr, /^error: 'data' of the flake is neither a package nor an app\.$/m)
  assert.equal((await bob.run('nix', 'run', 'sui:@alice:hello#nope')).status, 1)

  offer((await sample.withRecord('several', 'hello')).release())
  const several = await bob.run('nix', 'run', 'sui:@alice:hello#several')
  assert.equal(several.stdout, 'several\n', several.stderr)
  assert.match(
    several.stderr,
    /^warning: this Nix takes .*-several-2\.0.*, the release records .*-hello-1\.0/m,
  )

  await using carol = await guest()
  await carol.run('squid', 'shim', 'install', join(carol.home, 'shim'))
  const lie = (await sample.withAnotherNar('-several-2.0')).release({ name: 'mallory' })
  carol.offered.set('sui:@mallory:hello', lie)
  await carol.run('squid', 'run', 'sui:@mallory:hello#several')
  const path = process.env['PATH'] ?? ''
  const refused = await bob.runWith(carol.nix, path, 'nix', 'run', 'sui:@alice:hello#several')
  assert.deepEqual([refused.status, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^error: .*-several-2\.0 in this store is not what the release says/m)
})

test('the shim: run, shell, build, flake metadata, show and run take references', async () => {
  await using bob = await guest()
  assert.equal((await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))).status, 0)
  const run = await bob.run('nix', 'flake', 'run', 'sui:@alice:hello#hello', '--', 'sui:@alice:hello', '--x')
  assert.equal(run.stdout, 'hello sui:@alice:hello --x\n', run.stderr)
  assert.equal((await bob.run('nix', 'run', 'sui:@alice:hello', '--', 'default')).stdout, 'hello default\n')
  assert.equal((await bob.run('nix', 'run', 'sui:@alice:hello#greet')).stdout, 'several\n')
  const shell = await bob.run('nix', 'shell', 'sui:@alice:hello#several', '-c', 'several')
  assert.equal(shell.stdout, 'several\n', shell.stderr)
  const built = await bob.run('nix', 'build', '--no-link', '--json', 'sui:@alice:hello#hello')
  assert.match(built.stdout, /"out":"\/nix\/store\/[^"]+-hello-1\.0"/, built.stderr)
  const metadata = JSON.parse(
    (await bob.run('nix', 'flake', 'metadata', '--json', 'sui:@alice:hello')).stdout,
  ) as {
    locked: { url: string; narHash: string }
  }
  assert.match(metadata.locked.url, /\/@alice\/hello\/1\.tar\.gz/)
  assert.match((await bob.run('nix', 'flake', 'show', 'sui:@alice:hello')).stdout, /hello/)
  const plain = await bob.run('nix', '--version')
  assert.match(plain.stdout, /^nix \(/)
})

test('the shim keeps the person’s own NIX_CONFIG', async () => {
  await using bob = await guest()
  await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))
  const script =
    'NIX_CONFIG="extra-substituters = file:///nowhere-at-all" nix build --no-link sui:@alice:hello#hello'
  const ran = await bob.run(
    'sh',
    '-c',
    `${script}; NIX_CONFIG="max-jobs = x" nix build sui:@alice:hello#hello`,
  )
  assert.match(ran.stderr, /max-jobs/, 'a setting of the person reaches Nix')
})

test('a source that is not what was resolved is refused by Nix itself', async () => {
  await using bob = await guest()
  await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))
  const honest = sample.release.release()
  const lie = { ...honest, sourceNarHash: new Uint8Array(32).fill(7) }
  bob.offered.set('sui:@alice:hello', lie)
  bob.offered.set('sui:@alice:hello?version=1', honest)
  const ran = await bob.run('nix', 'run', 'sui:@alice:hello#hello')
  assert.notEqual(ran.status, 0)
  assert.equal(ran.stdout, '')
})

test('squid shim install refuses to replace another program', async () => {
  await using bob = await guest()
  const file = join(bob.home, 'nix')
  await writeFile(file, '#!/bin/sh\n')
  await chmod(file, 0o755)
  const refused = await bob.run('squid', 'shim', 'install', bob.home)
  assert.equal(refused.status, 1)
  assert.match(
    refused.stderr,
    /^error: .*nix is something else than a shim of squid; choose another folder\.\n$/,
  )
})

test('strict: what the release records otherwise than it evaluates is not started', async () => {
  await using bob = await guest()
  const lie = (await sample.withRecord('several', 'hello')).release()
  for (const select of ['', '?version=1']) bob.offered.set(`sui:@alice:hello${select}`, lie)
  const believed = await bob.run('squid', 'run', 'sui:@alice:hello#several', '--', 'x')
  assert.equal(believed.stdout, 'hello x\n', believed.stderr)
  for (const command of ['run', 'shell', 'build']) {
    const refused = await bob.run('squid', command, '--strict', 'sui:@alice:hello#several')
    assert.deepEqual([refused.status, refused.stdout], [1, ''])
    assert.match(
      refused.stderr,
      /^error: 'several' of sui:@alice:hello version 1 evaluates here to .*-several-2\.0.*, while the release records .*-hello-1\.0; by your strict policy it is not used\.\n$/,
    )
  }
  const honest = await bob.run('squid', 'run', '--strict', 'sui:@alice:hello#hello', '--', 'x')
  assert.equal(honest.stdout, 'hello x\n', honest.stderr)
})

test('squid shell and build of two releases that disagree: refused, both named', async () => {
  await using bob = await guest()
  const other = (await sample.withAnotherNar('-chain-3')).release({
    name: 'mallory',
    space: `0x${'44'.repeat(32)}`,
  })
  bob.offered.set('sui:@mallory:hello', other)
  for (const command of ['shell', 'build']) {
    const refused = await bob.run('squid', command, 'sui:@alice:hello#hello', 'sui:@mallory:hello#hello')
    assert.deepEqual([refused.status, refused.stdout], [1, ''])
    assert.match(
      refused.stderr,
      /^error: sui:@alice:hello version 1 and sui:@mallory:hello version 1 disagree about .*-chain-3; neither is used\.\n$/,
    )
  }
})
