/**
 * The network's own folder: the seed of its keys (readable by the owner only), where things are on the ledger, and where
 * nodes and gateways listened last. Without a folder nothing is kept.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import type { LedgerIds } from './genesis.ts'

/** Base URLs, without trailing slash. */
export interface NetworkUrls {
  /** Of the nodes, by index. */
  readonly urls: readonly string[]
  readonly relayUrl: string
  readonly aggregatorUrl: string
  readonly publisherUrl: string
}

/** What is kept between runs. */
export interface NetworkRecord extends NetworkUrls {
  readonly ids: LedgerIds
}

const SEED = 'seed'
const RECORD = 'network.json'

/** The seed of a new network's keys, written down before it is used. */
export async function createSeed(dir: string | undefined): Promise<Uint8Array> {
  const seed = randomBytes(32)
  if (dir !== undefined) await writeFile(join(dir, SEED), seed, { mode: 0o600 })
  return seed
}

/** @throws {SquidError} `WALRUS_DIR` when the folder does not hold a network */
export async function readSeed(dir: string | undefined): Promise<Uint8Array> {
  const seed = dir === undefined ? undefined : await readFile(join(dir, SEED)).catch(() => undefined)
  if (seed?.length !== 32) throw damaged(dir)
  return seed
}

/** @throws {SquidError} `WALRUS_DIR` when the folder does not hold a network */
export async function readRecord(dir: string | undefined): Promise<NetworkRecord> {
  if (dir === undefined) throw damaged(dir)
  try {
    return JSON.parse(await readFile(join(dir, RECORD), 'utf8')) as NetworkRecord
  } catch (cause) {
    throw damaged(dir, cause)
  }
}

/** All or nothing. */
export async function writeRecord(dir: string | undefined, record: NetworkRecord): Promise<void> {
  if (dir === undefined) return
  await writeFile(join(dir, `${RECORD}.new`), JSON.stringify(record))
  await rename(join(dir, `${RECORD}.new`), join(dir, RECORD))
}

function damaged(dir: string | undefined, cause?: unknown): SquidError {
  return new SquidError(
    'WALRUS_DIR',
    `The folder ${dir ?? '(none)'} does not hold the storage network of this chain; remove the network's folder and start anew`,
    { cause },
  )
}
