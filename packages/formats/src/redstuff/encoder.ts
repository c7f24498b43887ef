/**
 * RedStuff, Walrus's erasure code, bit for bit as the official encoder makes it: a blob fills a matrix of `p` rows and
 * `s` columns of symbols; the columns are extended to `n` rows (primary slivers), and each row to `n` columns, whose
 * first `p` symbols are secondary slivers. A sliver's hash is the Merkle root over all `n` symbols of its row or column,
 * and the blob's id commits to all of them.
 *
 * Spec: Walrus whitepaper §3; encoding RS2. Merkle trees have the prefixes 0 for leaves and 1 inside, and an empty
 * node of 32 zeros where a pair lacks its right one.
 * @module
 */
import { BcsWriter } from '../bcs/index.ts'
import { Areas } from './areas.ts'
import { HASH_BYTES } from './blake2b-code.ts'
import { Engine, type Places, type Program } from './engine.ts'
import { type BlobGeometry, blobGeometry, type ShardGeometry, shardGeometry } from './geometry.ts'
import { evenHashes, Hashes, LEAF } from './hashes.ts'
import { type SliverBuffers, SliverWriter } from './slivers.ts'
import { SymbolLayout } from './symbol-layout.ts'
import { recoveryTransform, type Transform } from './transform.ts'

/** What a blob is registered by, and what its slivers are checked by. */
export interface BlobCommitment {
  /** 32 bytes. */
  readonly blobId: Uint8Array
  /** 32 bytes: the Merkle root over all pairs. */
  readonly rootHash: Uint8Array
  /** 64 bytes for each sliver pair: the hash of its primary, then of its secondary sliver. */
  readonly sliverHashes: Uint8Array
}

const MIN_SHARDS = 4
/** The code has 2^16 points, of which chunks of a power of two are taken. */
const MAX_SHARDS = 2 ** 14
/** Slivers say their symbol size in 16 bits. */
const MAX_SYMBOL_BYTES = 0xffff

/** Encoding type RS2 in what an id is derived from. */
const RS2 = 1

/** Bytes of each slot that are worked on at once, so that all slots stay in a processor's cache. */
const STRIPE_BYTES = 2048

interface LoadedTransform {
  readonly transform: Transform
  readonly program: Program
}

export class RedStuffEncoder {
  readonly #engine = new Engine()
  readonly #geometry: ShardGeometry
  /** How columns get more rows, and rows more columns. */
  readonly #columns: LoadedTransform
  readonly #rows: LoadedTransform
  readonly #slots: number
  readonly #areas: Areas
  readonly #hashes: Hashes

  /** @throws {RangeError} for fewer than 4 shards, of which none may be faulty, or more than 16,384 */
  constructor(shards: number) {
    if (shards < MIN_SHARDS || shards > MAX_SHARDS)
      throw new RangeError(`RedStuff takes ${MIN_SHARDS} to ${MAX_SHARDS} shards, not ${shards}`)
    this.#geometry = shardGeometry(shards)
    const { primarySymbols, secondarySymbols } = this.#geometry
    this.#columns = this.#load(primarySymbols)
    this.#rows = this.#load(secondarySymbols)
    const slots = Math.max(this.#columns.transform.slots, this.#rows.transform.slots)
    this.#slots = this.#engine.reserve(slots * STRIPE_BYTES)
    this.#areas = new Areas(this.#engine)
    this.#hashes = new Hashes(this.#engine, this.#areas)
  }

  #load(originals: number): LoadedTransform {
    const transform = recoveryTransform(originals, this.#geometry.shards - originals)
    return { transform, program: this.#engine.load(transform.steps, STRIPE_BYTES) }
  }

  /** @throws {RangeError} when the blob is too large, or the buffers have another size than its slivers */
  encode(blob: Uint8Array, slivers: SliverBuffers): BlobCommitment {
    const geometry = this.#geometryOf(blob)
    return this.#commit(blob, geometry, new SliverWriter(geometry, slivers))
  }

  /**
   * The commitment alone, for what it costs to encode.
   * @throws {RangeError} when the blob is too large
   */
  identify(blob: Uint8Array): BlobCommitment {
    return this.#commit(blob, this.#geometryOf(blob), undefined)
  }

  /**
   * The hash of a primary sliver.
   * @param row the bytes of its symbols
   * @throws {RangeError} when they are not as many as a row has
   */
  primaryHash(row: Uint8Array, symbolSize: number): Uint8Array<ArrayBuffer> {
    if (row.length !== this.#geometry.secondarySymbols * symbolSize)
      throw new RangeError(`a row has ${this.#geometry.secondarySymbols} symbols of ${symbolSize} bytes`)
    this.#areas.clear()
    const { shards, secondarySymbols } = this.#geometry
    const layout = new SymbolLayout(symbolSize)
    const given = this.#areas.get('row', secondarySymbols * layout.blockedBytes)
    const extended = this.#areas.get('extended', shards * layout.blockedBytes)
    const plain = this.#areas.get('plain', shards * symbolSize)
    const leaves = this.#areas.get('leaves', evenHashes(shards))
    this.#engine.view(plain, row.length).set(row)
    this.#engine.toBlocks(given, plain, secondarySymbols, layout)
    const symbols = this.#extendSymbols(given, extended, plain, layout)
    this.#hashSymbols(symbols, symbolSize, leaves)
    return this.#hashes.root({ at: leaves, distance: HASH_BYTES }, shards)
  }

  #geometryOf(blob: Uint8Array): BlobGeometry {
    const geometry = blobGeometry(blob.length, this.#geometry.shards)
    if (geometry.symbolSize > MAX_SYMBOL_BYTES)
      throw new RangeError(
        `${blob.length} bytes are too many for one blob on ${this.#geometry.shards} shards`,
      )
    return geometry
  }

  #commit(blob: Uint8Array, geometry: BlobGeometry, writer: SliverWriter | undefined): BlobCommitment {
    this.#areas.clear()
    const { shards, primarySymbols, secondarySymbols } = geometry
    const layout = new SymbolLayout(geometry.symbolSize)
    const rowBytes = secondarySymbols * layout.blockedBytes
    const rows: Places = { at: this.#areas.get('rows', shards * rowBytes), distance: rowBytes }
    const extended = this.#areas.get('extended', shards * layout.blockedBytes)
    const leaves = this.#areas.get('leaves', shards * evenHashes(shards))
    const plain = this.#areas.get('plain', shards * layout.plainBytes)
    this.#fill(blob, geometry, layout, rows, plain)
    const recovery = { at: rows.at + primarySymbols * rowBytes, distance: rowBytes }
    this.#extend(this.#columns, rows, recovery, rowBytes)
    for (let row = 0; row < shards; row++) {
      const at = rows.at + row * rowBytes
      const symbols = this.#extendSymbols(at, extended, plain, layout)
      this.#hashSymbols(symbols, layout.plainBytes, leaves + row * evenHashes(shards))
      writer?.write(row, this.#engine.view(symbols, shards * layout.plainBytes))
    }
    return this.#commitTo(leaves, blob.length)
  }

  /** The blob into the first rows, zeros behind it. */
  #fill(blob: Uint8Array, geometry: BlobGeometry, layout: SymbolLayout, rows: Places, plain: number): void {
    const { primarySymbols, secondarySymbols, rowSize } = geometry
    for (let row = 0; row < primarySymbols; row++) {
      const at = rows.at + row * rows.distance
      const bytes = blob.subarray(row * rowSize, (row + 1) * rowSize)
      const target = this.#engine.view(layout.isBlocked ? at : plain, rowSize)
      target.set(bytes)
      target.fill(0, bytes.length)
      if (!layout.isBlocked) this.#engine.toBlocks(at, plain, secondarySymbols, layout)
    }
  }

  /** A row with all its symbols, plain: their address. @param extended, plain room for all of them */
  #extendSymbols(row: number, extended: number, plain: number, layout: SymbolLayout): number {
    const { shards, secondarySymbols: count } = this.#geometry
    const size = layout.blockedBytes
    const symbols = { at: extended, distance: size }
    this.#engine.gather(symbols, { at: row, distance: size }, count, size)
    this.#extend(this.#rows, symbols, { at: extended + count * size, distance: size }, size)
    if (layout.isBlocked) return extended
    this.#engine.toPlain(plain, extended, shards, layout)
    return plain
  }

  /** Makes recovery symbols of originals, `bytes` of each, a multiple of 64. */
  #extend({ transform, program }: LoadedTransform, originals: Places, recovery: Places, bytes: number): void {
    for (let offset = 0; offset < bytes; offset += STRIPE_BYTES) {
      const stripe = Math.min(STRIPE_BYTES, bytes - offset)
      const slots = (slot: number): Places => ({
        at: this.#slots + slot * STRIPE_BYTES,
        distance: STRIPE_BYTES,
      })
      const from = { at: originals.at + offset, distance: originals.distance }
      this.#engine.gather(slots(0), from, transform.originals, stripe)
      this.#engine.run(program, this.#slots, stripe)
      let made = recovery.at + offset
      for (const { slot, count } of transform.outputs) {
        this.#engine.gather({ at: made, distance: recovery.distance }, slots(slot), count, stripe)
        made += count * recovery.distance
      }
    }
  }

  #hashSymbols(symbols: number, size: number, to: number): void {
    this.#hashes.hash(to, { at: symbols, distance: size }, this.#geometry.shards, size, LEAF)
  }

  /** @param leaves of all symbols, row by row */
  #commitTo(leaves: number, size: number): BlobCommitment {
    const { shards } = this.#geometry
    const pairs = new Uint8Array(shards * 2 * HASH_BYTES)
    for (let index = 0; index < shards; index++) {
      const row = { at: leaves + index * evenHashes(shards), distance: HASH_BYTES }
      const column = { at: leaves + index * HASH_BYTES, distance: evenHashes(shards) }
      pairs.set(this.#hashes.root(row, shards), 2 * index * HASH_BYTES)
      // Pair i has the last secondary sliver but i.
      pairs.set(this.#hashes.root(column, shards), (2 * (shards - 1 - index) + 1) * HASH_BYTES)
    }
    const rootHash = this.#hashes.rootOfAll(pairs, 2 * HASH_BYTES)
    const preimage = new BcsWriter().uleb(RS2).u64(BigInt(size)).fixed(rootHash).finish()
    return { blobId: this.#hashes.of(preimage), rootHash, sliverHashes: pairs }
  }
}
