/**
 * Releases of what was uploaded: the flake is evaluated here, its outputs are those that Nix brought from where they were
 * built. Nothing is built.
 * @module
 */
import type { PathToPublish, Publication } from '@squid/client/publish'
import { type StagedPath, type StagingArea, stagingArea, type UploadPlace } from '@squid/daemon/uploads'
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { parseNar } from '@squid/formats/nar'
import { parseStorePath, type StorePath } from '@squid/formats/store-path'
import {
  closure,
  derivationClosure,
  type FlakeOutput,
  type Nix,
  type NixCallOptions,
  storePathOf,
} from '@squid/host/nix'
import type { Session } from './compose.ts'
import { heldByLatest } from './other-systems.ts'
import {
  builtDerivations,
  type EvaluatedFlake,
  installedPaths,
  manifestOf,
  pathToPublish,
  type ReleaseTarget,
} from './release-source.ts'

const NOTHING_MORE = { sources: false, buildClosure: false } as const

/** What a release of uploaded paths is made with. */
export interface StagedDeps {
  readonly session: Session
  readonly nix: Nix
  readonly place: UploadPlace
  readonly call: NixCallOptions & { readonly signal: AbortSignal }
}

/** What is to be released. */
export interface StagedRelease {
  readonly publication: Publication
  /** Empties the staging area of what the publication holds. */
  readonly finish: () => Promise<void>
}

/**
 * Everything that was uploaded, and of the evaluation the source, its inputs and the derivations.
 * @throws {SquidError} `NOT_UPLOADED` naming a path, `PATH_CONFLICT`
 */
export async function stagedRelease(
  deps: StagedDeps,
  flake: EvaluatedFlake,
  target: ReleaseTarget,
): Promise<StagedRelease> {
  const area = stagingArea(deps.session.home.state, deps.place)
  const staged = await area.staged()
  const paths = new Map((await evaluatedPaths(deps, flake, staged)).map(path => [path.storePath, path]))
  for (const path of staged.map(uploadedPath)) {
    const own = paths.get(path.storePath)
    assertSame(path, own)
    paths.set(path.storePath, { ...own, ...path }) // the log may be here, what is uploaded comes first
  }
  const wanted = flake.outputs.flatMap(installedPaths).map(parseStorePath)
  await addReleased(deps, { area, paths, wanted }, target)
  const programs = await presentPrograms(flake.outputs, paths)
  return {
    publication: {
      ...target,
      manifest: manifestOf(flake, ({ program }) => programs.has(program), NOTHING_MORE),
      paths: [...paths.values()],
    },
    finish: () => area.release(staged),
  }
}

async function evaluatedPaths(
  { nix, call }: StagedDeps,
  { source, outputs }: EvaluatedFlake,
  staged: readonly StagedPath[],
): Promise<readonly PathToPublish[]> {
  const sources = await closure(nix, [source.sourcePath, ...source.inputs], call)
  const derivations = outputs.flatMap(({ derivation }) => derivation ?? [])
  const infos = [...sources, ...(await derivationClosure(nix, derivations, call))]
  const derivers = staged.map(({ info }) => info.deriver ?? null)
  const built = builtDerivations(outputs, derivers)
  return infos.map(info => pathToPublish(nix, info, built))
}

function uploadedPath(staged: StagedPath): PathToPublish {
  const { info, log } = staged
  const { storePath, narHash, narSize, references, signatures, deriver, ca } = info
  return {
    storePath,
    narHash,
    narSize,
    references,
    signatures,
    ...(deriver === undefined ? {} : { deriver }),
    ...(ca === undefined ? {} : { ca }),
    nar: () => staged.nar(),
    ...(log === undefined ? {} : { log }),
  }
}

/** @throws {SquidError} `PATH_CONFLICT` */
function assertSame(uploaded: PathToPublish, own: PathToPublish | undefined): void {
  if (own === undefined || equalBytes(own.narHash, uploaded.narHash)) return
  throw new SquidError(
    'PATH_CONFLICT',
    `the store of this machine and what was uploaded disagree about ${own.storePath}; nothing was published`,
  )
}

interface Gathered {
  readonly area: StagingArea
  readonly paths: Map<StorePath, PathToPublish>
  readonly wanted: readonly StorePath[]
}

/** Paths that some path needs, or that are wanted, and that are not there. */
function missingOf({ paths, wanted }: Gathered): readonly StorePath[] {
  const needed = new Set([...wanted, ...[...paths.values()].flatMap(({ references }) => references)])
  return [...needed].filter(path => !paths.has(path))
}

/** Adds what was uploaded for an earlier release: Nix does not send again what it sent once. */
async function addReleased(
  { session, place, call }: StagedDeps,
  gathered: Gathered,
  target: ReleaseTarget,
): Promise<void> {
  const missing = missingOf(gathered)
  if (missing.length === 0) return
  for (const path of await heldByLatest(session, target, missing, call.signal)) {
    if (!gathered.paths.has(path.storePath)) gathered.paths.set(path.storePath, path)
  }
  const [first, ...more] = missingOf(gathered)
  if (first === undefined) return
  await gathered.area.forget([first, ...more])
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  throw new SquidError(
    'NOT_UPLOADED',
    `${first}${others} was not uploaded to ${place.text}; run: nix --option narinfo-cache-positive-ttl 0 copy --to http://squid.localhost:7878/upload/${place.text} ${first}`,
  )
}

/** Which of the programs there are, that `nix run` would start. */
async function presentPrograms(
  outputs: readonly FlakeOutput[],
  paths: ReadonlyMap<StorePath, PathToPublish>,
): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  for (const { program } of outputs) {
    const path = paths.get(parseStorePath(storePathOf(program)))
    if (path !== undefined && (await hasFile(path, program))) present.add(program)
  }
  return present
}

/** Is there such a file, or a link that may lead to it? */
async function hasFile(path: PathToPublish, file: string): Promise<boolean> {
  const wanted = file.slice(path.storePath.length)
  const folders: string[] = []
  for await (const event of parseNar(path.nar())) {
    if (event.kind === 'data') continue
    if (event.kind === 'end') {
      folders.pop()
      continue
    }
    const name = Buffer.from(event.name).toString('utf8')
    if (event.kind === 'directory') {
      folders.push(name)
      continue
    }
    const here = [...folders, name].join('/') // the root has no name: /bin/hello
    if (here === wanted || (event.kind === 'symlink' && wanted.startsWith(`${here}/`))) return true
  }
  return false
}
