import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WalrusClient } from '@mysten/walrus'
import { Released } from '../gen/squid/events.ts'
import type { Network } from '../networks/index.ts'
import { LedgerError } from '../transactions/index.ts'
import { buildReleaseTransaction, publishedRelease, type ReleasePlan } from './index.ts'

const id = (digit: string): string => `0x${digit.repeat(64)}`
const SQUID = id('8')
const network = {
  squid: { packageId: SQUID, registryId: id('7') },
  walrus: WalrusClient.prototype,
} as unknown as Network

const plan: ReleasePlan = {
  space: id('1'),
  flake: { id: id('2') },
  expectedVersion: 4n,
  key: new Uint8Array(32).fill(1),
  sourceNarHash: new Uint8Array(32).fill(2),
  revision: 'abc',
  lastModified: 1_700_000_000n,
  manifest: new Uint8Array(32).fill(3),
  blobs: [],
  locator: undefined,
  tags: [],
}
const link = { blobId: 7n, blobSize: 100n, offset: 0n, length: 10n, sha256: new Uint8Array(32) }

function calls(plan: ReleasePlan): (string | undefined)[] {
  return buildReleaseTransaction(network, plan)
    .getData()
    .commands.map(({ MoveCall }) => MoveCall && `${MoveCall.module}::${MoveCall.function}`)
}

test('blobs and locator come before the release, tags after it', () => {
  const blob = { blobId: '', blobObjectId: id('5'), deletable: true, certificate: undefined }
  const full: ReleasePlan = {
    ...plan,
    flake: { create: 'hello' },
    blobs: [blob, { ...blob, blobObjectId: id('6') }],
    locator: { storageId: id('4'), expectedRevision: 3n, next: link },
    tags: ['stable', 'v1'],
  }
  assert.deepEqual(calls(full), [
    'storage::put_blob',
    'storage::put_blob',
    'storage::link',
    'storage::set_locator',
    'flake::new',
    'flake::append',
    'flake::set_tag',
    'flake::set_tag',
    'flake::share',
  ])
})

test('a release that stores nothing new only appends', () => {
  assert.deepEqual(calls(plan), ['flake::append'])
})

test('blobs that no locator would find are a mistake of ours', () => {
  const blob = { blobId: '', blobObjectId: id('5'), deletable: true, certificate: undefined }
  assert.throws(() => calls({ ...plan, blobs: [blob] }), { name: 'AssertionError' })
})

test('the event says what was released', () => {
  const released = {
    flake: id('2'),
    space: id('1'),
    version: 5n,
    sourceNarHash: new Uint8Array(32),
    manifest: new Uint8Array(32),
    publisher: id('3'),
  }
  const executed = {
    digest: 'd',
    gasUsed: 0n,
    created: [],
    events: [{ type: `${SQUID}::events::Released`, bcs: Released.serialize(released).toBytes() }],
  }
  assert.deepEqual(publishedRelease(executed), { flake: id('2'), version: 5n })
  assert.throws(() => publishedRelease({ ...executed, events: [] }), LedgerError)
})
