/**
 * What a full node says of blobs that an earlier try registered, and what is registered again because of it.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { bcs } from '@mysten/sui/bcs'
import { ObjectError } from '@mysten/sui/client'

import type { Account } from '../transactions/index.ts'
import { PublishJournal } from './journal.ts'
import { dropExpired, type LedgerDeps } from './registration.ts'

const OBJECT = `0x${'7'.repeat(64)}`
const EPOCH = 10

/** The fields of `walrus::blob::Blob` up to its storage, in their order. */
function blobUntil(endEpoch: number): Uint8Array {
  return Buffer.concat([
    bcs.Address.serialize(OBJECT).toBytes(),
    bcs.u32().serialize(5).toBytes(),
    bcs.u256().serialize(1).toBytes(),
    bcs.u64().serialize(3).toBytes(),
    bcs.u8().serialize(1).toBytes(),
    bcs.option(bcs.u32()).serialize(null).toBytes(),
    bcs.Address.serialize(OBJECT).toBytes(),
    bcs.u32().serialize(5).toBytes(),
    bcs.u32().serialize(endEpoch).toBytes(),
  ])
}

/** A full node: what it answers when it is asked for the blob, time after time, and whether it knows the transaction. */
interface Node {
  readonly answers: readonly (Uint8Array | Error)[]
  readonly knows: boolean
}

const notFound = new ObjectError('notExists', 'not found', { reason: 'notFound' })

/** Whether the journal forgets the blob, and the transactions that were waited for. */
async function dropped(node: Node): Promise<{ isForgotten: boolean; awaited: readonly string[] }> {
  const awaited: string[] = []
  let asked = 0
  const core = {
    getObjects: async ({ objectIds }: { readonly objectIds: readonly string[] }) => ({
      objects: objectIds.map(objectId => {
        const answer = node.answers[asked++] ?? notFound
        return answer instanceof Error ? answer : { objectId, content: answer }
      }),
    }),
    waitForTransaction: async ({ digest }: { readonly digest: string }) => {
      awaited.push(digest)
      if (!node.knows) throw new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    },
  }
  const account = { network: { sui: { core } } } as unknown as Account
  const folder = await mkdtemp(join(tmpdir(), 'squid-registration-'))
  try {
    await using journal = await PublishJournal.open(folder)
    await journal.append({ step: 'packed', pack: 0, size: 3, sha256: '', blobId: 'id', rootHash: '' })
    await journal.append({ step: 'registered', pack: 0, blobObjectId: OBJECT, digest: 'made', gas: '7' })
    await dropExpired({ account, journal, signal: undefined } as unknown as LedgerDeps, EPOCH)
    return { isForgotten: journal.packs[0]?.registered === undefined, awaited }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('a blob whose lease ends later is kept, one whose lease ends with this epoch is registered again', async () => {
  const found = async (endEpoch: number) => dropped({ answers: [blobUntil(endEpoch)], knows: true })
  assert.deepEqual(await found(EPOCH + 2), { isForgotten: false, awaited: [] })
  assert.deepEqual(await found(EPOCH + 1), { isForgotten: true, awaited: [] })
})

test('a blob that a full node has not seen yet is waited for, and not paid twice', async () => {
  const node = { answers: [notFound, blobUntil(EPOCH + 5)], knows: true }
  assert.deepEqual(await dropped(node), { isForgotten: false, awaited: ['made'] })
})

test('a blob is gone where its transaction is known and it is not', async () => {
  for (const reason of ['notFound', 'deleted'] as const) {
    const gone = new ObjectError('notExists', 'gone', { reason })
    assert.deepEqual(await dropped({ answers: [gone, gone], knows: true }), {
      isForgotten: true,
      awaited: ['made'],
    })
  }
})

test('a full node that does not come to know the transaction stops the publish', async () => {
  await assert.rejects(dropped({ answers: [], knows: false }), {
    code: 'LEDGER_BEHIND',
    message: /does not know transaction made.*another full node\.$/,
  })
})

test('a blob that cannot be read for another reason stops the publish', async () => {
  const failed = new ObjectError('INTERNAL', 'the index is down', { reason: 'unknown' })
  await assert.rejects(dropped({ answers: [failed], knows: true }), failed)
})
