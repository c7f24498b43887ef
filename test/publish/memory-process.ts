/**
 * A process that publishes one large NAR and reads it back, both as streams: `node memory-process.ts JSON`. Prints
 * one JSON line.
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
}

export interface MemoryReport {
  readonly packs: number
  readonly transactions: number
  readonly storedBytes: number
  /** Largest resident set after publishing, and after reading as well; bytes. */
  readonly publishRss: number
  readonly readRss: number
  readonly isSame: boolean
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
const account = await openAccount(orders.networkUrl, homeFrom({ SQUID_HOME: orders.homeDir }))
const storage = openStorage(account.network)
const publication = await publicationOf(orders.space, `large-${orders.upload}`, [])
const deps = { account, storage, home: homeFrom({ SQUID_HOME: orders.homeDir }) }
const result = await publish(
  deps,
  { ...publication, paths: [...publication.paths, large] },
  { upload: orders.upload },
)
const publishRss = maxRss()

const contents = await openContents(account, storage, result.space, result.flake, result.version)
const entry = await contents.lookup(large.storePath)
const read = createHash('sha256')
if (entry !== undefined) for await (const piece of contents.nar(entry)) read.update(piece)
await storage.close()
const report: MemoryReport = {
  packs: result.packs,
  transactions: result.transactions.length,
  storedBytes: result.storedBytes,
  publishRss,
  readRss: maxRss(),
  isSame: read.digest().equals(hash),
}
console.log(JSON.stringify(report))
