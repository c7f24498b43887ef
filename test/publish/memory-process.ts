/**
 * A process that publishes one large NAR, or reads it back, as streams: `node memory-process.ts JSON`. Prints one
 * JSON line. One process for each, because the largest resident set is the process's.
 */
import { createCipheriv, createHash } from 'node:crypto'

import { homeFrom } from '@squid/client/home'
import { publish } from '@squid/client/publish'
import { encodeUtf8 } from '@squid/formats/bytes'
import { encodeNar, hashStream, type NarEvent } from '@squid/formats/nar'
import { sourcePath } from '@squid/formats/store-path'

import { openAccount, openContents, openStorage, publicationOf } from './setting.ts'

/** What the process is told. */
export interface MemoryOrders {
  readonly networkUrl: string
  readonly homeDir: string
  readonly space: string
  /** Of the file in the NAR. */
  readonly bytes: number
  readonly upload: 'auto' | 'nodes'
  /** The release to read back; undefined publishes. */
  readonly flake: string | undefined
}

export interface PublishReport {
  readonly flake: string
  readonly packs: number
  readonly transactions: number
  /** Largest resident set of the process; bytes. */
  readonly maxRss: number
  readonly seconds: number
}

export interface ReadReport {
  readonly isSame: boolean
  /** Largest resident set of the process; bytes. */
  readonly maxRss: number
  readonly seconds: number
}

const PIECE = 1024 * 1024
const orders = JSON.parse(process.argv[2] ?? '') as MemoryOrders

/** A third is noise, the rest repeats: about what programs are like for a compressor. */
function* content(): Generator<Uint8Array> {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, orders.upload), Buffer.alloc(16))
  const zeros = Buffer.alloc(PIECE)
  for (let left = orders.bytes; left > 0; left -= PIECE) {
    const piece = cipher.update(zeros)
    for (let at = 0; at + 96 <= PIECE; at += 96) piece.fill('squid', at + 32, at + 96)
    yield piece.subarray(0, Math.min(left, PIECE))
  }
}

function* events(): Generator<NarEvent> {
  yield { kind: 'file', name: encodeUtf8(''), executable: false, size: orders.bytes }
  for (const bytes of content()) yield { kind: 'data', bytes }
}

function maxRss(): number {
  return process.resourceUsage().maxRSS * 1024
}

const { hash, size } = await hashStream(encodeNar(events()))
const large = {
  storePath: sourcePath(hash, 'large'),
  narHash: hash,
  narSize: size,
  references: [],
  nar: () => encodeNar(events()),
}
const home = homeFrom({ SQUID_HOME: orders.homeDir })
const account = await openAccount(orders.networkUrl, home)
const storage = openStorage(account.network)
const began = performance.now()

async function publishIt(): Promise<PublishReport> {
  const publication = await publicationOf(orders.space, `large-${orders.upload}`, [])
  const { flake, packs, transactions } = await publish(
    { account, storage, home },
    { ...publication, paths: [...publication.paths, large] },
    { upload: orders.upload },
  )
  return { flake, packs, transactions: transactions.length, ...figures() }
}

async function readIt(flake: string): Promise<ReadReport> {
  const contents = await openContents(account, storage, orders.space, flake, 1n)
  const entry = await contents.lookup(large.storePath)
  const read = createHash('sha256')
  if (entry !== undefined) for await (const piece of contents.nar(entry)) read.update(piece)
  return { isSame: read.digest().equals(hash), ...figures() }
}

function figures(): { maxRss: number; seconds: number } {
  return { maxRss: maxRss(), seconds: (performance.now() - began) / 1000 }
}

const report = orders.flake === undefined ? await publishIt() : await readIt(orders.flake)
await storage.close()
console.log(JSON.stringify(report))
