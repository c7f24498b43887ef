/**
 * A store that lies at `/nix/store`, through Nix's daemon: profiles that Nix itself reads, programs that start from PATH.
 * In a mount namespace of its own, with an empty folder on `/nix`. Of one user: test/docs/nix.test.ts.
 */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Outcome, type Person, World } from './world.ts'

let world: World
let alice: Person
let bob: Person

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  const flake = await world.sample(alice)
  await alice.json('publish', `${flake}#hello`, `${flake}#several`, '--as', 'tools')
  bob = await world.person(undefined, { 'max-jobs': '0', 'trusted-users': 'root' })
  await bob.start()
})
after(async () => {
  await world[Symbol.asyncDispose]()
})

/** Runs a script where `/nix` is an empty folder and Nix is used through its daemon alone. */
async function script(text: string): Promise<Outcome> {
  const nix = join(bob.home, 'nix-folder')
  await mkdir(nix)
  const file = join(bob.home, 'script')
  const setting = `
    set -eu
    mount --bind ${nix} /nix
    unset NIX_REMOTE
    export HOME=${nix}/home NIX_DAEMON_SOCKET_PATH=${nix}/socket
    mkdir $HOME
    nix daemon & daemon=$!
    trap 'kill $daemon' EXIT
    until [ -S "$NIX_DAEMON_SOCKET_PATH" ]; do sleep 0.05; done
    export NIX_REMOTE=daemon`
  await writeFile(file, `${setting}\n${text}`)
  const features = { NIX_CONFIG: 'experimental-features = nix-command flakes' }
  return await bob.runWith(features, 'unshare', '--mount', 'sh', file)
}

test('profiles, shells and builds through the daemon; nix profile and nix-env work on the same profile', async () => {
  const { status, stdout, stderr } = await script(`
      squid profile install sui:@alice:tools#hello > /dev/null
      "$HOME/.nix-profile/bin/hello" from the profile
      nix-store --gc > /dev/null 2>&1
      "$HOME/.nix-profile/bin/hello" after the garbage collector
      nix profile list
      squid shell sui:@alice:tools#several -c several
      squid run sui:@alice:tools#hello -- run
      squid build sui:@alice:tools#hello -o "$HOME/result"
      "$HOME/result/bin/hello" linked
      squid profile install sui:@alice:tools#several > /dev/null
      nix-env --rollback 2> /dev/null
      squid profile list
      nix profile remove 0 2> /dev/null
      squid profile list
      squid verify-store --quick
      `)
  assert.equal(status, 0, stderr)
  const lines = stdout.trim().split('\n')
  assert.deepEqual(lines.slice(0, 2), ['hello from the profile', 'hello after the garbage collector'])
  assert.match(
    lines[2] ?? '',
    /^0 http:\/\/squid\.localhost:\d+\/@alice\/tools\.tar\.gz#packages\.x86_64-linux\.hello http:\/\/squid\.localhost:\d+\/@alice\/tools\/1\.tar\.gz\?narHash=sha256-\S+#packages\.x86_64-linux\.hello \/nix\/store\/\S+-hello-1\.0$/,
  )
  assert.deepEqual(lines.slice(3, 6), ['several', 'hello run', 'hello linked'])
  assert.match(
    lines[6] ?? '',
    /^hello {2}sui:@alice:tools version 1, follows the latest {2}\/nix\/store\/\S+-hello-1\.0$/,
  )
  assert.match(lines[7] ?? '', /^\d+ store paths, by what Nix recorded of them: all are what releases say$/)
  assert.equal(lines.length, 8)
})
