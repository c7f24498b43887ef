/**
 * Closures to measure a binary cache with: store paths of one file each, which nobody built.
 * @module
 */
import { createCipheriv } from 'node:crypto'
import { formatBase32 } from '@squid/formats/base32'
import { sha256 } from '@squid/formats/hash'
import { encodeNar, hashStream, type NarEvent } from '@squid/formats/nar'
import { fixedOutputPath, type StorePath } from '@squid/formats/store-path'

const KIB = 1024
const MIB = 1024 * KIB

/** A store path to serve. */
export interface SyntheticPath {
  readonly storePath: StorePath
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly references: readonly StorePath[]
  readonly ca: string
  readonly nar: () => AsyncIterable<Uint8Array>
}

/** Paths, references before those that refer to them; the last one needs all others. */
export interface Closure {
  readonly name: string
  readonly paths: readonly SyntheticPath[]
  readonly root: StorePath
}

/** What a closure looks like. */
interface Shape {
  readonly paths: number
  readonly bytes: number
  /** Each path refers to the one before, else only the root refers to all. */
  readonly isChain?: boolean
}

/** Those of the issue. */
export type ClosureName = 'deep' | 'small' | 'big'

const SHAPES: Readonly<Record<ClosureName, Shape>> = {
  deep: { paths: 200, bytes: 200, isChain: true },
  small: { paths: 1000, bytes: 2 * KIB },
  big: { paths: 200, bytes: 5 * MIB + 120 * KIB },
}

/** Bytes that do not compress, always the same. */
function noise(seed: string, size: number): Uint8Array {
  const cipher = createCipheriv('aes-128-ctr', sha256(Buffer.from(seed)).subarray(0, 16), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(size))
}

function events(bytes: Uint8Array): NarEvent[] {
  const file = { kind: 'file', name: new Uint8Array(), executable: false, size: bytes.length } as const
  return [file, { kind: 'data', bytes }]
}

async function pathOf(name: string, size: number, references: readonly StorePath[]): Promise<SyntheticPath> {
  const nar = (): AsyncIterable<Uint8Array> => encodeNar(events(noise(name, size)))
  const { hash: narHash, size: narSize } = await hashStream(nar())
  const hash = { algorithm: 'sha256', digest: narHash } as const
  const sorted = references.toSorted()
  const storePath = fixedOutputPath({ hash, recursive: true }, name, sorted)
  return {
    storePath,
    narHash,
    narSize,
    references: sorted,
    ca: `fixed:r:sha256:${formatBase32(narHash)}`,
    nar,
  }
}

/** @param share of the bytes that the issue asks for */
export async function createClosure(name: ClosureName, share = 1): Promise<Closure> {
  const { paths: count, bytes, isChain = false } = SHAPES[name]
  const paths: SyntheticPath[] = []
  for (let i = 0; i < count; i++) {
    const before = paths.at(-1)
    const size = Math.round(bytes * share)
    paths.push(await pathOf(`${name}-${i}`, size, isChain && before !== undefined ? [before.storePath] : []))
  }
  const all = paths.map(({ storePath }) => storePath)
  const root = await pathOf(`${name}-root`, 100, isChain ? all.slice(-1) : all)
  return { name, paths: [...paths, root], root: root.storePath }
}
