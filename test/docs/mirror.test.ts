/**
 * Every command of docs/nix.md on mirrors, in order: what alice does, and what somebody without Squid does in an empty store.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { NixEnvironment } from '@squid/host/nix/testing'
import { World } from '../cli/world.ts'

test('the commands on mirrors work as they stand there', { timeout: 300_000 }, async () => {
  const document = await readFile(join(import.meta.dirname, '../../docs/nix.md'), 'utf8')
  const section = document
    .split(/^## /m)
    .find(text => text.startsWith('A mirror for machines without Squid\n'))
  const [publish = '', use = '', look = ''] = [...(section ?? '').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
    ([, block]) => block,
  )
  assert.match(use, /^nix run /)
  await using world = await World.start()
  const alice = await world.person('alice')
  await alice.json('publish', `${await world.sample(alice)}#hello`, '--as', 'hello')
  await using stranger = await NixEnvironment.create({ 'max-jobs': '0' })
  const own = ['HOME', 'NIX_CONF_DIR', 'NIX_REMOTE', 'XDG_CACHE_HOME'] as const
  const exports = own.map(name => `export ${name}=${stranger.env[name] ?? ''}\n`).join('')
  const without = `(${exports}unset SQUID_HOME\n${use})\n`
  const script = `set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n${publish}${without}${look}`
  const { status, stdout, stderr } = await alice.run('bash', '-c', script)
  assert.equal(status, 0, stdout + stderr)
  for (const line of [
    /^would cost {7}\d/m,
    /^address {4}http:\/\/alice\.localhost:7879$/m,
    /^hello $/m,
    /^pages {6}\d+: 0 written, 0 removed/m,
    /^removed {4}site 0x/m,
  ])
    assert.match(stdout, line)
})
