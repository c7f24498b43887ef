/**
 * Brings one finished pack onto Walrus: registered on the ledger, held by the nodes, certified by them.
 * Every step is journaled, so that doing it again does only what is missing.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'

import { bcs } from '@mysten/sui/bcs'
import { Transaction } from '@mysten/sui/transactions'
import type { ProtocolMessageCertificate, WalrusClient } from '@mysten/walrus'

import { SquidError } from '@squid/formats/errors'

import {
  type Account,
  type ExecutedTransaction,
  LedgerError,
  prepare,
  submit,
} from '../transactions/index.ts'
import {
  damagedJournal,
  type JournaledLocator,
  journalTransaction,
  type PackState,
  type PublishJournal,
  transactionFromJournal,
} from './journal.ts'

/** Walrus epochs that a blob is paid for when it is first stored; the keeper extends it later. */
const EPOCHS = 5

/** The first fields of `walrus::blob::Blob`. */
const BlobHead = bcs.struct('Blob', { id: bcs.Address, registered_epoch: bcs.u32(), blob_id: bcs.u256() })

/** How often a transaction is built again because another one of the same key was faster. */
const MAX_ATTEMPTS = 8

type Encoded = Awaited<ReturnType<WalrusClient['encodeBlob']>>

export interface UploadDeps {
  readonly account: Account
  readonly journal: PublishJournal
}

/** Journals a finished pack under the next number, and the locator that it ends with. */
export async function addPack(
  { account, journal }: UploadDeps,
  bytes: Uint8Array,
  locator?: JournaledLocator,
): Promise<{ pack: number; encoded: Encoded }> {
  const pack = journal.packs.length
  await journal.writePack(pack, bytes)
  const encoded = await account.network.walrus.encodeBlob(bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const rootHash = Buffer.from(encoded.rootHash).toString('hex')
  const { blobId } = encoded
  await journal.append({
    step: 'packed',
    pack,
    size: bytes.length,
    sha256,
    blobId,
    rootHash,
    ...(locator && { locator }),
  })
  return { pack, encoded }
}

/**
 * Registers, uploads and certifies pack `pack`, whatever of that is not done yet.
 * @param encoded the pack's encoding, when the caller has it; else it is made again from the journal's file
 * @throws {SquidError} `STORAGE_UNAVAILABLE` when too few storage nodes take it
 */
export async function uploadPack(
  deps: UploadDeps,
  pack: number,
  encoded?: Encoded,
  signal?: AbortSignal,
): Promise<void> {
  const state = deps.journal.packs[pack]
  if (state?.packed === undefined) throw new Error(`pack ${pack} was never journaled`)
  if (state.certified !== undefined) return
  const blobObjectId = state.registered?.blobObjectId ?? (await register(deps, pack, state, signal))
  const certificate = await store(
    deps.account,
    state.packed.blobId,
    blobObjectId,
    encoded ?? (await encodeAgain(deps, pack, state)),
    signal,
  )
  await deps.journal.append({
    step: 'certified',
    pack,
    certificate: {
      signers: certificate.signers,
      serializedMessage: Buffer.from(certificate.serializedMessage).toString('base64'),
      signature: Buffer.from(certificate.signature).toString('base64'),
    },
  })
}

async function register(
  { account, journal }: UploadDeps,
  pack: number,
  state: PackState,
  signal?: AbortSignal,
): Promise<string> {
  const executed =
    (await submittedEarlier(account, state, signal)) ??
    (await registerNow(account, journal, pack, state, signal))
  const blobObjectId = await registeredBlob(account, executed, state)
  await journal.append({
    step: 'registered',
    pack,
    blobObjectId,
    digest: executed.digest,
    gas: String(executed.gasUsed),
  })
  return blobObjectId
}

// A kill between sending and hearing back: the journaled bytes are sent again, which cannot register twice.
async function submittedEarlier(
  account: Account,
  state: PackState,
  signal?: AbortSignal,
): Promise<ExecutedTransaction | undefined> {
  if (state.registering === undefined) return undefined
  try {
    return await submit(account.network, transactionFromJournal(state.registering.transaction), signal)
  } catch (error) {
    if (neverTakesEffect(error)) return undefined
    throw error
  }
}

// Built anew when the gas coin was used by another transaction of the same key meanwhile.
async function registerNow(
  account: Account,
  journal: PublishJournal,
  pack: number,
  state: PackState,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  for (let attempt = 1; ; attempt++) {
    const prepared = await prepare(account, registration(account, state), signal)
    await journal.append({ step: 'registering', pack, transaction: journalTransaction(prepared) })
    try {
      return await submit(account.network, prepared, signal)
    } catch (error) {
      const moved = error instanceof SquidError && error.code === 'OBJECT_CHANGED'
      if (!moved || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

function registration(account: Account, state: PackState): Transaction {
  const { size, blobId, rootHash } = state.packed as NonNullable<PackState['packed']>
  const transaction = new Transaction()
  const blob = transaction.add(
    account.network.walrus.registerBlob({
      size,
      epochs: EPOCHS,
      blobId,
      rootHash: new Uint8Array(Buffer.from(rootHash, 'hex')),
      deletable: true,
    }),
  )
  transaction.transferObjects([blob], account.address)
  return transaction
}

async function registeredBlob(
  account: Account,
  executed: ExecutedTransaction,
  state: PackState,
): Promise<string> {
  const candidates = executed.created
    .filter(object => object.type.endsWith('::blob::Blob'))
    .map(object => object.id)
  const { objects } = await account.network.sui.core.getObjects({
    objectIds: candidates,
    include: { content: true },
  })
  const wanted = bcs
    .u256()
    .parse(Buffer.from((state.packed as NonNullable<PackState['packed']>).blobId, 'base64url'))
  for (const object of objects) {
    if (!(object instanceof Error) && BlobHead.parse(object.content).blob_id === wanted)
      return object.objectId
  }
  throw new SquidError(
    'STORAGE_UNAVAILABLE',
    `Transaction ${executed.digest} registered no Walrus blob for this pack`,
  )
}

async function encodeAgain(
  { account, journal }: UploadDeps,
  pack: number,
  state: PackState,
): Promise<Encoded> {
  const bytes = await readPack(journal, pack, state)
  return account.network.walrus.encodeBlob(bytes)
}

/**
 * The bytes of a journaled pack.
 * @throws {SquidError} `JOURNAL_DAMAGED` when the file is not what was journaled
 */
export async function readPack(journal: PublishJournal, pack: number, state: PackState): Promise<Uint8Array> {
  const bytes = await readFile(journal.packFile(pack)).catch(() => new Uint8Array())
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== state.packed?.sha256) throw damagedJournal(journal.folder)
  return bytes
}

async function store(
  account: Account,
  blobId: string,
  blobObjectId: string,
  encoded: Encoded,
  signal?: AbortSignal,
): Promise<ProtocolMessageCertificate> {
  const { walrus } = account.network
  try {
    const confirmations = await walrus.writeEncodedBlobToNodes({
      blobId,
      metadata: encoded.metadata,
      sliversByNode: encoded.sliversByNode,
      deletable: true,
      objectId: blobObjectId,
      ...(signal && { signal }),
    })
    return await walrus.certificateFromConfirmations({ confirmations, blobId, deletable: true, blobObjectId })
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw new SquidError(
      'STORAGE_UNAVAILABLE',
      'Too few Walrus storage nodes accept the upload; run the same command again later, it goes on where it stopped',
      { cause: error },
    )
  }
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
