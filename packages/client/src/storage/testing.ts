/**
 * Storage nodes for tests: real slivers, made by the official encoder, served over real HTTP, by nodes that can
 * be told to misbehave. For everything above, tests use the embedded devnet.
 * @module
 */
import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { bcs } from '@mysten/sui/bcs'
import init, { BlobEncoder } from '@mysten/walrus-wasm'

import type { Committee, StorageNode } from './committee.ts'
import { blobGeometry, shardOfPair } from './layout.ts'

/** `forges` gives right slivers and false metadata. */
export type Fault = 'tamper' | 'forges' | 'down' | 'not found' | 'endless' | 'slow' | 'hangs' | undefined

const SLOW_MS = 400

export interface StoredBlob {
  readonly blobId: Uint8Array
  readonly bytes: Uint8Array
  /** BCS `SliverData` of every primary sliver. */
  readonly slivers: readonly Uint8Array[]
  /** As nodes serve it: the id, then BCS `BlobMetadata`. */
  readonly metadata: Uint8Array
  /** A primary sliver without its frame. */
  row(index: number): Uint8Array
}

interface EncoderHash {
  readonly Digest: readonly number[]
}

/** What the official encoder says of a blob. */
interface EncoderMetadata {
  readonly blob_id: readonly number[]
  readonly metadata: {
    readonly V1: {
      readonly hashes: readonly { readonly primary_hash: EncoderHash; readonly secondary_hash: EncoderHash }[]
    }
  }
}

export async function encodeForTest(bytes: Uint8Array, shards: number): Promise<StoredBlob> {
  init()
  using encoder = new BlobEncoder(shards)
  const { rowSize, primarySymbols, symbolSize } = blobGeometry(bytes.length, shards)
  const buffer = (size: number): Uint8Array => new Uint8Array(size + ulebLength(size) + 4)
  const primary = Array.from({ length: shards }, () => buffer(rowSize))
  const secondary = Array.from({ length: shards }, () => buffer(primarySymbols * symbolSize))
  const [metadata] = encoder.encode(bytes, primary, secondary) as [EncoderMetadata]
  const head = ulebLength(rowSize)
  return {
    blobId: Uint8Array.from(metadata.blob_id),
    bytes,
    slivers: primary,
    metadata: encodeMetadata(metadata, bytes.length),
    row: index => (primary[index] as Uint8Array).slice(head, head + rowSize),
  }
}

function encodeMetadata({ blob_id: id, metadata }: EncoderMetadata, size: number): Uint8Array {
  const { hashes } = metadata.V1
  return bcs
    .tuple([
      bcs.fixedArray(32, bcs.u8()),
      bcs.struct('V1', { version: bcs.u8(), encoding: bcs.u8(), size: bcs.u64() }),
      bcs.vector(bcs.tuple([bcs.u8(), bcs.bytes(32), bcs.u8(), bcs.bytes(32)])),
    ])
    .serialize([
      [...id],
      { version: 0, encoding: 1, size },
      hashes.map(({ primary_hash: primary, secondary_hash: secondary }) => [
        1,
        Uint8Array.from(primary.Digest),
        1,
        Uint8Array.from(secondary.Digest),
      ]),
    ])
    .toBytes()
}

/** Each liar lies its own way: equal errors could cancel out in some choices of slivers. */
function tamper(body: Uint8Array, shard: number): void {
  const noise = createHash('sha256').update(`liar ${shard}`).digest()
  noise.forEach((byte, i) => (body[10 + i] = (body[10 + i] ?? 0) ^ byte))
}

function forge(metadata: Uint8Array): Uint8Array {
  const last = metadata.length - 1
  return metadata.with(last, (metadata[last] as number) ^ 1)
}

function ulebLength(size: number): number {
  return size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x20_0000 ? 3 : 4
}

/** One node a shard, all on loopback. */
export class TestNodes implements AsyncDisposable {
  readonly committee: Committee
  readonly faults: Fault[] = []
  /** Requests for slivers answered or refused, by node. */
  readonly requests: number[] = []
  readonly #servers: readonly Server[]

  private constructor(servers: readonly Server[]) {
    this.#servers = servers
    const nodes: StorageNode[] = servers.map((server, index) => ({
      id: String(index),
      name: `node-${index}`,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    }))
    this.committee = { epoch: 1, shards: nodes.length, nodes, byShard: nodes }
  }

  static async start(shards: number, blob: StoredBlob): Promise<TestNodes> {
    const servers: Server[] = []
    for (let shard = 0; shard < shards; shard++) {
      const server = createServer((request, response) => {
        if (request.url?.endsWith('/primary') === true)
          nodes.requests[shard] = (nodes.requests[shard] ?? 0) + 1
        if (request.url?.endsWith('/metadata') === true && nodes.faults[shard] !== 'down')
          return response.end(nodes.faults[shard] === 'forges' ? forge(blob.metadata) : blob.metadata)
        const row = Number(/^\/v1\/blobs\/[\w-]+\/slivers\/(\d+)\/primary$/.exec(request.url ?? '')?.[1])
        const fault = nodes.faults[shard]
        const body = Uint8Array.from(blob.slivers[row] ?? [])
        if (fault === 'down') return request.socket.destroy()
        if (fault === 'not found' || shardOfPair(row, blob.blobId, shards) !== shard)
          return response.writeHead(404).end()
        if (fault === 'hangs') return
        if (fault === 'slow') return void setTimeout(() => response.end(body), SLOW_MS)
        if (fault === 'tamper') tamper(body, shard)
        if (fault === 'endless') return response.end(Buffer.concat([body, new Uint8Array(body.length)]))
        return response.end(body)
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      servers.push(server)
    }
    const nodes: TestNodes = new TestNodes(servers)
    return nodes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}
