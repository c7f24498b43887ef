/**
 * The commands of docs/nix.md on installing, on a machine whose root folder is the person's: plain Nix takes what is
 * subscribed to, from a squidd that was started with its socket, by the nix.conf that came of it; and then all is gone.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { World } from '../cli/world.ts'

/** Does what systemd does: listens, and becomes the program with the socket as descriptor 3. */
const LISTEN = `
BEGIN { $^F = 9 }
use IO::Socket; use POSIX;
my $socket = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', LocalPort => 0) or die $!;
dup2(fileno($socket), 3) unless fileno($socket) == 3;
$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1;
exec 'squidd', '--port', '1', '--json';
`

async function startWithSocket(
  env: Readonly<Record<string, string | undefined>>,
): Promise<AsyncDisposable & { readonly origin: string }> {
  const child = spawn('/usr/bin/perl', ['-e', LISTEN], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'close')
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
  }
  for await (const line of createInterface(child.stdout)) {
    const { origin } = JSON.parse(line) as { origin: string }
    return { origin, [Symbol.asyncDispose]: stop }
  }
  throw new Error('squidd ended at once')
}

async function commands(): Promise<readonly string[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/nix.md'), 'utf8')
  const section = text.split(/^## /m).find(part => part.startsWith('Install\n')) ?? ''
  return (/^```sh\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? '').trimEnd().split('\n')
}

test('squid install lets plain Nix use squidd, and squid uninstall leaves nothing', async () => {
  await using world = await World.start()
  const alice = await world.person('alice')
  const flake = await world.sample(alice)
  await alice.json('publish', `${flake}#library`, '--as', 'sample')
  const built = await alice.run('nix', 'build', '--no-link', '--json', `${flake}#library`)
  const path = (JSON.parse(built.stdout) as [{ outputs: { out: string } }])[0].outputs.out

  const bob = await world.person(undefined, { 'max-jobs': '0' })
  await using squidd = await startWithSocket(bob.env)
  const { origin } = squidd
  const { port } = new URL(origin)
  assert.notEqual(port, '1', 'the socket that it was given counts')

  // Below the root folder, which is bob's, squid's home is the root itself and bob's own /me.
  const installed = (word: string): string => `env -u XDG_CONFIG_HOME HOME=/me SQUID_HOME=/ squid ${word}`
  const setting = `set -eu
squid() {
  case $1 in
    install) ${installed('"$@"')} --port ${port} --root "$SQUID_HOME" ;;
    uninstall) ${installed('"$@"')} --root "$SQUID_HOME" ;;
    *) command squid "$@" ;;
  esac
}
`
  const run = async (lines: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await bob.run('bash', '-c', setting + lines.join('\n'))
    assert.equal(status, 0, stdout + stderr)
    return stdout
  }
  const nixConf = join(bob.home, 'me/.config/nix/nix.conf')
  const shim = join(bob.home, 'shim/nix')
  const take = async (): Promise<boolean> => {
    const { status } = await bob.runWith({ NIX_USER_CONF_FILES: nixConf }, 'nix-store', '--realise', path)
    return status === 0
  }
  const [dry = '', install = '', subscribe = '', ...gone] = await commands()
  assert.match(await run([dry]), /^add {5}\/me\/\.config\/nix\/nix\.conf\n {8}\| extra-substituters = /m)
  assert.equal(existsSync(nixConf), false)
  await run([install])
  assert.match(await readFile(join(bob.home, 'me/.profile'), 'utf8'), /'\/shim'/)
  assert.equal(await take(), false, 'nothing is subscribed to')
  await run([subscribe])
  assert.ok(await eventually(take), 'Nix knows squidd by its own configuration')
  await run(gone)
  for (const file of [nixConf, shim, join(bob.home, 'me'), join(bob.home, 'state/install.json')])
    assert.equal(existsSync(file), false, file)
  assert.ok(existsSync(join(bob.home, 'keys/nix-signing-key')), 'squidd had made its key before')
})

/** Tries again for a while: squidd notices a change within two seconds. */
async function eventually(attempt: () => Promise<boolean>): Promise<boolean> {
  const lastMs = performance.now() + 60_000
  while (performance.now() < lastMs) {
    if (await attempt()) return true
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  return false
}
