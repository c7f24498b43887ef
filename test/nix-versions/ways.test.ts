/**
 * Three ways in, one truth: the URL, the shim and the plugin, and `squid run`, with every version of Nix, as root and as
 * an unprivileged user of a daemon: the same store paths, the same NAR hashes.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { formatSri } from '@squid/formats/sri'
import { nixPlugin } from '../../tools/nix-plugin.ts'
import { type BuiltSample, buildSample, Guest } from '../run/release-server.ts'
import { type Machine, MACHINES, onMachine, type Outcome, SharedMachine } from './machine.ts'

const REF = 'sui:@alice:hello'

/** Runs a command in an empty store. */
type Run = (...words: readonly string[]) => Promise<Outcome>

/** Store path → NAR hash, SRI. */
type Facts = Readonly<Record<string, string>>

let plugin = ''
let sample: BuiltSample
before(async () => {
  plugin = nixPlugin()
  sample = await buildSample()
})
after(async () => {
  await sample[Symbol.asyncDispose]()
})

/** What the builder of the release recorded of hello's closure. */
function expected(): Facts {
  const { closure } = sample
  return Object.fromEntries(
    closure.map(({ path, narHash }) => [path, formatSri({ algorithm: 'sha256', digest: narHash })]),
  )
}

async function guestOn(machine: Machine): Promise<Guest> {
  const guest = await Guest.create(onMachine(machine))
  for (const select of ['', '?version=1']) guest.offered.set(`${REF}${select}`, sample.release.release())
  return guest
}

interface Cache {
  readonly url: string
  readonly settings: readonly string[]
}

/** What somebody with nothing of Squid's but the URL tells Nix. */
async function byUrl(guest: Guest): Promise<Cache> {
  const answer = await fetch(
    `http://127.0.0.1:${guest.gateway.port}/api/resolve?ref=${encodeURIComponent(REF)}`,
  )
  const { substituter, publicKey } = (await answer.json()) as { substituter: string; publicKey: string }
  const settings = { 'extra-substituters': substituter, 'extra-trusted-public-keys': publicKey }
  return {
    url: `${guest.gateway.origin}/@alice/hello.tar.gz#hello`,
    settings: Object.entries(settings).flatMap(([name, value]) => ['--option', name, value]),
  }
}

/** The command of each way that the machine has. */
async function ways(
  machine: Machine,
  guest: Guest,
  plugin: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { url, settings } = await byUrl(guest)
  return {
    url: ['nix', ...settings, 'run', url, '--', 'x'],
    shim: ['nix', 'flake', 'run', `${REF}#hello`, '--', 'x'],
    'squid run': ['squid', 'run', `${REF}#hello`, '--', 'x'],
    ...(machine.root === undefined
      ? {
          plugin: [
            '/usr/bin/nix',
            '--option',
            'plugin-files',
            plugin,
            'flake',
            'run',
            `${REF}#hello`,
            '--',
            'x',
          ],
        }
      : {}),
  }
}

/** What the store of the user recorded of the closure of hello. */
async function recorded(run: Run): Promise<Facts> {
  const [hello = ''] = Object.keys(expected()).filter(path => path.endsWith('-hello-1.0'))
  const { stdout, stderr } = await run('nix', 'path-info', '--json', '-r', hello)
  assert.notEqual(stdout, '', stderr)
  const parsed = JSON.parse(stdout) as
    readonly { path: string; narHash: string }[] | Readonly<Record<string, { narHash: string }>>
  const infos = Array.isArray(parsed)
    ? (parsed as readonly { path: string; narHash: string }[]).map(({ path, narHash }) => [path, narHash])
    : Object.entries(parsed as Readonly<Record<string, { narHash: string }>>).map(([path, { narHash }]) => [
        path,
        narHash,
      ])
  return Object.fromEntries(infos) as Facts
}

for (const machine of MACHINES) {
  describe(`Nix ${machine.name}`, () => {
    for (const way of ['url', 'shim', 'squid run', ...(machine.root === undefined ? ['plugin'] : [])]) {
      test(`as root, by ${way}`, async () => {
        await using bob = await guestOn(machine)
        const run: Run = (program = '', ...args) => bob.run(program, ...args)
        await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))
        const { status, stdout, stderr } = await run(...((await ways(machine, bob, plugin))[way] ?? []))
        assert.deepEqual([status, stdout], [0, 'hello x\n'], stderr)
        assert.deepEqual(await recorded(run), expected())
      })

      test(`as nobody through nix daemon, by ${way}`, async () => {
        await using bob = await guestOn(machine)
        await using shared = await SharedMachine.start(machine, bob)
        await shared.run('squid', 'shim', 'install', shared.inHome('shim'))
        const words = (await ways(machine, bob, await shared.give(plugin)))[way] ?? []
        const { status, stdout, stderr } = await shared.run(...words)
        assert.deepEqual([status, stdout], [0, 'hello x\n'], stderr)
        assert.deepEqual(await recorded((...more) => shared.run(...more)), expected())
        if (way !== 'shim') return
        const installed = await shared.run(
          'nix',
          'profile',
          'install',
          '--profile',
          shared.inHome('profile'),
          `${REF}#hello`,
        )
        assert.equal(installed.status, 0, installed.stderr)
        assert.equal((await shared.run(shared.inHome('profile/bin/hello'), 'y')).stdout, 'hello y\n')
      })
    }

    test('an input by URL is locked; later releases do not change what it is', async () => {
      await using bob = await guestOn(machine)
      const { url, settings } = await byUrl(bob)
      const [base = ''] = url.split('#')
      await mkdir(join(bob.home, 'user'))
      const user = `{ inputs.hello.url = "${base}"; outputs = { hello, ... }: { inherit (hello) packages; }; }`
      await writeFile(join(bob.home, 'user/flake.nix'), user)
      const built = await bob.run('nix', ...settings, 'run', './user#hello', '--', 'first')
      assert.equal(built.stdout, 'hello first\n', built.stderr)
      const { nodes } = JSON.parse(await readFile(join(bob.home, 'user/flake.lock'), 'utf8')) as {
        nodes: { hello: { locked: { url: string; narHash: string } } }
      }
      const { locked } = nodes.hello
      const { sourceNarHash } = sample.release.release()
      assert.equal(locked.narHash, formatSri({ algorithm: 'sha256', digest: sourceNarHash }))
      // The immutable link is understood from 2.17 on.
      const isVersioned = machine.name !== '2.8'
      assert.equal(locked.url, isVersioned ? base.replace('hello.tar.gz', 'hello/1.tar.gz') : base)

      // A second release, and somebody whose store has nothing yet.
      const second = (await sample.withRecord('hello', 'several')).release({
        version: 2n,
        sourceNarHash: new Uint8Array(32).fill(7),
      })
      bob.offered.set(REF, second)
      await using carol = await Guest.create(onMachine(machine))
      const flake = `path:${join(bob.home, 'user')}#hello.name`
      const bare = await carol.run('nix', 'eval', '--raw', flake)
      if (isVersioned) assert.equal(bare.stdout, 'hello-1.0', bare.stderr)
      else assert.deepEqual([bare.status === 0, bare.stdout], [false, ''], 'another source is no source')
      // A cache has it by its hash, whatever the URL says now.
      const cached = await carol.run('nix', ...settings, 'eval', '--raw', flake)
      assert.equal(cached.stdout, 'hello-1.0', cached.stderr)
    })
  })
}

test('a user whom the Nix of several users does not trust is told; the source is right by any way', async () => {
  const [machine] = MACHINES
  await using bob = await guestOn(machine)
  await using shared = await SharedMachine.start(machine, bob, { 'trusted-users': 'root' })
  await shared.run('squid', 'shim', 'install', shared.inHome('shim'))
  const run = await shared.run('nix', 'run', `${REF}#hello`)
  assert.deepEqual([run.status, run.stdout], [1, ''])
  assert.match(run.stderr, /Nix takes nothing from squidd for nobody.*extra-trusted-users = nobody/)
  const option = ['--option', 'plugin-files', await shared.give(plugin)]
  const sources = []
  for (const nix of [['nix'], ['/usr/bin/nix', ...option]]) {
    const { stdout, stderr } = await shared.run(...nix, 'flake', 'archive', '--json', REF)
    assert.notEqual(stdout, '', stderr)
    sources.push((JSON.parse(stdout) as { path: string }).path)
  }
  assert.equal(sources[0], sources[1])
})
