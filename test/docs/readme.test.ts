/**
 * Every command of the README, run as a stranger would: copied into a shell, in order. In a network namespace of
 * its own, because the README uses the usual ports.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'

const root = join(import.meta.dirname, '../..')

async function shellBlocks(): Promise<string> {
  const text = await readFile(join(root, 'README.md'), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(match => match[1]).join('\n')
}

test('the commands of the README work as they stand there', { timeout: 300_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-readme-'))
  await using nix = await NixEnvironment.create()
  try {
    await symlink(join(root, 'bin'), join(dir, 'bin'))
    await mkdir(join(dir, 'my-flake'))
    await writeSampleFlake(join(dir, 'my-flake'))
    const commands = (await shellBlocks()).replaceAll('/tmp/', `${dir}/`)
    const script = `ip link set lo up\ntrap 'kill $(jobs -p)' EXIT\n${commands}`
    const shell = spawn('unshare', ['--net', 'bash', '-euo', 'pipefail', '-c', script], {
      cwd: dir,
      env: nix.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (data: Buffer) => (printed += data.toString()))
    const [status] = (await once(shell, 'close')) as [number | null]
    assert.equal(status, 0, printed)
    // The sample's program says this; once through squid run, once through nix flake run.
    assert.equal(printed.match(/^hello $/gm)?.length, 2, printed)
    assert.match(printed, /"version": ?1/)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
