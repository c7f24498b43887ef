/**
 * Looks chunks up in the indexes of packs, for what the locator does not know.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { equalBytes, formatHex } from '@squid/formats/bytes'
import { MAX_STORED_RAW_BYTES } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import type { BlobPlace, LocatedChunk } from '@squid/formats/locator'
import { type PackEntry, readPackIndex } from '@squid/formats/pack'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import type { Lease } from './leases.ts'

/** A first guess of how long an index is. */
const TAIL_BYTES = 64 * 1024

/**
 * Where the chunks are. Every place was tried: the chunk can be read there.
 * @param leases of the blobs to look into; blobs that cannot be read are passed over
 */
export async function findInPacks(
  storage: WalrusStorage,
  leases: readonly Lease[],
  ids: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<readonly LocatedChunk[]> {
  const wanted = new Map(ids.map(id => [formatHex(id), id]))
  const found: LocatedChunk[] = []
  for (const { blobId, size } of leases) {
    if (wanted.size === 0) break
    const blob = { id: bcs.u256().serialize(blobId).toBytes(), size: Number(size) }
    for (const entry of await indexOf(storage, blob, signal)) {
      const id = wanted.get(formatHex(entry.id))
      if (id === undefined) continue
      const { offset, length, rawSize, encoding } = entry
      const location = { blob, offset, length, rawSize, encoding }
      try {
        await storage.readChunk(id, location, signal)
      } catch (error) {
        if (signal?.aborted || !(error instanceof SquidError)) throw error
        continue
      }
      found.push({ id, location })
      wanted.delete(formatHex(id))
    }
  }
  return found
}

/** The index of a pack; nothing of a blob that is none, or cannot be read. */
async function indexOf(
  storage: WalrusStorage,
  blob: BlobPlace,
  signal: AbortSignal | undefined,
): Promise<readonly PackEntry[]> {
  try {
    const guess = await readTail(storage, blob, Math.min(TAIL_BYTES, blob.size), signal)
    const index = readPackIndex(guess, blob.size)
    if ('entries' in index) return index.entries
    const whole = readPackIndex(await readTail(storage, blob, index.needTailBytes, signal), blob.size)
    return 'entries' in whole ? whole.entries : []
  } catch (error) {
    if (signal?.aborted || !(error instanceof SquidError)) throw error
    return []
  }
}

/** The last bytes of a blob. Only its trailer can be checked here: chunks are checked when they are read. */
async function readTail(
  storage: WalrusStorage,
  blob: BlobPlace,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { reader } = await storage.open()
  const parts: Uint8Array[] = []
  for (let at = blob.size - length; at < blob.size;) {
    const part = Math.min(blob.size - at, MAX_STORED_RAW_BYTES)
    const isLast = at + part === blob.size
    const range = { blobId: blob.id, blobSize: blob.size, offset: at, length: part }
    parts.push(
      await reader.read(range, bytes => (isLast && !endsLikePack(bytes) ? undefined : bytes.slice()), signal),
    )
    at += part
  }
  return Buffer.concat(parts)
}

const MAGIC = new TextEncoder().encode('squidpk1')

function endsLikePack(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(-MAGIC.length), MAGIC)
}
