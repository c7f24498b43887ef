/**
 * `squid build`, `shell` and `profile`: from a name to store paths by the manifest alone, on a machine that builds
 * nothing; and what of the store came from where.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Person, World } from './world.ts'

let world: World
let alice: Person
let bob: Person
let flake: string

const ATTRIBUTES = ['hello', 'several', 'several.dev', 'greet', 'renamed', 'library', '']

/** Alice's flake with other text in it, released. */
async function release(from: string, to: string, ...more: readonly string[]): Promise<number> {
  const file = join(alice.home, 'sample/flake.nix')
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll(from, to))
  const wanted = ATTRIBUTES.map(attribute => `${flake}#${attribute}`)
  return (await alice.json('publish', ...wanted, '--as', 'hello', ...more))['version'] as number
}

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  flake = await world.sample(alice)
  await release('', '', '--tag', 'stable')
  bob = await world.person(undefined, { 'max-jobs': '0' })
  await bob.start()
})
after(async () => {
  await world[Symbol.asyncDispose]()
})

async function isValid(person: Person, path: string): Promise<boolean> {
  return (await person.run('nix-store', '--check-validity', path)).status === 0
}

test('squid build gives what nix build gives, linked as Nix links, and safe from the garbage collector', async () => {
  const nix = await alice.nix.nix()
  type Built = readonly { readonly drvPath: string; readonly outputs: Readonly<Record<string, string>> }[]
  const evaluate = async (...attributes: readonly string[]): Promise<Built> => {
    const installables = attributes.map(attribute => `${flake}#${attribute}`)
    return (await nix.json(['build', '--no-link', ...installables])) as Built
  }
  const evaluated = [
    ...(await evaluate('hello', 'several')),
    ...(await evaluate('several.dev')), // apart: Nix joins what is one derivation
    ...(await evaluate('')),
  ]
  const wanted = ['hello', 'several', 'several.dev'].map(name => `sui:@alice:hello#${name}`)
  const built = await bob.squid('build', '--json', '--no-link', ...wanted, 'sui:@alice:hello')
  assert.equal(built.status, 0, built.stderr)
  assert.deepEqual(
    (JSON.parse(built.stdout) as Built).map(({ drvPath, outputs }) => ({ drvPath, outputs })),
    evaluated.map(({ drvPath, outputs }) => ({ drvPath, outputs })),
  )
  assert.ok(!existsSync(join(bob.home, 'result')))
  const linked = await bob.squid(
    'build',
    '--print-out-paths',
    'sui:@alice:hello#hello',
    'sui:@alice:hello#several^*',
  )
  const links = ['result', 'result-1-dev', 'result-1']
  assert.deepEqual(
    linked.stdout.trim().split('\n'),
    await Promise.all(links.map(link => readlink(join(bob.home, link)))),
  )
  const [hello = '', dev = '', several = ''] = linked.stdout.trim().split('\n')
  await bob.run('nix-store', '--gc')
  assert.ok((await isValid(bob, hello)) && (await isValid(bob, dev)))
  for (const link of links) await rm(join(bob.home, link))
  await bob.run('nix-store', '--gc')
  assert.ok(!(await isValid(bob, several)))
  const named = await bob.squid('build', '-o', 'mine', 'sui:@alice:hello?tag=stable#several.dev')
  assert.equal(named.status, 0, named.stderr)
  assert.equal(await readlink(join(bob.home, 'mine-dev')), dev)
})

test('squid build refuses what it cannot give, with one sentence', async () => {
  await writeFile(join(bob.home, 'taken'), '')
  for (const [args, status, message] of [
    [['-o', 'taken', 'sui:@alice:hello#hello'], 1, /taken is there and is no link into the store/],
    [['-o', 'x', '--no-link', 'sui:@alice:hello'], 2, /--out-link or --no-link/],
    [['sui:@alice:hello#hello^man'], 1, /has no output 'man'; it has out/],
    [['sui:@alice:hello#hello', 'sui:@alice:hello#nope'], 1, /no 'nope'/],
    [
      ['--system', 'riscv64-linux', 'sui:@alice:hello'],
      1,
      /it holds nothing for riscv64-linux, only for x86_64-linux/,
    ],
    [[], 2, /wants REF/],
  ] as const) {
    const { stdout, stderr, ...ran } = await bob.squid('build', ...args)
    assert.deepEqual([ran.status, stdout], [status, ''], stderr)
    assert.match(stderr, /^error: [^\n]+[.!?)]\n$/)
    assert.match(stderr, message)
  }
  assert.ok(!existsSync(join(bob.home, 'result')))
})

test('squid shell puts programs first in PATH; what follows -c is the command’s', async () => {
  const script = 'hello "$1"; several; exit 3'
  const of = ['sui:@alice:hello#hello', 'sui:@alice:hello#several']
  const ran = await bob.squid('shell', ...of, '-c', 'sh', '-c', script, 'sh', '--help')
  assert.deepEqual([ran.status, ran.stdout], [3, 'hello --help\nseveral\n'], ran.stderr)
  const none = await bob.squid('shell', 'sui:@alice:hello', '-c')
  assert.deepEqual([none.status, none.stdout], [2, ''])
  const interactive = await bob.runWith({ SHELL: '/bin/true' }, 'squid', 'shell', 'sui:@alice:hello')
  assert.deepEqual([interactive.status, interactive.stdout], [0, ''], interactive.stderr)
})

test('what ran stays, and only what running it needs is fetched', async () => {
  const eve = await world.person(undefined, { 'max-jobs': '0' })
  await eve.start()
  const ran = await eve.squid('run', 'sui:@alice:hello#renamed')
  assert.equal(ran.stdout, 'main program\n', ran.stderr)
  const before = await readdir(eve.nix.physical('/nix/store'))
  await eve.run('nix-store', '--gc')
  const kept = (await readdir(eve.nix.physical('/nix/store'))).filter(name => /renamed|tools/.test(name))
  assert.deepEqual(kept.sort(), before.filter(name => /renamed|tools/.test(name)).sort())
  assert.equal(kept.length, 2)
})

test('strict: evaluated here, and said', async () => {
  const ran = await bob.squid('run', '--strict', 'sui:@alice:hello#hello', '--', 'x')
  assert.equal(ran.stdout, 'hello x\n', ran.stderr)
  assert.match(
    ran.stderr,
    /^note: evaluated 'hello' of sui:@alice:hello version 1 here: \/nix\/store\/[^ ]+\.drv, as the release records$/m,
  )
  await bob.json('trust', 'set', '--strict')
  assert.match(
    (await bob.squid('build', '--no-link', 'sui:@alice:hello#several')).stderr,
    /^note: evaluated 'several'/m,
  )
  await bob.json('trust', 'set', '--no-strict')
  assert.equal((await bob.squid('build', '--no-link', 'sui:@alice:hello#several')).stderr, '')
})

interface Listed {
  readonly generation: number
  readonly elements: readonly {
    readonly name: string
    readonly release: string
    readonly storePaths: string[]
  }[]
}

test('a profile: installed, upgraded, rolled back, removed, and never half of anything', async () => {
  const profile = join(bob.home, 'profiles/mine')
  await mkdir(join(bob.home, 'profiles'))
  const option = ['--profile', profile]
  const list = async (): Promise<Listed> =>
    (await bob.json('profile', 'list', ...option)) as unknown as Listed
  const releases = async (): Promise<readonly string[]> =>
    (await list()).elements.map(({ name, release: title }) => `${name} ${title.split(' ').at(-1)}`)
  assert.deepEqual((await list()).elements, [])
  await bob.json(
    'profile',
    'install',
    ...option,
    'sui:@alice:hello#hello',
    'sui:@alice:hello?tag=stable#renamed',
  )
  const pinned = await bob.squid(
    'profile',
    'install',
    ...option,
    'sui:@alice:hello?version=1#several^out,dev',
  )
  assert.match(
    pinned.stdout,
    /^installed several: sui:@alice:hello version 1, generation 2 of /,
    pinned.stderr,
  )
  assert.deepEqual(await releases(), ['hello 1', 'renamed 1', 'several 1'])
  const first = await list()
  await bob.run('nix-store', '--gc')
  for (const { storePaths } of first.elements)
    for (const path of storePaths) assert.ok(await isValid(bob, path), path)

  const nothing = await bob.squid('profile', 'upgrade', ...option)
  assert.equal(nothing.stdout, 'everything is current\n', nothing.stderr)
  assert.equal((await list()).generation, 2)
  assert.equal(await release('hello-1.0', 'hello-1.1'), 2)
  const upgraded = await bob.squid('profile', 'upgrade', ...option)
  assert.equal(upgraded.stdout, 'hello: version 1 → 2\n  hello 1.0 → 1.1\n', upgraded.stderr)
  assert.deepEqual(await releases(), ['hello 2', 'renamed 1', 'several 1'], 'the tag and the version stay')

  const back = await bob.squid('profile', 'rollback', ...option)
  assert.match(back.stdout, /^generation 3 → 2 of /, back.stderr)
  assert.deepEqual(await list(), first)
  const to = await bob.json('profile', 'rollback', ...option, '--to', '3')
  assert.deepEqual([to['from'], to['to']], [2, 3])
  const generations = await bob.squid('profile', 'rollback', ...option, '--list')
  assert.match(generations.stdout, /^ {3}3 .*hello \(2\), renamed \(1\), several \(1\) {2}current$/m)

  const removed = await bob.squid('profile', 'remove', ...option, 'renamed')
  assert.match(removed.stdout, /^removed renamed, generation 4 of /, removed.stderr)
  assert.deepEqual(await releases(), ['hello 2', 'several 1'])
  for (const [args, message] of [
    [['remove', ...option, 'renamed'], /renamed is not installed in .*; it has hello, several/],
    [['upgrade', ...option, 'renamed'], /not installed/],
    [['rollback', ...option, '--to', '9'], /no generation 9; it has 1, 2, 3, 4/],
    [['install', ...option, 'sui:@alice:hello#nope'], /no 'nope'/],
  ] as const) {
    const { status, stdout, stderr } = await bob.squid('profile', ...args)
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^error: [^\n]+[.!?)]\n$/)
    assert.match(stderr, message)
  }
  // The same package of another release takes its place.
  await bob.json('profile', 'install', ...option, 'sui:@alice:hello?version=1#hello')
  assert.deepEqual(await releases(), ['several 1', 'hello 1'])
})

test('killed at any moment, a profile is the old one or the new one, and the same command finishes', async () => {
  const profile = join(bob.home, 'profiles/killed')
  const args = [
    'profile',
    'install',
    '--profile',
    profile,
    'sui:@alice:hello#hello',
    'sui:@alice:hello#library',
  ]
  const took = performance.now()
  assert.equal((await bob.squid(...args)).status, 0)
  const whole = performance.now() - took
  const names = async (): Promise<string> => {
    const { elements } = (await bob.json('profile', 'list', '--profile', profile)) as unknown as Listed
    return elements.map(({ name }) => name).join()
  }
  for (let step = 1; step <= 4; step++) {
    await bob.json('profile', 'remove', '--profile', profile, 'hello', 'library')
    await bob.killedAfter((whole * step) / 5, 'squid', ...args)
    await bob.run('nix-store', '--gc')
    assert.ok(['', 'hello,library'].includes(await names()))
    assert.equal((await bob.squid(...args)).status, 0)
    assert.equal(await names(), 'hello,library')
  }
  const roots = join(bob.home, 'state/gc-roots')
  assert.deepEqual(await readdir(roots), [], 'what killed ones left is gone')
})
