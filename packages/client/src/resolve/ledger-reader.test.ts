import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ObjectError } from '@mysten/sui/client'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import { deriveDynamicFieldID } from '@mysten/sui/utils'
import { homeFrom } from '../home/index.ts'
import { u64 } from '../codecs/index.ts'
import type { Network } from '../networks/index.ts'
import { ResolveError } from './errors.ts'
import { LedgerReader, type FieldQuery } from './ledger-reader.ts'
import { SeenFile } from './seen.ts'

const id = (digit: string): string => `0x${digit.repeat(64)}`
const code =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof ResolveError && error.code === code && message.test(error.message)

interface Stored {
  readonly version: string
  readonly type: string
  readonly content: Uint8Array
}

/** A full node that holds these objects, as far as `getObjects` of the client goes. */
function node(objects: Readonly<Record<string, Stored>>): SuiGrpcClient {
  const getObjects = ({ objectIds }: { objectIds: string[] }): unknown => ({
    objects: objectIds.map(objectId => {
      const stored = objects[objectId]
      return stored === undefined
        ? new ObjectError('notExists', 'none', { reason: 'notFound', objectId })
        : { objectId, digest: `digest of ${stored.version}`, ...stored }
    }),
  })
  return { getObjects } as unknown as SuiGrpcClient
}

function network(first: SuiGrpcClient, ...compare: SuiGrpcClient[]): Network {
  return { sui: first, compare } as unknown as Network
}

const query: FieldQuery<bigint> = {
  parent: id('1'),
  keyType: 'u64',
  key: u64.serialize(7n).toBytes(),
  valueType: 'u64',
  value: u64,
}
const fieldId = deriveDynamicFieldID(id('1'), 'u64', query.key)
const TYPE = `${id('0').slice(0, -1)}2::dynamic_field::Field<u64,u64>`
const field = (key: bigint, value: bigint, version = '5'): Stored => ({
  version,
  type: TYPE,
  content: Uint8Array.of(
    ...Buffer.from(fieldId.slice(2), 'hex'),
    ...u64.serialize(key).toBytes(),
    ...u64.serialize(value).toBytes(),
  ),
})

test('a field is found by its parent and key', async () => {
  const reader = new LedgerReader(network(node({ [fieldId]: field(7n, 99n) })))
  assert.equal(await reader.field(query), 99n)
  assert.equal(await reader.field({ ...query, key: u64.serialize(8n).toBytes() }), undefined)
})

test('a field that is not what it should be is refused', async () => {
  const good = field(7n, 99n)
  for (const stored of [
    field(8n, 99n),
    { ...good, type: TYPE.replace('u64,u64', 'u64,u32') },
    { ...good, content: good.content.subarray(0, -1) },
    { ...good, content: Uint8Array.of(...good.content, 0) },
    { ...good, content: new Uint8Array() },
  ]) {
    await assert.rejects(
      new LedgerReader(network(node({ [fieldId]: stored }))).field(query),
      code('LEDGER_MALFORMED'),
    )
  }
})

test('a node that answers about something else is refused', async () => {
  const liar = { getObjects: () => ({ objects: [{ objectId: id('9'), ...field(7n, 99n), digest: '' }] }) }
  await assert.rejects(
    new LedgerReader(network(liar as unknown as SuiGrpcClient)).field(query),
    code('LEDGER_UNREACHABLE'),
  )
})

test('a node that does not answer is said to be so', async () => {
  const dead = { getObjects: () => Promise.reject(new Error('fetch failed')) } as unknown as SuiGrpcClient
  await assert.rejects(
    new LedgerReader(network(dead)).field(query),
    code('LEDGER_UNREACHABLE', /is the network running/),
  )
  await assert.rejects(
    new LedgerReader(network(dead)).field(query, AbortSignal.abort(new Error('enough'))),
    /enough/,
  )
})

test('nodes that agree are believed, one that comes up late too', async () => {
  const objects: Record<string, Stored> = { [fieldId]: field(7n, 98n, '4') }
  const reader = new LedgerReader(network(node({ [fieldId]: field(7n, 99n) }), node(objects)))
  const waiting = reader.field(query)
  objects[fieldId] = field(7n, 99n)
  assert.equal(await waiting, 99n)
})

test('nodes that do not agree are refused, whichever of them lies', async () => {
  const [one, another, none] = [
    node({ [fieldId]: field(7n, 99n) }),
    node({ [fieldId]: field(7n, 98n, '4') }),
    node({}),
  ]
  await Promise.all(
    [
      [one, another],
      [another, one],
      [one, one, none],
      [none, one],
    ].map(([first = one, ...others]) =>
      assert.rejects(
        new LedgerReader(network(first, ...others)).field(query),
        code('LEDGER_DISAGREES', new RegExp(fieldId)),
      ),
    ),
  )
})

test('the time is the latest that any node tells', async () => {
  const clock = (ms: bigint): SuiGrpcClient =>
    node({
      [`${id('0').slice(0, -1)}6`]: {
        version: '1',
        type: '0x2::clock::Clock',
        content: Uint8Array.of(...new Uint8Array(32), ...u64.serialize(ms).toBytes()),
      },
    })
  assert.equal(await new LedgerReader(network(clock(5n), clock(9n), clock(7n))).clockMs(), 9n)
  await assert.rejects(new LedgerReader(network(node({}))).clockMs(), code('LEDGER_MALFORMED'))
})

async function scratch(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-seen-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('an object does not go back behind a version that was seen', async () => {
  await using folder = await scratch()
  const home = homeFrom({ SQUID_HOME: folder.path })
  const read = (version: string | undefined, mayVanish?: true): Promise<bigint | undefined> => {
    const objects = version === undefined ? {} : { [fieldId]: field(7n, 99n, version) }
    const asked = mayVanish === undefined ? query : { ...query, mayVanish }
    return new LedgerReader(network(node(objects)), new SeenFile(home, 'chain')).field(asked)
  }
  assert.equal(await read(undefined), undefined)
  assert.equal(await read('5'), 99n)
  assert.equal(await read('7'), 99n)
  assert.equal(await read('7'), 99n)
  await assert.rejects(read('6'), code('LEDGER_REGRESSED', /seen at version 7.*shows version 6/))
  await assert.rejects(read(undefined), code('LEDGER_REGRESSED', /does not know it any more/))
  assert.equal(await read(undefined, true), undefined)
  await assert.rejects(read('6', true), code('LEDGER_REGRESSED'))
  assert.equal(await read('8'), 99n)
})

test('versions of one chain say nothing on another', async () => {
  await using folder = await scratch()
  const home = homeFrom({ SQUID_HOME: folder.path })
  await new SeenFile(home, 'one').observe([{ id: id('1'), version: 9n }])
  await new SeenFile(home, 'two').observe([{ id: id('1'), version: 1n }])
})

test('several readers at once forget nothing', async () => {
  await using folder = await scratch()
  const seen = new SeenFile(homeFrom({ SQUID_HOME: folder.path }), 'chain')
  await Promise.all(Array.from('123456789', digit => seen.observe([{ id: id(digit), version: 5n }])))
  for (const digit of '123456789')
    await assert.rejects(seen.observe([{ id: id(digit), version: 4n }]), code('LEDGER_REGRESSED'))
})

test('a damaged file of versions stops everything', async () => {
  await using folder = await scratch()
  const seen = new SeenFile(homeFrom({ SQUID_HOME: folder.path }), 'chain')
  await seen.observe([{ id: id('1'), version: 5n }])
  const path = join(folder.path, 'state', 'seen', 'chain.json')
  for (const text of ['', 'null', '{"x": "5"}', `{"${id('1')}": 5}`, `{"${id('1')}": "-5"}`]) {
    await writeFile(path, text)
    await assert.rejects(seen.observe([{ id: id('1'), version: 6n }]), code('STATE_DAMAGED'))
    assert.equal(await readFile(path, 'utf8'), text)
  }
})
