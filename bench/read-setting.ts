/**
 * For the read benches: a network in another process, packs of noise on it, and readers that know nothing yet.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect, loadDescriptor, type Network } from '@squid/client/networks'
import { WalrusStorage, type WalrusStorageOptions } from '@squid/client/storage'
import type { NodeFault } from '@squid/devnet'
import { rawChunk } from '@squid/formats/chunk'
import type { ChunkLocation } from '@squid/formats/locator'
import { noise } from '../test/publish/setting.ts'
import type { NetworkPlace } from './read-network.ts'

const MIB = 1024 * 1024
export const PACK_BYTES: number = 32 * MIB
const CHUNK_BYTES = 64 * 1024

/** A chunk of a pack that was stored. */
interface Placed {
  readonly id: Uint8Array
  readonly location: ChunkLocation
}

export interface StoredPack {
  /** As URLs have it. */
  readonly blobId: string
  /** File of the static server. */
  readonly file: string
  readonly size: number
  readonly chunks: readonly Placed[]
}

/** What stands between the network's process and this one. */
export interface Around {
  /** How the process is started. */
  command(command: readonly string[]): readonly string[]
  /** Called when it listens; what comes back is disposed of before it ends. */
  ready(place: NetworkPlace, pid: number): Promise<AsyncDisposable>
}

export interface ReadNetworkOptions {
  /** Default 100. */
  readonly shards?: number
  readonly around?: Around
}

/** A network of storage nodes in a process of its own. */
export class ReadNetwork implements AsyncDisposable {
  readonly network: Network
  readonly staticUrl: string
  readonly #adminUrl: string
  readonly #dir: string
  readonly #resources: AsyncDisposableStack

  private constructor(network: Network, place: NetworkPlace, dir: string, resources: AsyncDisposableStack) {
    this.network = network
    this.staticUrl = place.staticUrl
    this.#adminUrl = new URL(place.networkUrl).origin
    this.#dir = dir
    this.#resources = resources
  }

  static async start({ shards = 100, around }: ReadNetworkOptions = {}): Promise<ReadNetwork> {
    await using resources = new AsyncDisposableStack()
    const dir = await mkdtemp(join(tmpdir(), 'squid-bench-read-'))
    resources.defer(() => rm(dir, { recursive: true, force: true }))
    const program = new URL('./read-network.ts', import.meta.url).pathname
    const command = [process.execPath, program, dir, String(shards)]
    const [file = '', ...args] = around === undefined ? command : around.command(command)
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    resources.defer(async () => {
      child.stdin.end()
      await ended
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const place = JSON.parse(line) as NetworkPlace
    if (around !== undefined) resources.use(await around.ready(place, child.pid as number))
    const network = await connect(await loadDescriptor(place.networkUrl))
    return new ReadNetwork(network, place, dir, resources.move())
  }

  /** Stores `count` packs of noise, on the network and as files. */
  async store(count: number, packBytes: number = PACK_BYTES): Promise<readonly StoredPack[]> {
    const packs: StoredPack[] = []
    for (let index = 0; index < count; index++)
      packs.push(await this.#storePack(`pack-${index}`, noise(`pack ${index}`, packBytes)))
    return packs
  }

  /** A reader without any cache; the caller closes it. */
  reader(options: Partial<WalrusStorageOptions> = {}): WalrusStorage {
    return new WalrusStorage(this.network, { scheme: 'http', ...options })
  }

  async setFault(node: number, fault: NodeFault): Promise<void> {
    const body = JSON.stringify({ fault })
    const response = await fetch(`${this.#adminUrl}/walrus/nodes/${node}`, { method: 'POST', body })
    if (!response.ok) throw new Error(`fault: ${response.status} ${await response.text()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  async #storePack(file: string, bytes: Uint8Array): Promise<StoredPack> {
    await writeFile(join(this.#dir, file), bytes)
    const { publisher } = this.network.descriptor.walrus
    const response = await fetch(`${publisher}/v1/blobs?epochs=5`, {
      method: 'PUT',
      body: Uint8Array.from(bytes),
    })
    if (!response.ok) throw new Error(`publisher: ${response.status} ${await response.text()}`)
    const { newlyCreated } = (await response.json()) as { newlyCreated: { blobObject: { blobId: string } } }
    const { blobId } = newlyCreated.blobObject
    const blob = { id: Buffer.from(blobId, 'base64url'), size: bytes.length }
    const chunks: Placed[] = []
    for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
      const raw = bytes.subarray(offset, offset + CHUNK_BYTES)
      const { id, encoding, rawSize } = rawChunk(raw)
      chunks.push({ id, location: { blob, offset, length: raw.length, rawSize, encoding } })
    }
    return { blobId, file, size: bytes.length, chunks }
  }
}

/** Reads all chunks in order, as far ahead as a stream may; returns how many bytes they have. */
export async function readAll(storage: WalrusStorage, packs: readonly StoredPack[]): Promise<number> {
  using ahead = storage.startStream()
  const going: Promise<Uint8Array>[] = []
  let inFlight = 0
  let size = 0
  const take = async (): Promise<void> => {
    const bytes = await (going.shift() as Promise<Uint8Array>)
    inFlight -= bytes.length
    size += bytes.length
  }
  for (const { chunks } of packs)
    for (const { id, location } of chunks) {
      const reading = storage.readChunk(id, location)
      reading.catch(() => undefined)
      going.push(reading)
      inFlight += location.rawSize
      while (inFlight > ahead.bytes()) await take()
    }
  while (going.length > 0) await take()
  return size
}
