import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

const SQUID = join(import.meta.dirname, '../../../bin/squid')
let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'squid-code-'))
})
after(async () => {
  await rm(dir, { recursive: true })
})

/** Runs `squid --version` with just these variables. */
function version(env: Record<string, string>): void {
  const { stdout, stderr } = spawnSync(SQUID, ['--version'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    encoding: 'utf8',
  })
  assert.match(stdout, /^squid \d/, stderr)
  assert.equal(stderr, '')
}

/** Node names a folder by its version inside of ours. */
async function cached(cache: string): Promise<readonly string[]> {
  const [one, ...more] = await readdir(join(cache, 'squid/node'))
  assert.deepEqual(more, [])
  return one === undefined ? [] : await readdir(join(cache, 'squid/node', one))
}

test('compiled code lies in one folder of the user, not in the home of Squid', async () => {
  const [home, own] = [join(dir, 'home'), join(dir, 'own')]
  version({ HOME: home, SQUID_HOME: own })
  assert.ok((await cached(join(home, '.cache'))).length > 5)
  await assert.rejects(readdir(own), { code: 'ENOENT' })
  version({ HOME: home, XDG_CACHE_HOME: join(dir, 'xdg') })
  assert.ok((await cached(join(dir, 'xdg'))).length > 5)
})

test('without a folder, or with one that cannot be made, it goes on', async () => {
  await writeFile(join(dir, 'file'), '')
  version({})
  version({ HOME: 'relative' })
  version({ XDG_CACHE_HOME: join(dir, 'file') })
})

test('too many files are thrown away', async () => {
  const cache = join(dir, 'many')
  version({ XDG_CACHE_HOME: cache })
  const [name = ''] = await readdir(join(cache, 'squid/node'))
  for (let i = 0; i < 5001; i++) writeFileSync(join(cache, 'squid/node', name, `old-${i}`), '')
  version({ XDG_CACHE_HOME: cache })
  const left = await cached(cache)
  assert.ok(left.length > 5 && left.length < 100)
})

test('on a disk that is nearly full nothing is written', { skip: process.getuid?.() !== 0 }, async () => {
  const small = join(dir, 'small')
  mkdirSync(small)
  const script = `mount -t tmpfs -o size=1m none ${small} && ${SQUID} --version >/dev/null && find ${small} -type f`
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], {
    env: { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: small },
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  assert.equal(stdout, '')
})
