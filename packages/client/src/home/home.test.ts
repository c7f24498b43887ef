import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createFileAtomically,
  HomeError,
  homeFrom,
  readConfig,
  writeConfig,
  writeFileAtomically,
} from './index.ts'

const code =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof HomeError && error.code === code

async function scratch(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-home-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('SQUID_HOME holds everything', () => {
  assert.deepEqual(homeFrom({ SQUID_HOME: '/a', HOME: '/home/u', XDG_STATE_HOME: '/s' }), {
    config: '/a/config.toml',
    keys: '/a/keys',
    state: '/a/state',
    cache: '/a/cache',
  })
})

test('otherwise the XDG folders do, with their defaults', () => {
  assert.deepEqual(homeFrom({ HOME: '/home/u', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: 'relative' }), {
    config: '/home/u/.config/squid/config.toml',
    keys: '/home/u/.local/share/squid/keys',
    state: '/s/squid',
    cache: '/home/u/.cache/squid',
  })
})

test('without a home there is a sentence', () => {
  assert.throws(() => homeFrom({}), code('HOME'))
  assert.throws(() => homeFrom({ SQUID_HOME: 'here' }), code('HOME'))
  assert.throws(() => homeFrom({ HOME: 'here' }), code('HOME'))
})

test('a config is read as it was written', async () => {
  await using folder = await scratch()
  const home = homeFrom({ SQUID_HOME: join(folder.path, 'new') })
  assert.equal(await readConfig(home), undefined)
  const config = {
    network: 'http://127.0.0.1:9123/network.json',
    chainId: 'abc',
    key: 'default',
    compare: ['http://127.0.0.1:9001'],
    aggregators: ['https://aggregator.example/sub', 'http://127.0.0.1:9002'],
    subscriptions: ['@alice', '0x1'],
    publicBase: 'https://example.org/some/squid',
  }
  await writeConfig(home, config)
  assert.deepEqual(await readConfig(home), config)
  const least = { network: 'embedded', chainId: undefined, key: 'default', compare: [] }
  await writeConfig(home, least)
  assert.deepEqual(await readConfig(home), least)
})

for (const [what, text] of [
  ['that is not TOML', 'network = '],
  ['without network', 'key = "default"'],
  ['without key', 'network = "embedded"'],
  ['with an unknown field', 'network = "embedded"\nkey = "default"\nnetwrok = 1'],
  ['with a compare that is no list', 'network = "embedded"\nkey = "default"\ncompare = "x"'],
  ['with aggregators that are no list', 'network = "embedded"\nkey = "default"\naggregators = "http://a"'],
  ['with an aggregator that is no URL', 'network = "embedded"\nkey = "default"\naggregators = ["a"]'],
  ['with an aggregator of ftp', 'network = "embedded"\nkey = "default"\naggregators = ["ftp://a"]'],
  ['with a slash too many', 'network = "embedded"\nkey = "default"\naggregators = ["http://a/"]'],
  ['with subscriptions that are no names', 'network = "embedded"\nkey = "default"\nsubscriptions = [1]'],
  ...[
    'https://a/',
    'ftp://a',
    'https://a?x',
    'https://a#x',
    'https://b@a',
    'https://a/>',
    'https://a/../b',
    'HTTPS://a',
    'a',
  ].map(
    base =>
      [
        `with the public base ${base}`,
        `network = "embedded"\nkey = "default"\npublic-base = "${base}"`,
      ] as const,
  ),
  ['with a chain id that is no text', 'network = "embedded"\nkey = "default"\nchain-id = 1'],
] as const) {
  test(`a config ${what} is refused`, async () => {
    await using folder = await scratch()
    const home = homeFrom({ SQUID_HOME: folder.path })
    await writeFile(home.config, text)
    await assert.rejects(readConfig(home), code('CONFIG'))
  })
}

test('a file is replaced with its mode, and nothing is left beside it', async () => {
  await using folder = await scratch()
  const path = join(folder.path, 'deep', 'file')
  await writeFileAtomically(path, 'one', 0o600)
  await writeFileAtomically(path, Uint8Array.of(0x32), 0o600)
  assert.equal(await readFile(path, 'utf8'), '2')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(join(folder.path, 'deep')), ['file'])
})

test('a file that exists is not created', async () => {
  await using folder = await scratch()
  const path = join(folder.path, 'file')
  await createFileAtomically(path, 'one')
  await assert.rejects(createFileAtomically(path, 'two'), code('FILE_EXISTS'))
  assert.equal(await readFile(path, 'utf8'), 'one')
  assert.deepEqual(await readdir(folder.path), ['file'])
})

test('what cannot be written is said, and nothing is left', async () => {
  await using folder = await scratch()
  await mkdir(join(folder.path, 'file'))
  await assert.rejects(writeFileAtomically(join(folder.path, 'file'), 'x'), code('WRITE_FAILED'))
  assert.deepEqual(await readdir(folder.path), ['file'])
  await assert.rejects(writeFileAtomically('/dev/null/x', 'x'), error => {
    return code('WRITE_FAILED')(error) && /not a folder/.test(String(error))
  })
})
