/**
 * Closures of any size that no Nix has built: the same number gives the same paths, and memory stays outside of the
 * heap, so that a process can measure what the formats take.
 * @module
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import {
  createChunkList,
  type Emit,
  type ManifestEntry,
  NO_REWRITES,
  type NodeLoader,
} from '@squid/formats/manifest'
import { joinStorePath, type StorePath } from '@squid/formats/store-path'

/** 18 bits of the order's keys are the path's number. */
const NUMBER_BITS = 18n
const PREFIX_BITS = 46n

function seed(text: string): Uint8Array {
  return sha256(encodeUtf8(text))
}

function hashPart(number: number): Uint8Array {
  return seed(`path ${number}`).subarray(0, 20)
}

/** The store path with this number; most names of nixpkgs are about as long. */
export function syntheticPath(number: number): StorePath {
  return joinStorePath(hashPart(number), `package-${number}-1.${number % 100}.0`)
}

/**
 * An entry as a release of programs has it: a handful of references, a deriver, and chunks by size of the NAR: one
 * path in a hundred is so large that its chunks stand in a list.
 */
async function syntheticEntry(number: number, emit: Emit): Promise<ManifestEntry> {
  const facts = seed(`facts ${number}`)
  const [references = 0, size = 0, large = 0] = facts
  const count = large === 0 ? 300 : 1 + (size >> 4)
  const ids = Array.from({ length: count }, (_, i) => seed(`chunk ${number} ${i}`))
  return {
    storePath: syntheticPath(number),
    narHash: facts,
    narSize: BigInt(count) * 65_536n,
    references: Array.from({ length: references & 7 }, (_, i) => syntheticPath(number + i)).toSorted(),
    deriver: joinStorePath(facts.subarray(0, 20), `package-${number}-1.${number % 100}.0.drv`),
    signatures: [],
    chunks: await createChunkList(ids, emit),
    rewrites: NO_REWRITES,
  }
}

/** The entries with the numbers 0 to `count`, less those left out, in the order of their hash parts. */
export async function* syntheticEntries(
  count: number,
  emit: Emit,
  isThere: (number: number) => boolean = () => true,
): AsyncGenerator<ManifestEntry> {
  const order = BigUint64Array.from({ length: count }, (_, number) => {
    const prefix = new DataView(hashPart(number).slice().buffer).getBigUint64(0) >> (64n - PREFIX_BITS)
    return (prefix << NUMBER_BITS) | BigInt(number)
  }).sort()
  for (const key of order) {
    const number = Number(key & ((1n << NUMBER_BITS) - 1n))
    if (isThere(number)) yield await syntheticEntry(number, emit)
  }
}

/** Nodes of manifests by digest, in a file. */
export class NodeFile {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #select: StatementSync
  /** Nodes loaded since the last `take`. */
  #loads = 0
  /** Nodes that were not there before, and their bytes. */
  #nodes = 0
  #bytes = 0

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec(
      'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE IF NOT EXISTS node (digest BLOB PRIMARY KEY, bytes BLOB) WITHOUT ROWID',
    )
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO node VALUES (?, ?)')
    this.#select = this.#database.prepare('SELECT bytes FROM node WHERE digest = ?')
  }

  readonly emit: Emit = ({ digest, bytes }) => {
    if (this.#insert.run(digest, bytes).changes === 0) return
    this.#nodes++
    this.#bytes += bytes.length
  }

  readonly load: NodeLoader = async digest => {
    this.#loads++
    const row = this.#select.get(digest) as { bytes: Uint8Array } | undefined
    if (row === undefined) throw new Error(`no node ${formatHex(digest)}`)
    return row.bytes
  }

  /** What happened since the last time. */
  take(): { readonly loads: number; readonly nodes: number; readonly bytes: number } {
    const taken = { loads: this.#loads, nodes: this.#nodes, bytes: this.#bytes }
    this.#loads = 0
    this.#nodes = 0
    this.#bytes = 0
    return taken
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
