/**
 * Every command of docs/nix.md on running, profiles and trust, in order, by somebody whose Nix has its store at
 * `/nix/store`: in a mount namespace of its own.
 */
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { World } from '../cli/world.ts'

const HEADINGS = ['Run, build, install: without evaluating anything', 'Profiles', 'Trust']

async function shellBlocks(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../docs/nix.md'), 'utf8')
  const sections = text.split(/^## /m).filter(section => HEADINGS.includes(section.split('\n')[0] ?? ''))
  assert.equal(sections.length, HEADINGS.length)
  return sections
    .flatMap(section => [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(match => match[1]))
    .join('\n')
}

test(
  'the commands on running, profiles and trust work as they stand there',
  { timeout: 300_000 },
  async () => {
    await using world = await World.start()
    const alice = await world.person('alice')
    const flake = await world.sample(alice)
    const attributes = ['', 'hello', 'several', 'several.dev'].map(attribute => `${flake}#${attribute}`)
    const publish = ['publish', ...attributes, '--as', 'hello']
    await alice.json(...publish, '--tag', 'stable')
    const bob = await world.person(undefined, { 'max-jobs': '0' })
    await bob.start()
    // Before the upgrade alice releases something new.
    const file = join(alice.home, 'sample/flake.nix')
    const own = ['HOME', 'NIX_CONF_DIR', 'NIX_REMOTE', 'SQUID_HOME'] as const
    const exports = own.map(name => `export ${name}=${alice.env[name] ?? ''}\n`).join('')
    const release = `#!/bin/sh\n${exports}sed -i s/hello-1.0/hello-1.1/ ${file}\nsquid ${publish.join(' ')} 2>&1\n`
    await writeFile(join(bob.home, 'release-again'), release)
    await chmod(join(bob.home, 'release-again'), 0o755)
    const nix = join(bob.home, 'nix-folder')
    await mkdir(nix)
    const commands = (await shellBlocks()).replace('squid profile upgrade', './release-again > /dev/null\n$&')
    const setting = `set -euo pipefail\nmount --bind ${nix} /nix\nunset NIX_REMOTE\n`
    const { status, stdout, stderr } = await bob.run('unshare', '--mount', 'bash', '-c', setting + commands)
    assert.equal(status, 0, stdout + stderr)
    for (const line of [
      /^hello world$/m,
      /^hello from\nseveral$/m,
      /^\/nix\/store\/\S+-hello-1\.0$/m,
      /^installed several: sui:@alice:hello version 1, generation 1 of /m,
      /^hello: version 1 → 2\n {2}hello 1\.0 → 1\.1$/m,
      /^generation 2 → 1 of /m,
      /^removed several, generation 3 of /m,
      /^accepted: sui:@alice:hello version 1 vouches for it$/m,
      /: all are what releases say$/m,
    ])
      assert.match(stdout, line)
  },
)
