/**
 * Registers blobs on the ledger, several in one transaction, and certifies those that the release has no room for.
 * Every transaction is journaled signed before it is sent, so that doing it again never pays twice.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { ObjectError } from '@mysten/sui/client'
import { Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions'

import { SquidError } from '@squid/formats/errors'

import { encodedBytes } from '../leases/leases.ts'
import {
  type Account,
  type ExecutedTransaction,
  LedgerError,
  prepare,
  submit,
  untilKnown,
} from '../transactions/index.ts'
import {
  certificateFromJournal,
  type JournaledTransaction,
  journalTransaction,
  type PackState,
  type PublishJournal,
  transactionFromJournal,
} from './journal.ts'
import { registerWith, type SpareStorage } from './spare-storage.ts'

/** Walrus epochs that a blob is paid for when it is first stored; the keeper extends it later. */
const EPOCHS = 5

/** The first fields of `walrus::blob::Blob`. */
const BlobHead = bcs.struct('Blob', {
  id: bcs.Address,
  registered_epoch: bcs.u32(),
  blob_id: bcs.u256(),
  size: bcs.u64(),
  encoding_type: bcs.u8(),
  certified_epoch: bcs.option(bcs.u32()),
  storage: bcs.struct('Storage', {
    id: bcs.Address,
    start_epoch: bcs.u32(),
    end_epoch: bcs.u32(),
  }),
})

/** Objects that one request asks for. */
const OBJECTS_PER_REQUEST = 50

/** How often a transaction is built again because another one of the same key was faster. */
const MAX_ATTEMPTS = 8

/**
 * Blobs registered or certified by one transaction. Sui allows 1024 commands, of which a registration takes eight,
 * 128 KiB, and 2048 new objects.
 */
export const BLOBS_PER_TRANSACTION = 32

export interface LedgerDeps {
  readonly account: Account
  readonly journal: PublishJournal
  /** What the Space has for blobs to come. */
  readonly spares: SpareStorage
  /** Walrus epochs to pay for; by default as long as a release. */
  readonly epochs?: number
  readonly signal: AbortSignal | undefined
}

/** Registers these packs in one transaction; those of an earlier try by sending that one again. */
export async function register(deps: LedgerDeps, packs: readonly number[]): Promise<void> {
  const { journal } = deps
  const missing = packs.filter(pack => journal.packs[pack]?.registered === undefined)
  for (const sent of earlierTransactions(missing.map(pack => journal.packs[pack]?.registering))) {
    const executed = await submittedEarlier(deps, sent.transaction)
    if (executed !== undefined) await noteRegistered(deps, sent.packs, executed)
  }
  const left = missing.filter(pack => journal.packs[pack]?.registered === undefined)
  if (left.length === 0) return
  const executed = await submitNew(
    deps,
    () =>
      registration(
        deps,
        left.map(pack => packedOf(journal, pack)),
      ),
    transaction => journal.append({ step: 'registering', packs: left, transaction }),
  )
  await noteRegistered(deps, left, executed)
}

/**
 * Forgets what an earlier try registered and whose lease has ended, or ends with this epoch: it would be lost.
 * @param epoch of Walrus, current
 * @throws {LedgerError} `LEDGER_BEHIND` when the full node does not know yet what was registered
 */
export async function dropExpired({ account, journal, signal }: LedgerDeps, epoch: number): Promise<void> {
  const registered = journal.packs.flatMap(state => state?.registered ?? [])
  const expired: number[] = []
  for (let from = 0; from < registered.length; from += OBJECTS_PER_REQUEST) {
    const records = registered.slice(from, from + OBJECTS_PER_REQUEST)
    const heads = await readRegistered(account, records, signal)
    for (const { pack, blobObjectId } of records) {
      const head = heads.get(blobObjectId)
      if (head === undefined || head.storage.end_epoch <= epoch + 1) expired.push(pack)
    }
  }
  if (expired.length > 0) await journal.append({ step: 'expired', packs: expired })
}

// A blob is gone only where the transaction that made it is known: a full node that lags has neither.
async function readRegistered(
  account: Account,
  records: readonly NonNullable<PackState['registered']>[],
  signal: AbortSignal | undefined,
): Promise<BlobHeads> {
  const heads = await readBlobs(account, idsOf(records), signal)
  const absent = records.filter(({ blobObjectId }) => !heads.has(blobObjectId))
  for (const digest of new Set(absent.map(({ digest }) => digest)))
    await untilKnown(account.network, digest, signal)
  return new Map([...heads, ...(await readBlobs(account, idsOf(absent), signal))])
}

function idsOf(records: readonly { readonly blobObjectId: string }[]): string[] {
  return records.map(({ blobObjectId }) => blobObjectId)
}

/** Certifies all but the last few of these packs on the ledger, so that one transaction can do the rest. */
export async function certifyAllBut(deps: LedgerDeps, packs: readonly number[], rest: number): Promise<void> {
  const { journal } = deps
  const waiting = (): number[] => packs.filter(pack => journal.packs[pack]?.settled === undefined)
  for (const sent of earlierTransactions(waiting().map(pack => journal.packs[pack]?.certifying))) {
    const done = await submittedEarlier(deps, sent.transaction)
    if (done === undefined) continue
    await noteSettled(journal, sent.packs, done)
  }
  while (waiting().length > rest) {
    const batch = waiting().slice(0, BLOBS_PER_TRANSACTION)
    const done = await submitNew(
      deps,
      () =>
        certification(
          deps.account,
          batch.map(pack => stateOf(journal, pack)),
        ),
      transaction => journal.append({ step: 'certifying', packs: batch, transaction }),
    )
    await noteSettled(journal, batch, done)
  }
}

function noteSettled(
  journal: PublishJournal,
  packs: readonly number[],
  { digest, gasUsed }: ExecutedTransaction,
): Promise<void> {
  return journal.append({ step: 'settled', packs, digest, gas: String(gasUsed) })
}

interface Sent {
  readonly packs: readonly number[]
  readonly transaction: JournaledTransaction
}

/** Each journaled transaction once. */
function earlierTransactions(records: readonly (Sent | undefined)[]): Sent[] {
  const byDigest = new Map(
    records.flatMap(record => (record === undefined ? [] : [[record.transaction.digest, record] as const])),
  )
  return [...byDigest.values()]
}

// A kill between sending and hearing back: the journaled bytes are sent again, which cannot happen twice.
async function submittedEarlier(
  { account, signal }: LedgerDeps,
  transaction: JournaledTransaction,
): Promise<ExecutedTransaction | undefined> {
  try {
    return await submit(account.network, transactionFromJournal(transaction), signal)
  } catch (error) {
    if (neverTakesEffect(error)) return undefined
    throw error
  }
}

/** The gas coin was used by another transaction of the same key, or spare storage by another publish. */
const MOVED: ReadonlySet<string> = new Set(['OBJECT_CHANGED', 'UNKNOWN_SPARE'])

// Built anew when what it uses was used by another one meanwhile, while this one was made or when it was sent.
async function submitNew(
  { account, spares, signal }: LedgerDeps,
  build: () => Transaction | Promise<Transaction>,
  journal: (transaction: JournaledTransaction) => Promise<void>,
): Promise<ExecutedTransaction> {
  for (let attempt = 1; ; attempt++) {
    try {
      const prepared = await prepare(account, await build(), signal)
      await journal(journalTransaction(prepared))
      return await submit(account.network, prepared, signal)
    } catch (error) {
      const moved = error instanceof SquidError && MOVED.has(error.code)
      if (!moved || attempt === MAX_ATTEMPTS) throw error
      spares.forget()
    }
  }
}

async function registration(
  { account, spares, epochs = EPOCHS }: LedgerDeps,
  packs: readonly NonNullable<PackState['packed']>[],
): Promise<Transaction> {
  const { network, address } = account
  const transaction = new Transaction()
  const { committee } = await network.walrus.systemState()
  const sizes = packs.map(({ size }) => encodedBytes(size, committee.n_shards))
  const storages = await spares.addTo(transaction, sizes, epochs)
  const blobs: TransactionObjectArgument[] = []
  for (const [index, { size, blobId, rootHash: hex }] of packs.entries()) {
    const storage = storages[index]
    const rootHash = new Uint8Array(Buffer.from(hex, 'hex'))
    blobs.push(
      storage === undefined
        ? transaction.add(network.walrus.registerBlob({ size, epochs, blobId, rootHash, deletable: true }))
        : await registerWith(transaction, network, storage, { size, blobId, rootHash }),
    )
  }
  transaction.transferObjects(blobs, address)
  return transaction
}

function certification({ network }: Account, states: readonly PackState[]): Transaction {
  const transaction = new Transaction()
  for (const { packed, registered, certified } of states) {
    if (packed === undefined || registered === undefined || certified === undefined)
      throw new Error('a pack is not certified yet')
    transaction.add(
      network.walrus.certifyBlob({
        blobId: packed.blobId,
        blobObjectId: registered.blobObjectId,
        deletable: true,
        certificate: certificateFromJournal(certified.certificate),
      }),
    )
  }
  return transaction
}

// Journals which object each pack got. What the transaction cost is noted with the first of them.
async function noteRegistered(
  { account, journal, signal }: LedgerDeps,
  packs: readonly number[],
  executed: ExecutedTransaction,
): Promise<void> {
  const objects = await registeredBlobs(account, executed, signal)
  for (const [index, pack] of packs.entries()) {
    const blobObjectId = objects.get(
      bcs.u256().parse(Buffer.from(packedOf(journal, pack).blobId, 'base64url')),
    )
    if (blobObjectId === undefined)
      throw new SquidError(
        'STORAGE_UNAVAILABLE',
        `Transaction ${executed.digest} registered no Walrus blob for this pack`,
      )
    const gas = index === 0 ? String(executed.gasUsed) : '0'
    await journal.append({ step: 'registered', pack, blobObjectId, digest: executed.digest, gas })
  }
}

/** Blob id → object id. */
async function registeredBlobs(
  account: Account,
  executed: ExecutedTransaction,
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const candidates = executed.created
    .filter(object => object.type.endsWith('::blob::Blob'))
    .map(object => object.id)
  const found = new Map<string, string>()
  for (const [id, { blob_id: blobId }] of await readBlobs(account, candidates, signal)) found.set(blobId, id)
  return found
}

type BlobHeads = ReadonlyMap<string, ReturnType<typeof BlobHead.parse>>

/** By object id, without those that are not there. @throws when any of the others cannot be read */
async function readBlobs(
  { network }: Account,
  objectIds: string[],
  signal: AbortSignal | undefined,
): Promise<BlobHeads> {
  const found = new Map<string, ReturnType<typeof BlobHead.parse>>()
  if (objectIds.length === 0) return found
  const { objects } = await network.sui.core.getObjects({
    objectIds,
    include: { content: true },
    ...(signal && { signal }),
  })
  for (const object of objects) {
    if (!(object instanceof Error)) found.set(object.objectId, BlobHead.parse(object.content))
    else if (!isAbsent(object)) throw object
  }
  return found
}

function isAbsent(error: Error): boolean {
  return error instanceof ObjectError && (error.reason === 'notFound' || error.reason === 'deleted')
}

function stateOf(journal: PublishJournal, pack: number): PackState {
  const state = journal.packs[pack]
  if (state === undefined) throw new Error(`pack ${pack} was never journaled`)
  return state
}

function packedOf(journal: PublishJournal, pack: number): NonNullable<PackState['packed']> {
  const { packed } = stateOf(journal, pack)
  if (packed === undefined) throw new Error(`pack ${pack} was never journaled`)
  return packed
}

/**
 * Whether a transaction that was refused this way is out of the world: it failed, or its inputs moved on. Only
 * then may another be made in its place without paying twice.
 */
export function neverTakesEffect(error: unknown): boolean {
  return (
    error instanceof LedgerError &&
    error.code !== 'LEDGER_UNREACHABLE' &&
    error.code !== 'TRANSACTION_REFUSED'
  )
}
