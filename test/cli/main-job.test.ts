import assert from 'node:assert/strict'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { type Person, World } from './world.ts'

/** What `squid publish --json` ends with. */
interface Published {
  readonly space: string
  readonly flake: string
  readonly version: number
  readonly narHash: string
  readonly manifest: string
  readonly paths: number
  readonly bytes: number
  readonly packs: number
  readonly transactions: number
}

let world: World
let alice: Person
let published: Published

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  const sample = await world.sample(alice)
  published = (await alice.json(
    'publish',
    `${sample}#hello`,
    `${sample}#several`,
    '--as',
    'hello',
    '--tag',
    'stable',
  )) as unknown as Published
})
after(async () => {
  await world[Symbol.asyncDispose]()
})

test('publish tells what it did', () => {
  const { space, flake, version, narHash, manifest, paths, bytes, packs, transactions } = published
  assert.match(space, /^0x[0-9a-f]{64}$/)
  assert.match(flake, /^0x[0-9a-f]{64}$/)
  assert.equal(version, 1)
  assert.match(narHash, /^sha256-/)
  assert.match(manifest, /^[0-9a-f]{64}$/)
  assert.ok(paths > 10 && bytes > 1_000_000)
  assert.equal(packs, 1)
  assert.equal(transactions, 2)
})

test('resolve and releases tell the same, by name, tag, version, Space and flake id', async () => {
  const { space, flake, narHash, manifest } = published
  for (const reference of [
    'sui:@alice:hello',
    'sui:@alice:hello?tag=stable',
    'sui:@alice:hello?version=1#x',
    `sui:${space}:hello`,
    `sui:${flake}`,
  ]) {
    const { url, ...found } = await alice.json('resolve', reference)
    assert.deepEqual(
      {
        space: found['space'],
        flake: found['flake'],
        version: found['version'],
        narHash: found['narHash'],
        manifest: found['manifest'],
      },
      { space, flake, version: 1, narHash, manifest },
      reference,
    )
    assert.match(String(url), /^http:\/\/squid\.localhost:\d+\/(@alice|0x[0-9a-f]{64})\/hello\/1\.tar\.gz$/)
  }
  const { releases } = await alice.json('releases', 'sui:@alice:hello')
  assert.deepEqual(
    (releases as { version: number; tags: string[]; yanked: boolean }[]).map(({ version, tags, yanked }) => ({
      version,
      tags,
      yanked,
    })),
    [{ version: 1, tags: ['stable'], yanked: false }],
  )
})

test('publishing the same again releases nothing new', async () => {
  const sample = `path:${join(alice.home, 'sample')}`
  const again = await alice.json('publish', `${sample}#hello`, `${sample}#several`, '--as', 'hello')
  assert.equal(again['version'], 1)
  assert.equal(again['alreadyPublished'], true)
})

test('another machine with an empty store runs it: shim, squid run, object id', async () => {
  const bob = await world.person(undefined, { 'max-jobs': '0' })
  await bob.start()
  await bob.squid('shim', 'install', join(bob.home, 'shim'))
  const shim = await bob.run('nix', 'flake', 'run', 'sui:@alice:hello#hello', '--', 'bob')
  assert.equal(shim.stdout, 'hello bob\n', shim.stderr)
  for (const reference of [
    `sui:${published.flake}`,
    `sui:${published.space}:hello?version=1`,
    'sui:@alice:hello?tag=stable',
  ]) {
    const ran = await bob.run('nix', 'run', `${reference}#hello`, '--', 'by id')
    assert.equal(ran.stdout, 'hello by id\n', ran.stderr)
  }
  assert.equal((await bob.squid('run', 'sui:@alice:hello#hello', '--', 'again')).stdout, 'hello again\n')
  assert.equal((await bob.squid('run', `sui:${published.flake}#several`)).stdout, 'several\n')
  const status = await bob.json('status')
  assert.ok((status['served'] as { nars: number }).nars > 5)
  assert.ok((status['storage'] as { bytes: number }).bytes > 10_000)
  const doctor = await bob.squid('doctor')
  assert.equal(doctor.status, 0, doctor.stdout)
})

test('a path that anybody damaged in a store is told when it is published', async () => {
  const carol = await world.person('carol')
  const sample = await world.sample(carol)
  assert.equal((await carol.run('nix', 'build', '--no-link', `${sample}#library`)).status, 0)
  const store = carol.nix.physical('/nix/store')
  const library = (await readdir(store)).find(name => name.endsWith('-library-1')) ?? ''
  await rm(join(store, library, 'lib'))
  const refused = await carol.squid('publish', `${sample}#library`)
  assert.equal(refused.status, 1)
  assert.match(
    refused.stderr,
    /^error: \/nix\/store\/[^ ]+-library-1 is not what Nix recorded of it; run: nix store verify/m,
  )
  assert.equal((await carol.squid('resolve', 'sui:@carol:library')).status, 1)
})

test('yank hides a release from latest and tags; the exact version runs with a warning', async () => {
  const dave = await world.person('dave')
  await dave.start()
  const sample = await world.sample(dave)
  await dave.json('publish', `${sample}#hello`, '--tag', 'stable')
  await dave.json('yank', 'sui:@dave:hello?version=1')
  for (const [reference, message] of [
    ['sui:@dave:hello', /only releases that were yanked/],
    ['sui:@dave:hello?tag=stable', /yanked/],
  ] as const) {
    const refused = await dave.squid('run', `${reference}#hello`)
    assert.deepEqual([refused.status, refused.stdout], [1, ''])
    assert.match(refused.stderr, message)
  }
  const exact = await dave.squid('run', 'sui:@dave:hello?version=1#hello', '--', 'x')
  assert.equal(exact.stdout, 'hello x\n')
  assert.match(exact.stderr, /^warning: .*yanked/m)
  const hidden = await dave.squid('publish', `${sample}#hello`)
  assert.deepEqual([hidden.status, hidden.stdout], [1, ''])
  assert.match(hidden.stderr, /^error: Version 1 .*yanked.*squid yank --undo/m)
  await dave.json('yank', 'sui:@dave:hello?version=1', '--undo')
  assert.equal((await dave.squid('run', 'sui:@dave:hello#hello', '--', 'y')).stdout, 'hello y\n')
  await dave.json('revoke', 'sui:@dave:hello?version=1', 'it leaks')
  const again = await dave.squid('publish', `${sample}#hello`)
  assert.deepEqual([again.status, again.stdout], [1, ''])
  assert.match(again.stderr, /^error: Version 1 .*revoked.*it leaks/m)
  const revoked = await dave.squid('run', 'sui:@dave:hello?version=1#hello')
  assert.deepEqual([revoked.status, revoked.stdout], [1, ''])
  assert.match(revoked.stderr, /revoked.*it leaks/)
})

test('progress is told in plain lines where there is no terminal', async () => {
  const erin = await world.person('erin')
  const { stderr, status } = await erin.squid('publish', `${await world.sample(erin)}#library`)
  assert.equal(status, 0, stderr)
  for (const word of ['built', 'chunked', 'uploaded', 'certified', 'released']) {
    assert.match(stderr, new RegExp(`^${word} `, 'm'))
  }
  assert.equal(stripVTControlCharacters(stderr), stderr)
  assert.ok(!stderr.includes('\r'))
})

test('a flake in a git repository, with a locked input: the source, its inputs and its revision travel', async () => {
  const finn = await world.person('finn')
  const sample = await world.sample(finn)
  const repository = join(finn.home, 'repository')
  await mkdir(repository)
  await writeFile(
    join(repository, 'flake.nix'),
    `{ inputs.sample.url = "${sample}"; outputs = { self, sample }: { packages = sample.packages; }; }`,
  )
  const git = `git -c user.name=finn -c user.email=finn@example.org`
  const commit = `cd ${repository} && git init -q && git add . && nix flake lock && git add . && ${git} commit -qm first`
  const features = { NIX_CONFIG: 'experimental-features = nix-command flakes' }
  const made = await finn.runWith(features, 'sh', '-c', `${commit} && git rev-parse HEAD`)
  assert.equal(made.status, 0, made.stderr)
  const script = `cd ${repository} && squid publish .#hello .#several --as tools`
  const published = await finn.run('sh', '-c', script)
  assert.equal(published.status, 0, published.stderr)
  assert.equal((await finn.json('resolve', 'sui:@finn:tools'))['revision'], made.stdout.trim())
  await rm(join(finn.home, 'sample'), { recursive: true })

  const gwen = await world.person(undefined, { 'max-jobs': '0' })
  await gwen.start()
  await gwen.squid('shim', 'install', join(gwen.home, 'shim'))
  const ran = await gwen.run('nix', 'run', 'sui:@finn:tools#hello', '--', 'through an input')
  assert.equal(ran.stdout, 'hello through an input\n', ran.stderr)
  assert.doesNotMatch(ran.stderr, /warning: this Nix evaluates/)
})

test('with a policy of keys, what none of them signed is not started', async () => {
  const hank = await world.person(undefined, { 'max-jobs': '0' })
  await hank.start()
  await hank.json('trust', 'set', 'keys', 'somebody-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')
  const refused = await hank.squid('run', 'sui:@alice:hello#hello')
  assert.deepEqual([refused.status, refused.stdout], [1, ''])
  assert.match(
    refused.stderr,
    /^error: .*your trust policy does not accept what sui:@alice:hello version 1 says of/m,
  )
  await hank.json('trust', 'set', 'publisher')
  assert.equal((await hank.squid('run', 'sui:@alice:hello#hello', '--', 'x')).stdout, 'hello x\n')
})
