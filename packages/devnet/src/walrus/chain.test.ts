import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import type { Ledger } from '@squid/sui/ledger'
import { blobIdOfInteger } from './blob-id.ts'
import { EventChain } from './chain.ts'

const PACKAGE = `0x${'07'.repeat(32)}`
const OBJECT = `0x${'0a'.repeat(32)}`
const BLOB = 5n
const ID = blobIdOfInteger(BLOB)

// Layouts of the facts, written field by field.
const u32 = (value: number): Uint8Array => bcs.u32().serialize(value).toBytes()
const u256 = (value: bigint): Uint8Array => bcs.u256().serialize(value).toBytes()
const object = bcs.Address.serialize(OBJECT).toBytes()
const registered = Buffer.concat(
  [u32(1), u256(BLOB), bcs.u64().serialize(9).toBytes(), [1], u32(4), [1], object].map(part =>
    Buffer.from(part),
  ),
)
const certified = Buffer.concat([u32(1), u256(BLOB), u32(4), [1], object, [0]].map(part => Buffer.from(part)))
const extended = Buffer.concat([u32(1), u256(BLOB), u32(6), [1], object, [1]].map(part => Buffer.from(part)))
const deleted = Buffer.concat([u32(1), u256(BLOB), u32(4), object, [1]].map(part => Buffer.from(part)))

const POOL = `0x${'0b'.repeat(32)}`
const pool = bcs.Address.serialize(POOL).toBytes()
const u64 = (value: number): Uint8Array => bcs.u64().serialize(value).toBytes()
const join = (...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map(part => Buffer.from(part)))
const poolCreated = join(u32(1), pool, u64(1000), u32(1), u32(3))
const poolExtended = join(u32(2), pool, u32(5))
const pooledRegistered = join(u32(1), u256(BLOB), u64(9), [1], [1], object, pool)
const pooledCertified = join(u32(2), u256(BLOB), [1], object, pool)
const pooledDeleted = join(u32(2), u256(BLOB), object, [1], pool)

/** A ledger with a past of two pages, and a way to add to it. */
function ledgerOf(past: readonly (readonly [string, Uint8Array])[]): {
  ledger: Pick<Ledger, 'events' | 'subscribe'>
  emit: (name: string, contents: Uint8Array) => void
  listeners: Set<unknown>
} {
  const listeners = new Set<Parameters<Ledger['subscribe']>[0]>()
  const record = ([name, contents]: readonly [string, Uint8Array], index: number): never =>
    ({ type: `${PACKAGE}::events::${name}`, contents, transactionDigest: 'past', index }) as never
  return {
    listeners,
    ledger: {
      events: (_, options) =>
        options?.cursor === undefined
          ? { items: past.slice(0, 1).map(record), cursor: 'next' }
          : { items: past.slice(1).map(record), cursor: undefined },
      subscribe: listener => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    emit: (name, contents) => {
      for (const listener of listeners)
        listener({
          digest: 'now',
          events: [record([name, contents], 0), { type: '0x2::other::Event', contents }],
        } as never)
    },
  }
}

test('the past is read and the future followed', () => {
  const { ledger, emit, listeners } = ledgerOf([
    ['EpochChangeDone', u32(1)],
    ['BlobRegistered', registered],
  ])
  const chain = new EventChain(ledger, PACKAGE)
  assert.equal(chain.epoch, 1)
  assert.deepEqual(chain.registrations(ID), [
    {
      objectId: OBJECT,
      deletable: true,
      size: 9,
      registeredEpoch: 1,
      endEpoch: 4,
      certifiedEpoch: undefined,
      event: { txDigest: 'past', eventSeq: '0' },
    },
  ])
  emit('BlobCertified', certified)
  assert.equal(chain.registrations(ID)[0]?.certifiedEpoch, 1)
  emit('BlobCertified', extended)
  assert.equal(chain.registrations(ID)[0]?.endEpoch, 6)
  chain.close()
  assert.equal(listeners.size, 0)
})

test('what is deleted or expires is gone, and told', () => {
  const { ledger, emit } = ledgerOf([
    ['EpochChangeDone', u32(1)],
    ['BlobRegistered', registered],
  ])
  const chain = new EventChain(ledger, PACKAGE)
  let told = 0
  chain.onRetired(() => told++)
  emit('EpochChangeDone', u32(3))
  assert.ok(chain.isLive(ID))
  emit('EpochChangeDone', u32(4))
  assert.ok(!chain.isLive(ID))
  emit('BlobRegistered', registered)
  emit('BlobDeleted', deleted)
  assert.ok(!chain.isLive(ID))
  assert.equal(told, 3)
})

test('a blob in a pool lives as long as the pool', () => {
  const { ledger, emit } = ledgerOf([
    ['EpochChangeDone', u32(1)],
    ['StoragePoolCreated', poolCreated],
  ])
  const chain = new EventChain(ledger, PACKAGE)
  emit('PooledBlobRegistered', pooledRegistered)
  assert.deepEqual(chain.registrations(ID), [
    {
      objectId: OBJECT,
      deletable: true,
      size: 9,
      registeredEpoch: 1,
      endEpoch: 3,
      certifiedEpoch: undefined,
      event: { txDigest: 'now', eventSeq: '0' },
    },
  ])
  emit('EpochChangeDone', u32(2))
  emit('PooledBlobCertified', pooledCertified)
  assert.equal(chain.registrations(ID)[0]?.certifiedEpoch, 2)
  emit('StoragePoolExtended', poolExtended)
  emit('EpochChangeDone', u32(4))
  assert.equal(chain.registrations(ID)[0]?.endEpoch, 5)
  emit('EpochChangeDone', u32(5))
  assert.ok(!chain.isLive(ID))
})

test('a blob that is deleted from a pool is gone, whatever happens to the pool', () => {
  const { ledger, emit } = ledgerOf([
    ['EpochChangeDone', u32(1)],
    ['StoragePoolCreated', poolCreated],
  ])
  const chain = new EventChain(ledger, PACKAGE)
  emit('PooledBlobRegistered', pooledRegistered)
  emit('PooledBlobDeleted', pooledDeleted)
  emit('StoragePoolExtended', poolExtended)
  assert.ok(!chain.isLive(ID))
})
