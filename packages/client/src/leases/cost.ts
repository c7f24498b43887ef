/**
 * What a Space's storage costs, and which flake causes it.
 * @module
 */
import { unitsOf } from './leases.ts'
import type { Survey } from './survey.ts'

/** Amounts are base units of WAL (1 WAL = 10⁹). */
export interface StorageCost {
  readonly blobs: number
  /** Bytes of all blobs, unencoded. */
  readonly bytes: bigint
  /** Bytes that Walrus stores for them. */
  readonly encodedBytes: bigint
  /** Stored bytes of needed chunks, each once. */
  readonly liveBytes: bigint
  /** The same, uncompressed. */
  readonly rawBytes: bigint
  /** For one more epoch of everything that is not condemned. */
  readonly walPerEpoch: bigint
  /** For 30 days. */
  readonly walPerMonth: number
  /** For 30 days and a GiB of stored chunks; undefined when nothing is needed. */
  readonly walPerGibMonth: number | undefined
  readonly flakes: readonly FlakeCost[]
  /** What no flake causes: dead chunks, the locator, indexes. Sums up with the flakes to `walPerEpoch`. */
  readonly overheadPerEpoch: bigint
  /** Storage that is paid for and holds no blob: the next blobs get it before any is bought. */
  readonly spares: readonly SpareCost[]
}

interface SpareCost {
  /** Encoded. */
  readonly bytes: bigint
  readonly epochsLeft: number
  /** What the same would cost now. */
  readonly wal: bigint
}

export interface FlakeCost {
  readonly name: string
  readonly releases: number
  /** Stored bytes of its chunks; one that several flakes share counts for each in equal parts. */
  readonly bytes: number
  readonly walPerEpoch: bigint
}

const GIB = 2 ** 30
const MONTH_MS = 30 * 24 * 60 * 60 * 1000

/** Cost at the current prices, with what must be kept as the survey found it. */
export function storageCost({
  leases: { leases, spares, terms },
  flakes,
  needed,
  chunks,
}: Survey): StorageCost {
  const kept = leases.filter(lease => lease.condemnedMs === undefined && lease.endEpoch > terms.epoch)
  const bytes = kept.reduce((sum, { size }) => sum + size, 0n)
  const walPerEpoch = kept.reduce((sum, { encodedSize }) => sum + unitsOf(encodedSize) * terms.unitPrice, 0n)
  const shares = flakes.map(() => 0)
  let liveBytes = 0n
  let rawBytes = 0n
  for (const [key, users] of needed) {
    const location = chunks.get(key)?.location
    if (location === undefined) continue
    liveBytes += BigInt(location.length)
    rawBytes += BigInt(location.rawSize)
    for (const user of users) shares[user] = (shares[user] ?? 0) + location.length / users.size
  }
  const flakeCosts = flakes.map(({ name, releases }, index) => {
    const share = shares[index] ?? 0
    return {
      name,
      releases: releases.length,
      bytes: Math.round(share),
      walPerEpoch: bytes === 0n ? 0n : (walPerEpoch * BigInt(Math.floor(share))) / bytes,
    }
  })
  const walPerMonth = (Number(walPerEpoch) * MONTH_MS) / Number(terms.epochMs)
  return {
    blobs: kept.length,
    bytes,
    encodedBytes: kept.reduce((sum, { encodedSize }) => sum + encodedSize, 0n),
    liveBytes,
    rawBytes,
    walPerEpoch,
    walPerMonth,
    walPerGibMonth: liveBytes === 0n ? undefined : (walPerMonth * GIB) / Number(liveBytes),
    flakes: flakeCosts,
    overheadPerEpoch: walPerEpoch - flakeCosts.reduce((sum, cost) => sum + cost.walPerEpoch, 0n),
    spares: spares
      .filter(({ endEpoch }) => endEpoch > terms.epoch)
      .map(({ size, endEpoch }) => {
        const epochsLeft = endEpoch - terms.epoch
        return { bytes: size, epochsLeft, wal: unitsOf(size) * terms.unitPrice * BigInt(epochsLeft) }
      }),
  }
}
