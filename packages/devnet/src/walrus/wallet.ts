/**
 * The publisher's purse and its transactions on the ledger: buys storage, registers and certifies blobs, and hands the
 * objects on. The network runs these transactions itself, without gas; WAL is paid as by anybody.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import type { TransactionArgument as Argument } from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import type { ExecutedTransaction, Ledger } from '@squid/sui/ledger'
import { type BlobId, blobIdBytes } from './blob-id.ts'
import { type BlobObject, readBlobObject } from './blob-object.ts'
import { createdObjects, SystemCalls } from './system-calls.ts'

/** Owner of what the publisher pays with and keeps. Nobody has its key. */
const PUBLISHER_ADDRESS: string = `0x${'57a1b10b'.padEnd(64, '0')}`

/** What the purse is filled with when it runs dry: a million WAL. */
const REFILL = 1_000_000_000_000_000n
/** The number of RS2 on the ledger. */
const RS2 = 1

/** What a blob is registered with. */
export interface BlobToRegister {
  readonly blobId: BlobId
  readonly rootHash: Uint8Array
  /** Unencoded bytes. */
  readonly size: number
  /** Bytes that the whole network keeps of it. */
  readonly encodedLength: number
  readonly epochs: number
  readonly deletable: boolean
}

/** What becomes of a blob object once it is certified. */
export type Handover =
  { readonly kind: 'keep' } | { readonly kind: 'share' } | { readonly kind: 'send'; readonly address: string }

/** A certificate, as `certify_blob` takes it. */
export interface Certificate {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  /** Indices of the nodes that signed. */
  readonly signers: readonly number[]
}

export interface WalletDeps {
  readonly ledger: Pick<Ledger, 'executeSystem' | 'objectInput' | 'ownedObjects' | 'object'>
  /** Owner of the WAL that genesis minted. */
  readonly treasurer: string
  readonly packageId: string
  readonly walPackageId: string
  readonly systemObjectId: string
  /** How many nodes it has. */
  readonly committee: number
}

/** The publisher on the ledger. */
export class PublisherWallet {
  readonly #deps: WalletDeps

  constructor(deps: WalletDeps) {
    this.#deps = deps
  }

  /** Buys storage and registers a blob in it; returns the object and what it cost, in base units of WAL. */
  register(blob: BlobToRegister): { blob: BlobObject; cost: bigint } {
    const coin = this.#coin()
    const calls = this.#calls(PUBLISHER_ADDRESS)
    const { pure } = calls.tx
    const system = calls.object(this.#deps.systemObjectId)
    const purse = calls.object(coin.id)
    const [storage] = calls.call('system::reserve_space', [
      system,
      pure.u64(blob.encodedLength),
      pure.u32(blob.epochs),
      purse,
    ])
    const [object] = calls.call('system::register_blob', [
      system,
      storage as Argument,
      pure.u256(integerOf(blobIdBytes(blob.blobId))),
      pure.u256(integerOf(blob.rootHash)),
      pure.u64(blob.size),
      pure.u8(RS2),
      pure.bool(blob.deletable),
      purse,
    ])
    calls.tx.transferObjects([object as Argument], PUBLISHER_ADDRESS)
    const done = calls.execute()
    const [created] = createdObjects(done, `${this.#deps.packageId}::blob::Blob`)
    if (!created) throw new TypeError('registering a blob made no object')
    return { blob: this.#read(created.id), cost: coin.balance - this.#balanceOf(coin.id) }
  }

  /** Certifies a blob and hands it over; returns it and the id of the shared object, if there is one. */
  certify(
    objectId: string,
    { message, signature, signers }: Certificate,
    handover: Handover,
  ): { blob: BlobObject; sharedObjectId: string | undefined } {
    const calls = this.#calls(PUBLISHER_ADDRESS)
    const { pure } = calls.tx
    const object = calls.object(objectId)
    calls.call('system::certify_blob', [
      calls.object(this.#deps.systemObjectId, false),
      object,
      pure.vector('u8', signature),
      pure.vector('u8', bitmapOf(signers, this.#deps.committee)),
      pure.vector('u8', message),
    ])
    if (handover.kind === 'share') calls.call('shared_blob::new', [object])
    if (handover.kind === 'send') calls.tx.transferObjects([object], handover.address)
    return this.#certified(calls.execute(), objectId)
  }

  /** Whether the publisher owns this object. */
  owns(objectId: string): boolean {
    const owner = this.#deps.ledger.object(objectId)?.owner
    return owner?.kind === 'address' && owner.address === PUBLISHER_ADDRESS
  }

  #certified(
    done: ExecutedTransaction,
    objectId: string,
  ): { blob: BlobObject; sharedObjectId: string | undefined } {
    const [shared] = createdObjects(done, `${this.#deps.packageId}::shared_blob::SharedBlob`)
    return { blob: this.#read(shared?.id ?? objectId), sharedObjectId: shared?.id }
  }

  #read(objectId: string): BlobObject {
    const object = this.#deps.ledger.object(objectId)
    const blob = object && readBlobObject(object, this.#deps.packageId)
    if (!blob) throw new TypeError('the blob object is gone')
    return blob
  }

  #calls(sender: string): SystemCalls {
    const { ledger, packageId } = this.#deps
    return new SystemCalls({ ledger, packageId, sender })
  }

  /** The publisher's largest coin, filled up from the supply of genesis when there is little left. */
  #coin(): { id: string; balance: bigint } {
    const largest = this.#largestCoin(PUBLISHER_ADDRESS)
    if (largest && largest.balance >= REFILL / 2n) return largest
    this.#refill()
    const filled = this.#largestCoin(PUBLISHER_ADDRESS)
    if (!filled) throw new SquidError('WALRUS_FUNDS', 'The publisher has no WAL left')
    return filled
  }

  #refill(): void {
    const supply = this.#largestCoin(this.#deps.treasurer)
    if (!supply || supply.balance < REFILL)
      throw new SquidError('WALRUS_FUNDS', 'There is no WAL left to pay the publisher with')
    const calls = this.#calls(this.#deps.treasurer)
    const [coin] = calls.tx.splitCoins(calls.object(supply.id), [calls.tx.pure.u64(REFILL)])
    calls.tx.transferObjects([coin], PUBLISHER_ADDRESS)
    calls.execute()
  }

  #largestCoin(owner: string): { id: string; balance: bigint } | undefined {
    const type = `0x2::coin::Coin<${this.#deps.walPackageId}::wal::WAL>`
    return this.#deps.ledger
      .ownedObjects(owner, { type })
      .items.map(({ id }) => ({ id, balance: this.#balanceOf(id) }))
      .toSorted((a, b) => (a.balance < b.balance ? 1 : -1))[0]
  }

  #balanceOf(coinId: string): bigint {
    const data = this.#deps.ledger.object(coinId)?.data
    return data?.kind === 'move' ? BigInt(bcs.u64().parse(data.contents.subarray(32))) : 0n
  }
}

/** The ledger's number of 32 bytes. */
function integerOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function bitmapOf(signers: readonly number[], nodes: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(nodes / 8))
  for (const signer of signers) {
    const byte = Math.floor(signer / 8)
    bitmap[byte] = (bitmap[byte] ?? 0) | (1 << (signer % 8))
  }
  return bitmap
}
