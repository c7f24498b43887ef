/**
 * Compiles Move packages and runs their unit tests without a network, by the WebAssembly build of the real
 * compiler and Move VM.
 *
 * The builder is handed one package that holds the sources of everything the wanted one depends on, each at
 * its own fixed address (the builder puts the package it is asked for at 0x0, along with whatever address bears
 * its name, so that package gets a name that is no address).
 *
 * @module
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize } from '@mysten/move-bytecode-template'
import {
  dumpMovePackage,
  initMovePackageBuilder,
  MovePackageFetcher,
  testMovePackage,
} from '@zktx.io/sui-move-builder/full'
import type { CompiledPackage } from './compiled-package.ts'

/** A package's folder, or its files: path from the package's root → text (`Move.toml`, `sources/x.move`, …). */
export type PackageSource = string | Readonly<Record<string, string>>

/** What a Move.toml may depend on, by the last part of the dependency's path → folder beside this file. */
const KNOWN: Readonly<Record<string, string>> = {
  'move-stdlib': 'framework/move-stdlib',
  'sui-framework': 'framework/sui-framework',
  wal: 'wal',
  walrus: 'walrus',
  suins: 'suins',
  squid: 'squid',
}

/** Named addresses that belong to the framework itself: it gets no implicit dependencies. */
const FRAMEWORK: readonly string[] = ['std', 'sui']

/** A Move package does not compile, or its manifest is not one that we understand. */
export class MoveBuildError extends Error {
  override readonly name = 'MoveBuildError'
}

interface MovePackage {
  readonly name: string
  /** The one name in `[addresses]` and its value. */
  readonly addressName: string
  readonly address: string
  /** Keys of {@link KNOWN}. */
  readonly dependencies: readonly string[]
  /** `sources/…` and, of the package under test, `tests/…`. */
  readonly files: Readonly<Record<string, string>>
}

/** Refuses everything: whatever is needed is already in the package. */
class NoFetcher extends MovePackageFetcher {
  override fetch(git: string): Promise<never> {
    return Promise.reject(new MoveBuildError(`the Move builder asked for ${git}`))
  }
}

/**
 * Compiles a package, its address fixed by its Move.toml's `[addresses]`. The framework is linked implicitly;
 * `[dependencies]` are our other contracts, found here whatever folder the path starts with.
 * @throws {MoveBuildError} with the compiler's diagnostics; warnings count as errors
 */
export async function compilePackage(source: PackageSource): Promise<CompiledPackage> {
  const root = loadPackage(source, ['sources'])
  const linked = closure(root)
  await initMovePackageBuilder()
  const result = await dumpMovePackage(builderInput(root, linked))
  if ('error' in result) throw new MoveBuildError(result.error)
  if (result.warnings) throw new MoveBuildError(result.warnings)
  const modules = result.modules
    .map(bytecode => ({ ...selfOf(bytecode), bytecode }))
    .filter(module => module.address === root.address)
  if (modules.length === 0) throw new MoveBuildError(`package ${root.name} has no module`)
  return {
    name: root.name,
    id: root.address,
    modules: modules.map(({ name, bytecode }) => ({ name, bytecode })),
    dependencies: linked.map(({ address }) => address),
  }
}

/** Compiles a package with its tests and runs these in the real Move VM; `output` is the runner's or the compiler's. */
export async function runMoveTests(source: PackageSource): Promise<{ passed: boolean; output: string }> {
  const root = loadPackage(source, ['sources', 'tests'])
  await initMovePackageBuilder()
  const result = await testMovePackage(builderInput(root, closure(root)))
  return 'error' in result ? { passed: false, output: result.error } : result
}

function loadPackage(source: PackageSource, parts: readonly string[]): MovePackage {
  const files = typeof source === 'string' ? readMoveFiles(source) : source
  const manifest = parseManifest(files['Move.toml'] ?? '')
  const wanted = Object.entries(files).filter(([path]) => parts.includes(path.split('/')[0] ?? ''))
  return { ...manifest, files: Object.fromEntries(wanted) }
}

function readMoveFiles(folder: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (path === 'Move.toml' || path.endsWith('.move')) files[path] = readFileSync(join(folder, path), 'utf8')
  }
  return files
}

/** Reads the little of TOML that our manifests use: one `key = value` a line. */
function parseManifest(text: string): Omit<MovePackage, 'files'> {
  const name = /^name = "([\w-]+)"$/m.exec(text)?.[1]
  const address = /^\[addresses\]\n(\w+) = "0x([0-9a-f]{1,64})"$/m.exec(text)
  if (name === undefined || address === null) {
    throw new MoveBuildError('Move.toml needs a name and one fixed address')
  }
  const [, addressName = '', digits = ''] = address
  const dependencies = [...text.matchAll(/^\w+ = \{ local = "([^"]+)" \}$/gm)].map(
    ([, path = '']) => path.split('/').at(-1) ?? '',
  )
  return {
    name,
    addressName,
    address: `0x${digits.padStart(64, '0')}`,
    dependencies: dependencies.concat(implicit(addressName)),
  }
}

function implicit(addressName: string): readonly string[] {
  return FRAMEWORK.includes(addressName) ? [] : ['sui-framework']
}

/** Everything that `root` depends on, itself left out, lowest first. */
function closure(root: MovePackage): readonly MovePackage[] {
  const found = new Map<string, MovePackage>()
  const visit = (dependency: string): void => {
    const folder = KNOWN[dependency]
    if (folder === undefined) throw new MoveBuildError(`Move dependency ${dependency} is none of ours`)
    if (found.has(dependency)) return
    const loaded = loadPackage(join(import.meta.dirname, folder), ['sources'])
    loaded.dependencies.forEach(visit)
    found.set(dependency, loaded)
  }
  root.dependencies.forEach(visit)
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
}

function builderInput(
  root: MovePackage,
  linked: readonly MovePackage[],
): Parameters<typeof dumpMovePackage>[0] {
  const files: Record<string, string> = { ...root.files }
  const addresses = [...linked, root].map(({ addressName, address }) => `${addressName} = "${address}"`)
  for (const { addressName, files: own } of linked) {
    for (const [path, text] of Object.entries(own)) files[`sources/${addressName}/${path}`] = text
  }
  files['Move.toml'] =
    `[package]\nname = "squid_build"\nedition = "2024"\nimplicit-dependencies = false\n\n` +
    `[addresses]\n${addresses.join('\n')}\n`
  return { files, fetcher: new NoFetcher(), network: 'mainnet', ansiColor: false }
}

interface ModuleJson {
  readonly self_module_handle_idx: number
  readonly module_handles: readonly { readonly address: number; readonly name: number }[]
  readonly address_identifiers: readonly string[]
  readonly identifiers: readonly string[]
}

/** A module's own address and name, out of its bytecode. */
function selfOf(bytecode: string): { address: string; name: string } {
  const module = deserialize(Buffer.from(bytecode, 'base64')) as ModuleJson
  const self = module.module_handles[module.self_module_handle_idx]
  const address = module.address_identifiers[self?.address ?? -1]
  const name = module.identifiers[self?.name ?? -1]
  if (address === undefined || name === undefined)
    throw new MoveBuildError('a compiled module does not name itself')
  return { address: `0x${address}`, name }
}
