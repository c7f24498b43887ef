/**
 * `pack.dedupe-leaf`: one program of many is built anew; what its release stores beside what the first one stored.
 * `pack.dedupe-mass`: everything is built anew with another prefix, as after a change of the C library: the same
 * programs with other store hashes wherever they name a path; cut as they are, with the hashes masked first, and that
 * as releases, with manifest and locator. The programs are this machine's, their absolute paths turned into store paths.
 */
import { Chunker, encodeChunk } from '@squid/formats/chunk'
import { formatHex } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import { knownHashes, NarCutter } from '@squid/formats/mask'
import { publish, type Publication } from '@squid/client/publish'

import { startNetworkChild } from '../test/publish/network-child.ts'
import { createPerson, pathOf, publicationOf } from '../test/publish/setting.ts'
import { asBuilt, type BuiltProgram, type Program, systemPrograms } from './binaries.ts'
import type { Figure } from './figure.ts'

const MIB = 1024 * 1024
const CLOSURE_BYTES = 48 * MIB
/** A page of a program, in each of which a rebuilt one has other bytes. */
const PAGE_BYTES = 4096

export async function dedupeLeafBench(): Promise<Figure[]> {
  const programs = await systemPrograms(CLOSURE_BYTES)
  const bySize = programs.toSorted((a, b) => a.bytes.length - b.bytes.length)
  const changed = bySize[Math.floor(bySize.length * 0.9)]
  if (changed === undefined) throw new Error('this machine has no programs')
  const next = programs.map(program => (program === changed ? rebuilt(program) : program))
  const [first, second] = await released(
    [programs, next].map(build => space => publicationOf(space, 'leaf', contents(build))),
  )
  const figure = `${programs.length} programs, ${(changed.bytes.length / 1024).toFixed(0)} KiB changed`
  return [{ ...figureOf('pack.dedupe-leaf', figure, first, second), bar: '<= 5 %' }]
}

/** Bytes that each of some releases stores, one after another in one Space. */
async function released(
  publications: readonly ((space: string) => Promise<Publication>)[],
): Promise<[number, number]> {
  await using network = await startNetworkChild()
  await using alice = await createPerson(network.networkUrl, 'alice')
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const stored: number[] = []
  for (const publication of publications)
    stored.push((await publish(deps, await publication(alice.space))).storedBytes)
  const [first = 0, second = 0] = stored
  return [first, second]
}

function figureOf(bench: string, figure: string, first: number, second: number): Figure {
  const ratio = second / first
  const versus = `the first one (${(first / MIB).toFixed(1)} MiB stored)`
  return { bench, figure, value: ratio * 100, unit: '%', versus, ratio }
}

function contents(programs: readonly Program[]): (readonly [string, Uint8Array])[] {
  return programs.map(({ name, bytes }) => [name.replaceAll(/[^A-Za-z0-9+._-]/g, '-'), bytes] as const)
}

function rebuilt({ name, bytes }: Program): Program {
  const other = Buffer.from(bytes)
  for (let at = 0; at < other.length; at += PAGE_BYTES) other[at] = (other[at] ?? 0) ^ 0xff
  return { name, bytes: other }
}

export async function dedupeMassBench(): Promise<Figure[]> {
  const programs = await systemPrograms(CLOSURE_BYTES)
  const builds = ['first', 'second'].map(build => programs.map(program => asBuilt(program, build)))
  const figures = [
    { figure: 'as they are', pieces: plainPieces },
    { figure: 'store hashes masked', pieces: maskedPieces },
  ].map(({ figure, pieces }) => {
    const known = new Set<string>()
    const [first = 0, second = 0] = builds.map(build =>
      build.flatMap(pieces).reduce((sum, piece) => sum + storedBytes(piece, known), 0),
    )
    return figureOf('pack.dedupe-mass', figure, first, second)
  })
  const [first, second] = await released(builds.map(build => space => publicationOfBuild(space, build)))
  return [...figures, figureOf('pack.dedupe-mass', 'masked, as releases', first, second)]
}

/** What is stored of a program: chunks, and bytes that stand in the manifest. */
interface Piece {
  readonly bytes: Uint8Array
  readonly isChunk: boolean
}

function plainPieces({ bytes }: BuiltProgram): Piece[] {
  const chunker = new Chunker()
  return [...chunker.push(bytes), ...chunker.finish()].map(chunk => ({ bytes: chunk, isChunk: true }))
}

function maskedPieces({ storePath, references, bytes }: BuiltProgram): Piece[] {
  const cutter = new NarCutter(knownHashes(storePath, references))
  const [first, last] = [cutter.push(Uint8Array.from(bytes)), cutter.finish()]
  const chunks = [...first.nar, ...last.nar, ...first.places, ...last.places]
  return [
    ...chunks.map(chunk => ({ bytes: chunk, isChunk: true })),
    { bytes: last.inlinePlaces ?? new Uint8Array(0), isChunk: false },
    // Their numbers: a byte each, mostly.
    { bytes: Uint8Array.from(last.hashes), isChunk: false },
  ]
}

/** Stored bytes of what is not known yet. */
function storedBytes({ bytes, isChunk }: Piece, known: Set<string>): number {
  if (!isChunk) return bytes.length
  const id = formatHex(sha256(bytes))
  if (known.has(id)) return 0
  known.add(id)
  return encodeChunk(bytes).bytes.length
}

async function publicationOfBuild(space: string, build: readonly BuiltProgram[]): Promise<Publication> {
  const publication = await publicationOf(space, 'mass', [])
  const paths = [...publication.paths]
  for (const { storePath, references, bytes } of build) {
    const { ca: _, ...path } = await pathOf('program', bytes)
    paths.push({ ...path, storePath, references })
  }
  return { ...publication, paths }
}
