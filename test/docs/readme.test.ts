/**
 * Every command of the README, and of docs/nix.md on the ways in, which goes on where the README ends, run as a stranger would: copied
 * into a shell, in order. In a network namespace of its own, because they use the usual ports.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'
import { nixPlugin } from '../../tools/nix-plugin.ts'

const root = join(import.meta.dirname, '../..')

async function read(document: string): Promise<string> {
  return await readFile(join(root, document), 'utf8')
}

function shellBlocks(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(match => match[1] ?? '')
}

/** Each part on a way in is for somebody whose store is empty, and who builds nothing. */
function byNewcomer(block: string, index: number): string {
  return `export NIX_REMOTE=/tmp/newcomer-${index} NIX_CONFIG='max-jobs = 0'\n${block}`
}

test(
  'the commands of the README and on the ways in work as they stand there',
  { timeout: 300_000 },
  async () => {
    nixPlugin() // there is no network below
    const dir = await mkdtemp(join(tmpdir(), 'squid-readme-'))
    const registry = join(dir, 'registry.json')
    await writeFile(registry, '{"version":2,"flakes":[]}')
    await using nix = await NixEnvironment.create({ 'flake-registry': registry })
    try {
      for (const folder of ['bin', 'nix']) await symlink(join(root, folder), join(dir, folder))
      await mkdir(join(dir, 'my-flake'))
      await writeSampleFlake(join(dir, 'my-flake'))
      const readme = shellBlocks(await read('README.md'))
      const sections = (await read('docs/nix.md')).split(/^## /m)
      const ways = sections.filter(section => section.startsWith('Three ways in\n')).flatMap(shellBlocks)
      assert.equal(ways.length, 3)
      const commands = [...readme, ...ways.map(byNewcomer)].join('\n').replaceAll('/tmp/', `${dir}/`)
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
      for (const way of ['through the shim', 'from a shell', 'by way of a registry', 'through the plugin'])
        assert.match(printed, new RegExp(`^hello ${way}$`, 'm'))
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
)
