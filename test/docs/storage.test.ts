/**
 * The commands of docs/storage.md, run as they stand there, and the tests that it names, looked for.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeConfig } from '@squid/client/home'
import { publish } from '@squid/client/publish'
import { createPerson, noise, publicationOf, startNetwork } from '../publish/setting.ts'

const root = join(import.meta.dirname, '../..')
const document = await readFile(join(root, 'docs/storage.md'), 'utf8')

test('the commands of docs/storage.md work as they stand there', { timeout: 300_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-storage-'))
  const devnet = await startNetwork()
  try {
    await using alice = await createPerson(devnet.networkUrl, 'alice')
    const { account, home, space } = alice
    const { chainId } = devnet.descriptor
    await writeConfig(home, { network: devnet.networkUrl, chainId, key: 'default', compare: [] })
    const publication = await publicationOf(space, 'hello', [['program', noise('hello', 10_000)]])
    await publish({ account, home, storage: alice.storage() }, publication)
    const blocks = Array.from(document.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = '']) => block)
    const commands = blocks.join('\n').replaceAll('/tmp/', `${dir}/`)
    assert.ok(commands.includes('squid storage repack'))
    const env = {
      ...process.env,
      NODE_OPTIONS: undefined,
      SQUID_HOME: alice.dir,
      PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
    }
    const shell = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (data: Buffer) => (printed += data.toString()))
    const [status] = (await once(shell, 'close')) as [number | null]
    assert.equal(status, 0, printed)
    assert.match(printed, /^1 releases, \d+ chunks: all can be read$/m)
    assert.match(printed, /^nothing is missing$/m)
  } finally {
    await devnet.stop()
    await rm(dir, { recursive: true, force: true })
  }
})

test('every file that docs/storage.md names is there', async () => {
  const names = new Set(document.match(/\b(?:test|packages)\/[\w./-]+\.ts\b/g))
  assert.ok(names.size > 8)
  for (const name of names) await access(join(root, name))
})
