/**
 * A release for several systems, put together from what machines of each published. The other machine is a Nix that
 * takes itself for one: what it builds is a shell script.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { NixEnvironment } from '@squid/host/nix/testing'
import { type Outcome, type Person, World } from './world.ts'

let world: World
let alice: Person
let arm: NixEnvironment
let flake: string

const flakeText = (greeting: string): string => `{
  outputs = { self }: let
    busybox = "\${./seed}/busybox";
    tool = system: derivation {
      name = "tool-1"; inherit system; builder = busybox;
      args = [ "sh" "-c" "\${busybox} mkdir -p $out/bin; echo '#!\${busybox} sh' > $out/bin/tool; echo 'echo ${greeting} \${system}' >> $out/bin/tool; \${busybox} chmod +x $out/bin/tool" ];
    };
  in {
    packages.x86_64-linux.tool = tool "x86_64-linux";
    packages.aarch64-linux.tool = tool "aarch64-linux";
  };
}`

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  arm = await NixEnvironment.create({ system: 'aarch64-linux' })
  flake = await world.sample(alice)
  await writeFile(join(alice.home, 'sample/flake.nix'), flakeText('from'))
})
after(async () => {
  await arm[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

/** Alice publishes on her other machine. */
async function publishOnArm(...args: readonly string[]): Promise<Outcome> {
  const { NIX_CONF_DIR, NIX_REMOTE, HOME, XDG_CACHE_HOME } = arm.env
  const env = { NIX_CONF_DIR, NIX_REMOTE, HOME, XDG_CACHE_HOME }
  return await alice.runWith(env, 'squid', 'publish', `${flake}#tool`, '--json', ...args)
}

test('each machine adds its system; both are served from one release', async () => {
  await alice.json('publish', `${flake}#tool`)
  const joined = await publishOnArm('--join', '1')
  assert.equal(joined.status, 0, joined.stderr)
  assert.equal((JSON.parse(joined.stdout) as { version: number }).version, 2)
  const bob = await world.person(undefined, { 'max-jobs': '0' })
  await bob.start()
  assert.equal((await bob.squid('run', 'sui:@alice:tool#tool')).stdout, 'from x86_64-linux\n')
  const other = await bob.squid('run', '--system', 'aarch64-linux', 'sui:@alice:tool#tool')
  assert.equal(other.stdout, 'from aarch64-linux\n', other.stderr)
  const built = await bob.squid(
    'build',
    '--no-link',
    '--json',
    '--system',
    'aarch64-linux',
    'sui:@alice:tool#tool',
  )
  const [{ drvPath }] = JSON.parse(built.stdout) as [{ drvPath: string }]
  const nix = await arm.nix()
  const [evaluated] = (await nix.json(['build', '--no-link', `${flake}#tool`])) as [{ drvPath: string }]
  assert.equal(drvPath, evaluated.drvPath)
})

test('what would leave a system out says so; what cannot be joined is refused', async () => {
  const alone = await publishOnArm()
  assert.equal(alone.status, 0, alone.stderr)
  assert.match(
    alone.stderr,
    /^warning: version 2, of the same source, also holds x86_64-linux, this release will not; see --join 2$/m,
  )
  for (const [args, status, message] of [
    [['--join', '3'], 1, /version 3 of tool holds no other system than this release/],
    [['--join', '9'], 1, /no version 9/],
    [['--join', 'x'], 2, /--join wants the number of a version/],
  ] as const) {
    const refused = await publishOnArm(...args)
    assert.deepEqual([refused.status, refused.stdout], [status, ''], refused.stderr)
    assert.match(refused.stderr, message)
  }
  await writeFile(join(alice.home, 'sample/flake.nix'), flakeText('another source on'))
  const other = await publishOnArm('--join', '1')
  assert.deepEqual([other.status, other.stdout], [1, ''])
  assert.match(
    other.stderr,
    /^error: version 1 of tool is of the source sha256-\S+, this is sha256-\S+; only releases of one source are joined\.$/m,
  )
})
