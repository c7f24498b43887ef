/**
 * The root record of a manifest: what a Release on the ledger commits to by SHA-256 of its bytes.
 *
 *     root      = source NAR hash (32 bytes), flake, systems vector<system>, holds u8, tree
 *     flake     = last modified u64 (seconds since 1970), revision option<string>, description option<string>
 *     system    = name string, attributes vector<attribute>          sorted by name
 *     attribute = name string, derivation option<path>, outputs vector<(name string, path)>,
 *                 outputs to install vector<string>, main program option<string>      sorted by name
 *     holds     = bit 0: every fixed-output source, bit 1: the intermediates of the build
 *     tree      = digest (32 bytes), paths u32, NAR bytes u64
 *
 * Strings have no control and no direction characters, but lines in the description.
 *
 * Behind the domain tag `squid.manifest.root.1`. Names are sorted by their UTF-8 bytes.
 * @module
 */
import type { BcsReader, BcsWriter } from '../bcs/index.ts'
import { compareBytes, encodeUtf8 } from '../bytes/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import { SHA256_BYTES } from '../hash/index.ts'
import { isStorePath, STORE_DIR, type StorePath } from '../store-path/index.ts'
import { readStorePath, writeStorePath } from './entry.ts'
import { assertDigest, createNode, digest, type ManifestNode, openNode } from './node.ts'
import type { ManifestTree } from './tree.ts'

const MAX_SYSTEMS = 32
const MAX_ATTRIBUTES = 4096
const MAX_OUTPUTS = 64
const MAX_WORD = 256
const MAX_DESCRIPTION = 4096
const MAX_PROGRAM = 1024

/** One output of a derivation. */
export interface ManifestOutput {
  readonly name: string
  readonly path: StorePath
}

/** What evaluating an attribute of the flake gives, so that running needs no evaluation. */
export interface ManifestAttribute {
  /** As the publisher names it, for instance `hello`. */
  readonly attribute: string
  readonly derivation?: StorePath
  /** Sorted by name. */
  readonly outputs: readonly ManifestOutput[]
  /** Names of outputs, in Nix's order. */
  readonly outputsToInstall: readonly string[]
  /** Absolute path of the program that `run` starts, inside of a store path. */
  readonly mainProgram?: string
}

/** The attributes of one system, for instance `x86_64-linux`. */
export interface ManifestSystem {
  readonly system: string
  /** Sorted by name. */
  readonly attributes: readonly ManifestAttribute[]
}

/** A whole release. */
export interface Manifest {
  /** SHA-256 of the flake source's NAR. */
  readonly sourceNarHash: Uint8Array
  readonly flake: {
    /** Seconds since 1970. */
    readonly lastModified: bigint
    readonly revision?: string
    readonly description?: string
  }
  /** Sorted by system. */
  readonly systems: readonly ManifestSystem[]
  /** What the release holds beyond the source, the derivations and the runtime closures. */
  readonly holds: { readonly sources: boolean; readonly buildClosure: boolean }
  readonly tree: ManifestTree
}

/** @returns whether the text is a path to something inside of a store path, without detours */
function isProgramPath(text: string): boolean {
  const [hashName = '', ...below] = text.slice(STORE_DIR.length + 1).split('/')
  return (
    isStorePath(`${STORE_DIR}/${hashName}`) &&
    text.startsWith(`${STORE_DIR}/`) &&
    below.every(part => part !== '' && part !== '.' && part !== '..')
  )
}

/** Controls of terminals, and characters that turn text around: people read these words in messages and logs. */
const INVISIBLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u
const BLANKS = /[\t\n\r]/g

/** Text without what could deceive whoever reads it. */
function readWord(reader: BcsReader, max: number): string {
  const start = reader.offset
  const text = reader.string(max)
  if (INVISIBLE.test(text)) throw new DecodeError('word with invisible characters', start)
  return text
}

/** The same, which may have lines. */
function readProse(reader: BcsReader, max: number): string {
  const start = reader.offset
  const text = reader.string(max)
  if (INVISIBLE.test(text.replace(BLANKS, ''))) throw new DecodeError('text with invisible characters', start)
  return text
}

/** By UTF-8 bytes; JavaScript's own order is that of UTF-16, which differs beyond U+D7FF. */
function compareNames(left: string, right: string): number {
  return compareBytes(encodeUtf8(left), encodeUtf8(right))
}

function assertOrder(names: readonly string[], what: string): void {
  const twice = names.find((name, i) => i > 0 && compareNames(names[i - 1] ?? '', name) >= 0)
  if (twice !== undefined) throw new DecodeError(`${what} ${JSON.stringify(twice)} twice or out of order`, 0)
}

/** The faults that both directions refuse. */
function assertAttribute(attribute: ManifestAttribute): void {
  const names = attribute.outputs.map(({ name }) => name)
  assertOrder(names, 'output')
  const installed = attribute.outputsToInstall
  if (new Set(installed).size !== installed.length || !installed.every(name => names.includes(name))) {
    throw new DecodeError('outputs to install that are not outputs', 0)
  }
  if (attribute.mainProgram !== undefined && !isProgramPath(attribute.mainProgram)) {
    throw new DecodeError('main program outside of the store', 0)
  }
}

function assertManifest(manifest: Manifest): void {
  assertOrder(
    manifest.systems.map(({ system }) => system),
    'system',
  )
  for (const { attributes } of manifest.systems) {
    assertOrder(
      attributes.map(({ attribute }) => attribute),
      'attribute',
    )
    attributes.forEach(assertAttribute)
  }
}

function byText<T>(items: readonly T[], text: (item: T) => string): T[] {
  return items.toSorted((left, right) => compareNames(text(left), text(right)))
}

/** The same record with its sets in order. */
function sorted(manifest: Manifest): Manifest {
  const systems = manifest.systems.map(({ system, attributes }) => ({
    system,
    attributes: byText(
      attributes.map(attribute => ({ ...attribute, outputs: byText(attribute.outputs, ({ name }) => name) })),
      ({ attribute }) => attribute,
    ),
  }))
  return { ...manifest, systems: byText(systems, ({ system }) => system) }
}

function writeAttribute(writer: BcsWriter, attribute: ManifestAttribute): void {
  writer.string(attribute.attribute)
  writer.option(attribute.derivation, path => writeStorePath(writer, path))
  writer.vector(attribute.outputs, ({ name, path }) => {
    writer.string(name)
    writeStorePath(writer, path)
  })
  writer.vector(attribute.outputsToInstall, name => writer.string(name))
  writer.option(attribute.mainProgram, program => writer.string(program))
}

function writeManifest(writer: BcsWriter, manifest: Manifest): void {
  const { flake, holds, tree } = manifest
  writer.fixed(digest(manifest.sourceNarHash)).u64(flake.lastModified)
  writer.option(flake.revision, text => writer.string(text))
  writer.option(flake.description, text => writer.string(text))
  writer.vector(manifest.systems, ({ system, attributes }) => {
    writer.string(system).vector(attributes, attribute => writeAttribute(writer, attribute))
  })
  writer.u8((holds.sources ? 1 : 0) | (holds.buildClosure ? 2 : 0))
  writer.fixed(digest(tree.digest)).u32(tree.paths).u64(tree.narBytes)
}

/**
 * The bytes of a root record, stored as a chunk, and their digest. Sets may come in any order.
 * @throws {SquidError} `MANIFEST_INVALID` when the record is not one that readers accept
 */
export function encodeManifest(manifest: Manifest): ManifestNode {
  const node = createNode('root', writer => writeManifest(writer, sorted(manifest)))
  try {
    decodeRecord(node.bytes)
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new SquidError('MANIFEST_INVALID', `This release can not be described: ${cause.message}.`, {
      cause,
    })
  }
  return node
}

/** An object without the keys whose value is undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never
}

function readAttribute(reader: BcsReader): ManifestAttribute {
  const attribute = readWord(reader, MAX_WORD)
  const derivation = reader.option(() => readStorePath(reader))
  const outputs = reader.vector(MAX_OUTPUTS, () => ({
    name: readWord(reader, MAX_WORD),
    path: readStorePath(reader),
  }))
  const outputsToInstall = reader.vector(MAX_OUTPUTS, () => readWord(reader, MAX_WORD))
  const mainProgram = reader.option(() => readWord(reader, MAX_PROGRAM))
  return { attribute, outputs, outputsToInstall, ...defined({ derivation, mainProgram }) }
}

function readSystem(reader: BcsReader): ManifestSystem {
  return {
    system: readWord(reader, MAX_WORD),
    attributes: reader.vector(MAX_ATTRIBUTES, () => readAttribute(reader)),
  }
}

function readFlake(reader: BcsReader): Manifest['flake'] {
  const lastModified = reader.u64()
  const revision = reader.option(() => readWord(reader, MAX_WORD))
  const description = reader.option(() => readProse(reader, MAX_DESCRIPTION))
  return { lastModified, ...defined({ revision, description }) }
}

function readHolds(reader: BcsReader): Manifest['holds'] {
  const bits = reader.u8()
  if (bits > 3) throw new DecodeError('manifest that holds something unknown', reader.offset - 1)
  return { sources: (bits & 1) !== 0, buildClosure: (bits & 2) !== 0 }
}

function decodeRecord(bytes: Uint8Array): Manifest {
  const { reader } = openNode(bytes, ['root'])
  const manifest = {
    sourceNarHash: reader.fixed(SHA256_BYTES),
    flake: readFlake(reader),
    systems: reader.vector(MAX_SYSTEMS, () => readSystem(reader)),
    holds: readHolds(reader),
    tree: { digest: reader.fixed(SHA256_BYTES), paths: reader.u32(), narBytes: reader.u64() },
  }
  reader.end()
  assertManifest(manifest)
  return manifest
}

/**
 * Reads the root record that the ledger commits to.
 * @throws {SquidError} `MANIFEST_MISMATCH` when the bytes are not what the digest names
 * @throws {DecodeError} when the publisher committed to something malformed
 */
export function decodeManifest(bytes: Uint8Array, digest: Uint8Array): Manifest {
  assertDigest(bytes, digest)
  return decodeRecord(bytes)
}
