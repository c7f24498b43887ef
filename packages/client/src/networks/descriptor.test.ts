import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { contractsDigest, loadDescriptor, NetworkError, parseDescriptor } from './index.ts'

const id = (digit: string): string => `0x${digit.repeat(64)}`
const CHAIN = '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi'

const good = {
  version: 1,
  network: 'localnet',
  chainId: CHAIN,
  rpc: 'http://127.0.0.1:9000',
  faucet: 'http://127.0.0.1:9123',
  walrus: { systemObjectId: id('1'), stakingPoolId: id('2'), packageId: id('3'), walPackageId: id('4') },
  suins: { packageId: id('5'), suinsObjectId: id('6'), registryTableId: id('7') },
  packages: { squid: id('8') },
  objects: { 'squid.registry': id('9') },
}

const code =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof NetworkError && error.code === code && message.test(error.message)

test('a whole descriptor is read as it is', () => {
  assert.deepEqual(parseDescriptor(good), good)
  const { faucet: _, ...without } = good
  assert.deepEqual(parseDescriptor(without), without)
  for (const gateway of ['uploadRelay', 'aggregator', 'publisher']) {
    const more = { ...good, walrus: { ...good.walrus, [gateway]: 'http://127.0.0.1:9200' } }
    assert.deepEqual(parseDescriptor(more), more)
  }
})

test('a slash at the end of a URL means nothing', () => {
  assert.equal(parseDescriptor({ ...good, rpc: 'http://127.0.0.1:9000/' }).rpc, 'http://127.0.0.1:9000')
})

const flaws: readonly (readonly [string, unknown, RegExp])[] = [
  ['null', null, /it is not an object/],
  ['a list', [good], /it is not an object/],
  ['another version', { ...good, version: 2 }, /version is not 1/],
  ['an unknown field', { ...good, more: 1 }, /the field more is unknown/],
  [
    'an unknown field inside',
    { ...good, suins: { ...good.suins, more: 1 } },
    /the field suins.more is unknown/,
  ],
  ['no network', { ...good, network: undefined }, /network is not/],
  ['a chain id that is not base58', { ...good, chainId: `${CHAIN.slice(1)}0` }, /chainId is not/],
  ['a short chain id', { ...good, chainId: '4c78adac' }, /chainId is not/],
  ['an rpc of another protocol', { ...good, rpc: 'file:///etc/passwd' }, /rpc is not/],
  ['an rpc with a user', { ...good, rpc: 'http://me@127.0.0.1' }, /rpc is not/],
  ['an rpc that is no URL', { ...good, rpc: '127.0.0.1' }, /rpc is not/],
  ['a faucet that is no URL', { ...good, faucet: 7 }, /faucet is not/],
  [
    'a relay that is no URL',
    { ...good, walrus: { ...good.walrus, uploadRelay: 'relay' } },
    /walrus.uploadRelay is not/,
  ],
  [
    'an aggregator of another protocol',
    { ...good, walrus: { ...good.walrus, aggregator: 'ftp://a' } },
    /walrus.aggregator is not/,
  ],
  [
    'a publisher that is no URL',
    { ...good, walrus: { ...good.walrus, publisher: 5 } },
    /walrus.publisher is not/,
  ],
  ['a short id', { ...good, walrus: { ...good.walrus, packageId: '0x1' } }, /walrus.packageId is not/],
  [
    'an id in capitals',
    { ...good, suins: { ...good.suins, packageId: `0x${'A'.repeat(64)}` } },
    /suins.packageId is not/,
  ],
  ['no suins', { ...good, suins: undefined }, /suins is not an object/],
  ['a package id that is no id', { ...good, packages: { squid: 'squid' } }, /packages.squid is not/],
  ['an odd name', { ...good, objects: { 'Squid Registry': id('9') } }, /odd name/],
  [
    'too many names',
    { ...good, packages: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, id('1')])) },
    /more than 100/,
  ],
]

for (const [what, value, message] of flaws) {
  test(`a descriptor with ${what} is refused`, () => {
    assert.throws(() => parseDescriptor(value), code('DESCRIPTOR', message))
  })
}

test('any JSON is refused by name, or is a descriptor', () => {
  const field = fc.constantFrom(...Object.keys(good))
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      try {
        assert.equal(parseDescriptor({ ...good, [name]: value }).version, 1)
      } catch (error) {
        assert.ok(error instanceof NetworkError)
      }
    }),
  )
})

async function serve(answer: string, status = 200): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((_, response) => response.writeHead(status).end(answer))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/network.json`,
    [Symbol.asyncDispose]: () => new Promise(done => server.close(() => done())),
  }
}

test('a descriptor is fetched, and its chain compared', async () => {
  await using server = await serve(JSON.stringify(good))
  assert.deepEqual(await loadDescriptor(server.url), good)
  assert.deepEqual(await loadDescriptor(server.url, { chainId: CHAIN }), good)
  const another = `5${CHAIN.slice(1)}`
  await assert.rejects(
    loadDescriptor(server.url, { chainId: another }),
    code('CHAIN_CHANGED', new RegExp(`${CHAIN}.*${another}`)),
  )
})

test('what answers badly is refused by name', async () => {
  await using missing = await serve('no', 404)
  await assert.rejects(loadDescriptor(missing.url), code('NETWORK_UNREACHABLE', /answered 404/))
  await using huge = await serve(' '.repeat(70_000))
  await assert.rejects(loadDescriptor(huge.url), code('NETWORK_UNREACHABLE', /more than 65536/))
  await using text = await serve('hello')
  await assert.rejects(loadDescriptor(text.url), code('DESCRIPTOR', /not JSON/))
})

test('a network that is not there is said to be so', async () => {
  await assert.rejects(
    loadDescriptor('http://127.0.0.1:9/network.json'),
    code('NETWORK_UNREACHABLE', /is the network running/),
  )
  await assert.rejects(loadDescriptor('/nowhere/network.json'), code('NETWORK_UNREACHABLE'))
})

test('a descriptor is read from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'squid-descriptor-'))
  try {
    await writeFile(join(folder, 'network.json'), JSON.stringify(good))
    assert.deepEqual(await loadDescriptor(join(folder, 'network.json')), good)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('who stops waiting is not told about the network', async () => {
  await assert.rejects(
    loadDescriptor('http://127.0.0.1:9/', { signal: AbortSignal.abort(new Error('enough')) }),
    /enough/,
  )
})

for (const [what, other, same] of [
  ['another RPC and faucet', { rpc: 'http://127.0.0.1:1', faucet: 'http://127.0.0.1:2' }, true],
  ['an aggregator', { walrus: { ...good.walrus, aggregator: 'http://127.0.0.1:3' } }, true],
  ['another system object', { walrus: { ...good.walrus, systemObjectId: id('a') } }, false],
  ['another name service', { suins: { ...good.suins, packageId: id('a') } }, false],
  ['another package', { packages: { squid: id('a') } }, false],
  ['another registry', { objects: { 'squid.registry': id('a') } }, false],
  ['one more package', { packages: { squid: id('8'), more: id('a') } }, false],
  [
    'ids that changed places',
    { packages: { squid: id('9') }, objects: { 'squid.registry': id('8') } },
    false,
  ],
] as const) {
  test(`${what} ${same ? 'is accepted' : 'is refused'} by a home that joined before`, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'squid-descriptor-'))
    try {
      const file = join(dir, 'network.json')
      await writeFile(file, JSON.stringify({ ...good, ...other }))
      const loading = loadDescriptor(file, { contracts: contractsDigest(parseDescriptor(good)) })
      if (same) await loading
      else await assert.rejects(loading, code('CONTRACTS_CHANGED', /run squid init again/))
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })
}
