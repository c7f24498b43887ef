/**
 * Storage for new blobs out of what the Space owns already: pieces that were left of deleted blobs are joined, split
 * to size, and bought longer where they end too soon. What does not fit is bought new.
 *
 * Calls: `walrus::storage_resource`, `walrus::system::reserve_space_for_epochs`.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { coinWithBalance, type Transaction, type TransactionArgument } from '@mysten/sui/transactions'

import * as squidStorage from '../gen/squid/storage.ts'
import { readLeases, type SpaceLeases, type Spare, unitsOf } from '../leases/leases.ts'
import type { Network } from '../networks/index.ts'

/** Walrus's number of its one encoding. */
const ENCODING_RS2 = 1

/** A piece of storage that a plan works with: its place in `StoragePlan.pieces`. */
type PieceIndex = number

/** Where a piece comes from. */
type Piece =
  /** Taken out of the storage object; epochs that are over are cut off. */
  | { readonly kind: 'taken'; readonly spare: Spare; readonly cutAt: number | undefined }
  /** What is left of another one when it is cut to size. */
  | { readonly kind: 'rest'; readonly of: PieceIndex }

/** How one blob gets its storage. */
interface StorageForBlob {
  /** Joined into the first. */
  readonly pieces: readonly PieceIndex[]
  /** To be cut to this many encoded bytes; undefined when it is that already. */
  readonly cutTo: bigint | undefined
  readonly size: bigint
  /** Epochs to be bought because the pieces end before the blob's lease shall. */
  readonly buy: { readonly from: number; readonly to: number } | undefined
}

export interface StoragePlan {
  readonly pieces: readonly Piece[]
  /** For each blob, in their order; undefined is bought new. */
  readonly blobs: readonly (StorageForBlob | undefined)[]
  /** Pieces that go back to the storage object. */
  readonly left: readonly PieceIndex[]
}

interface FreePiece {
  readonly index: PieceIndex
  readonly size: bigint
  readonly endEpoch: number
}

/**
 * Chooses storage for blobs of these encoded sizes, to last until `until` at least. Spares that last longest come
 * first, of them the smallest that is large enough, else the fewest that are together.
 * @param epoch of Walrus, current
 */
export function planStorage(
  spares: readonly Spare[],
  sizes: readonly bigint[],
  epoch: number,
  until: number,
): StoragePlan {
  const usable = spares.filter(({ startEpoch, endEpoch }) => startEpoch <= epoch && endEpoch > epoch)
  const untouched = new Set(usable.map((_, index) => index))
  const pieces: Piece[] = usable.map(spare => ({
    kind: 'taken',
    spare,
    cutAt: spare.startEpoch < epoch ? epoch : undefined,
  }))
  let free: FreePiece[] = usable.map(({ size, endEpoch }, index) => ({ index, size, endEpoch }))
  const blobs = sizes.map(size => {
    const chosen = choose(free, size)
    const [first] = chosen
    if (first === undefined) return undefined
    for (const { index } of chosen) untouched.delete(index)
    const { endEpoch } = first
    free = free.filter(piece => !chosen.includes(piece))
    const rest = chosen.reduce((sum, piece) => sum + piece.size, 0n) - size
    if (rest > 0n) {
      pieces.push({ kind: 'rest', of: first.index })
      free.push({ index: pieces.length - 1, size: rest, endEpoch })
    }
    return {
      pieces: chosen.map(({ index }) => index),
      cutTo: rest > 0n ? size : undefined,
      size,
      buy: endEpoch < until ? { from: endEpoch, to: until } : undefined,
    }
  })
  return compact(pieces, blobs, untouched, free)
}

/** Nothing when there is too little. */
function choose(free: readonly FreePiece[], size: bigint): readonly FreePiece[] {
  const ends = [...new Set(free.map(({ endEpoch }) => endEpoch))].toSorted((a, b) => b - a)
  for (const end of ends) {
    const bySize = free
      .filter(({ endEpoch }) => endEpoch === end)
      .toSorted((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : a.index - b.index))
    const one = bySize.find(piece => piece.size >= size)
    if (one !== undefined) return [one]
    const several: FreePiece[] = []
    let sum = 0n
    for (const piece of bySize.toReversed()) {
      several.push(piece)
      sum += piece.size
      if (sum >= size) return several
    }
  }
  return []
}

/** Without the spares that nothing needs. */
function compact(
  pieces: readonly Piece[],
  blobs: readonly (StorageForBlob | undefined)[],
  untouched: ReadonlySet<PieceIndex>,
  free: readonly FreePiece[],
): StoragePlan {
  const places = new Map<PieceIndex, PieceIndex>()
  for (const index of pieces.keys()) if (!untouched.has(index)) places.set(index, places.size)
  const place = (index: PieceIndex): PieceIndex => {
    const found = places.get(index)
    if (found === undefined) throw new Error('a piece that is used is not taken')
    return found
  }
  return {
    pieces: pieces
      .filter((_, index) => places.has(index))
      .map(piece => (piece.kind === 'rest' ? { kind: 'rest', of: place(piece.of) } : piece)),
    blobs: blobs.map(blob => blob && { ...blob, pieces: blob.pieces.map(place) }),
    left: free.filter(({ index }) => places.has(index)).map(({ index }) => place(index)),
  }
}

/** The spare storage of one Space, read from the ledger when it is first needed. */
export class SpareStorage {
  readonly #network: Network
  readonly #space: string
  #found: Promise<SpaceLeases> | undefined

  constructor(network: Network, space: string) {
    this.#network = network
    this.#space = space
  }

  /**
   * Adds storage for blobs to a transaction, as far as the Space has some.
   * @param sizes encoded bytes of each blob
   * @returns for each blob its storage, undefined where it has to be bought
   */
  async addTo(
    transaction: Transaction,
    sizes: readonly bigint[],
    epochs: number,
  ): Promise<readonly (TransactionArgument | undefined)[]> {
    const found = await this.#read()
    const { epoch } = found.terms
    const plan = planStorage(found.spares, sizes, epoch, epoch + epochs)
    if (plan.pieces.length > 0) this.#found = undefined
    return new StorageCalls(transaction, this.#network, found, await walrusPackage(this.#network)).make(plan)
  }

  /** Somebody else took some of it. */
  forget(): void {
    this.#found = undefined
  }

  #read(): Promise<SpaceLeases> {
    if (this.#found === undefined) {
      this.#found = readLeases(this.#network, this.#space)
      this.#found.catch(() => (this.#found = undefined))
    }
    return this.#found
  }
}

/** Turns a plan into commands of one transaction. */
class StorageCalls {
  readonly #transaction: Transaction
  readonly #network: Network
  readonly #found: SpaceLeases
  readonly #walrus: string

  constructor(transaction: Transaction, network: Network, found: SpaceLeases, walrus: string) {
    this.#transaction = transaction
    this.#network = network
    this.#found = found
    this.#walrus = walrus
  }

  make({ pieces, blobs, left }: StoragePlan): readonly (TransactionArgument | undefined)[] {
    const storages = pieces.map(piece => (piece.kind === 'taken' ? this.#take(piece) : undefined))
    const piece = (index: PieceIndex): TransactionArgument => {
      const found = storages[index]
      if (found === undefined) throw new Error('a piece is used before it is cut')
      return found
    }
    const made = blobs.map(blob => {
      const [head, ...others] = blob?.pieces ?? []
      if (blob === undefined || head === undefined) return undefined
      const first = piece(head)
      for (const other of others) this.#resource('fuse_amount', first, piece(other))
      if (blob.cutTo !== undefined) {
        const rest = pieces.findIndex(piece => piece.kind === 'rest' && piece.of === head)
        storages[rest] = this.#resource('split_by_size', first, this.#transaction.pure.u64(blob.cutTo))
      }
      if (blob.buy !== undefined) this.#resource('fuse_periods', first, this.#buy(blob.size, blob.buy))
      return first
    })
    for (const index of left) this.#giveBack(piece(index))
    return made
  }

  #take({ spare, cutAt }: Extract<Piece, { kind: 'taken' }>): TransactionArgument {
    const { space, locator } = this.#found
    const { packageId } = this.#network.squid
    const whole = squidStorage.takeSpare(
      this.#transaction,
      packageId,
      locator.storageId,
      space,
      spare.objectId,
    )
    if (cutAt === undefined) return whole
    const rest = this.#resource('split_by_epoch', whole, this.#transaction.pure.u32(cutAt))
    this.#resource('destroy', whole)
    return rest
  }

  #giveBack(spare: TransactionArgument): void {
    const { space, locator } = this.#found
    squidStorage.putSpare(this.#transaction, this.#network.squid.packageId, locator.storageId, space, spare)
  }

  #buy(size: bigint, { from, to }: { readonly from: number; readonly to: number }): TransactionArgument {
    const { systemObjectId, walPackageId } = this.#network.descriptor.walrus
    const type = `${walPackageId}::wal::WAL`
    const price = unitsOf(size) * this.#found.terms.unitPrice * BigInt(to - from)
    const purse = this.#transaction.add(coinWithBalance({ balance: price, type }))
    const bought = this.#transaction.moveCall({
      target: `${this.#walrus}::system::reserve_space_for_epochs`,
      arguments: [
        this.#transaction.object(systemObjectId),
        this.#transaction.pure.u64(size),
        this.#transaction.pure.u32(from),
        this.#transaction.pure.u32(to),
        purse,
      ],
    })
    this.#transaction.moveCall({
      target: '0x2::coin::destroy_zero',
      typeArguments: [type],
      arguments: [purse],
    })
    return bought
  }

  #resource(name: string, ...args: readonly TransactionArgument[]): TransactionArgument {
    return this.#transaction.moveCall({
      target: `${this.#walrus}::storage_resource::${name}`,
      arguments: [...args],
    })
  }
}

/** Registers a blob with storage that is there: only writing is paid for. */
export async function registerWith(
  transaction: Transaction,
  network: Network,
  storage: TransactionArgument,
  blob: { readonly size: number; readonly blobId: string; readonly rootHash: Uint8Array },
): Promise<TransactionArgument> {
  const { systemObjectId, walPackageId } = network.descriptor.walrus
  const type = `${walPackageId}::wal::WAL`
  const { writeCost } = await network.walrus.storageCost(blob.size, 1)
  const purse = transaction.add(coinWithBalance({ balance: writeCost, type }))
  const registered = transaction.moveCall({
    target: `${await walrusPackage(network)}::system::register_blob`,
    arguments: [
      transaction.object(systemObjectId),
      storage,
      transaction.pure.u256(bcs.u256().parse(Buffer.from(blob.blobId, 'base64url'))),
      transaction.pure.u256(bcs.u256().parse(blob.rootHash)),
      transaction.pure.u64(blob.size),
      transaction.pure.u8(ENCODING_RS2),
      transaction.pure.bool(true),
      purse,
    ],
  })
  transaction.moveCall({ target: '0x2::coin::destroy_zero', typeArguments: [type], arguments: [purse] })
  return registered
}

/** The package that the system object says is current. */
async function walrusPackage(network: Network): Promise<string> {
  return (await network.walrus.systemObject()).package_id
}
