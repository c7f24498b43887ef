/**
 * `pack.dedupe-leaf`: one program of many is built anew; what its release stores beside what the first one stored.
 * `pack.dedupe-mass`: everything is built anew with another prefix, as after a change of the C library: the same
 * programs with other store hashes wherever they name a path; cut as they are, and with the hashes masked first (then
 * only a table of them is new). The programs are this machine's, their absolute paths turned into store paths.
 */
import { hash } from 'node:crypto'

import { Chunker, encodeChunk } from '@squid/formats/chunk'
import { publish } from '@squid/client/publish'

import { startNetworkChild } from '../test/publish/network-child.ts'
import { createPerson, publicationOf } from '../test/publish/setting.ts'
import { type Program, systemPrograms } from './binaries.ts'
import type { Figure } from './figure.ts'

const MIB = 1024 * 1024
const CLOSURE_BYTES = 48 * MIB
/** A page of a program, in each of which a rebuilt one has other bytes. */
const PAGE_BYTES = 4096

export async function dedupeLeafBench(): Promise<Figure[]> {
  await using network = await startNetworkChild()
  await using alice = await createPerson(network.networkUrl, 'alice')
  const programs = await systemPrograms(CLOSURE_BYTES)
  const bySize = programs.toSorted((a, b) => a.bytes.length - b.bytes.length)
  const changed = bySize[Math.floor(bySize.length * 0.9)]
  if (changed === undefined) throw new Error('this machine has no programs')
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const first = await publish(deps, await publicationOf(alice.space, 'leaf', contents(programs)))
  const next = programs.map(program => (program === changed ? rebuilt(program) : program))
  const second = await publish(deps, await publicationOf(alice.space, 'leaf', contents(next)))
  const value = (second.storedBytes / first.storedBytes) * 100
  return [
    {
      bench: 'pack.dedupe-leaf',
      figure: `${programs.length} programs, ${(changed.bytes.length / 1024).toFixed(0)} KiB changed`,
      value,
      unit: '%',
      versus: `the first release (${(first.storedBytes / MIB).toFixed(1)} MiB stored)`,
      ratio: value / 100,
    },
  ]
}

function contents(programs: readonly Program[]): (readonly [string, Uint8Array])[] {
  return programs.map(({ name, bytes }) => [name.replaceAll(/[^A-Za-z0-9+._-]/g, '-'), bytes] as const)
}

function rebuilt({ name, bytes }: Program): Program {
  const other = Buffer.from(bytes)
  for (let at = 0; at < other.length; at += PAGE_BYTES) other[at] = (other[at] ?? 0) ^ 0xff
  return { name, bytes: other }
}

/** Folders that a program of Nix would name in the store. */
const PATHS = /\/(?:usr\/(?:lib|share|bin|libexec)|lib64|lib|bin|etc)\/[\w.-]+/g
const HASH_CHARS = 32

/** A program as Nix would build it: each path lies in a store path, whose hash depends on the path and the `build`. */
function asBuilt({ bytes }: Program, build: string): Buffer {
  const text = Buffer.from(bytes).toString('latin1')
  const store = text.replaceAll(PATHS, path => `/nix/store/${storeHash(path, build)}-package${path}`)
  return Buffer.from(store, 'latin1')
}

function storeHash(path: string, build: string): string {
  return hash('sha256', `${build} ${path}`, 'hex').slice(0, HASH_CHARS)
}

const STORE_HASH = /\/nix\/store\/[0-9a-f]{32}-/g
const STORE_PREFIX = '/nix/store/'.length

/** Hashes replaced by zeros, and the table that brings them back: gaps between them, and which hash each is. */
function masked(bytes: Buffer): { readonly body: Buffer; readonly table: Buffer } {
  const hashes = new Map<string, number>()
  const numbers: number[] = []
  let last = 0
  const text = bytes.toString('latin1').replaceAll(STORE_HASH, (found, at: number) => {
    const key = found.slice(STORE_PREFIX, STORE_PREFIX + HASH_CHARS)
    const index = hashes.get(key) ?? hashes.size
    hashes.set(key, index)
    numbers.push(at - last, index)
    last = at
    return `/nix/store/${'0'.repeat(HASH_CHARS)}-`
  })
  // 20 bytes each, as store hashes have; numbers of four bytes, which zstd shortens.
  const table = Buffer.concat([
    ...[...hashes.keys()].map(key => Buffer.from(key, 'hex')),
    Buffer.from(Uint32Array.from(numbers).buffer),
  ])
  return { body: Buffer.from(text, 'latin1'), table }
}

/** Stored bytes of the chunks of one program that are not known yet. */
function storedBytes(bytes: Uint8Array, known: Set<string>): number {
  const chunker = new Chunker()
  let stored = 0
  for (const chunk of [...chunker.push(bytes), ...chunker.finish()]) {
    const id = hash('sha256', chunk)
    if (known.has(id)) continue
    known.add(id)
    stored += encodeChunk(chunk).bytes.length
  }
  return stored
}

export async function dedupeMassBench(): Promise<Figure[]> {
  const programs = await systemPrograms(CLOSURE_BYTES)
  const ways = [
    { name: 'as they are', stored: storedBytes },
    {
      name: 'store hashes masked',
      stored: (bytes: Buffer, known: Set<string>) => {
        const { body, table } = masked(bytes)
        return storedBytes(body, known) + encodeChunk(table).bytes.length
      },
    },
  ]
  return ways.map(({ name, stored }) => {
    const known = new Set<string>()
    const [first = 0, second = 0] = ['first', 'second'].map(build =>
      programs.reduce((sum, program) => sum + stored(asBuilt(program, build), known), 0),
    )
    return {
      bench: 'pack.dedupe-mass',
      figure: name,
      value: (second / first) * 100,
      unit: '%',
      versus: `the first build (${(first / MIB).toFixed(1)} MiB stored)`,
      ratio: second / first,
    }
  })
}
