/**
 * Publishes one release: every path's NAR becomes chunks in packs on Walrus, a manifest commits to them, and
 * one transaction makes the release visible. Killed anywhere it leaves no half release; run again with the
 * same content it goes on where it stopped and pays for nothing twice.
 *
 * Design: ARCHITECTURE.md, "Publish".
 * @module
 */
import { join } from 'node:path'

import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { taggedSha256 } from '@squid/formats/hash'
import type { LocatorLink } from '@squid/formats/locator'
import { packLimit } from '@squid/formats/pack'

import type { Home } from '../home/index.ts'
import { readLeases } from '../leases/leases.ts'
import {
  buildReleaseTransaction,
  findPublished,
  listTags,
  publishedRelease,
  readRelease,
  type ReleasePlan,
  setTag,
} from '../releases/index.ts'
import { type LocatorRoot, readFlakeState, readLocator } from '../resolve/index.ts'
import { linkFromLedger, linkToLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { type Account, type ExecutedTransaction, prepare, submit } from '../transactions/index.ts'
import type { UploadWay } from './certificate.ts'
import { ChunkStore } from './chunk-store.ts'
import { ChunkThreads } from './chunk-threads.ts'
import { type Contents, storeContents, type StoredContents } from './contents.ts'
import {
  certificateFromJournal,
  journalTransaction,
  type PackState,
  PublishJournal,
  transactionFromJournal,
} from './journal.ts'
import { KnownChunks } from './known-chunks.ts'
import { PackUploads } from './pack-uploads.ts'
import { BLOBS_PER_TRANSACTION, certifyAllBut, neverTakesEffect } from './registration.ts'
import { assertMayPublish } from './rights.ts'
import { SpareStorage } from './spare-storage.ts'
import { VerifiedPlaces } from './verified-places.ts'

/** Contents: everything of the manifest but the tree. The source is one of the paths. */
export interface Publication extends Contents {
  /** Object id of the Space. */
  readonly space: string
  readonly flakeName: string
  readonly tags: readonly string[]
}

export type PublishEvent =
  | { readonly stage: 'chunked'; readonly paths: number; readonly of: number; readonly bytes: bigint }
  /** A pack that an earlier try has brought onto Walrus. */
  | { readonly stage: 'found'; readonly pack: number; readonly bytes: number }
  | { readonly stage: 'uploaded'; readonly pack: number; readonly bytes: number }
  /** The upload relay is not used any more; what follows goes to the storage nodes. */
  | { readonly stage: 'relay-lost'; readonly reason: string }
  /** A chunk is not where the Space's index says, and is stored again. */
  | { readonly stage: 'misplaced'; readonly chunks: number }
  | { readonly stage: 'certified'; readonly packs: number }
  | { readonly stage: 'released'; readonly version: bigint; readonly already: boolean }

export interface PublishDeps {
  readonly account: Account
  readonly storage: WalrusStorage
  readonly home: Home
}

export interface PublishOptions {
  readonly onProgress?: (event: PublishEvent) => void
  readonly signal?: AbortSignal
  /** Largest pack in bytes before the network's own limit; default 32 MiB. */
  readonly packBytes?: number
  /** Default `auto`. */
  readonly upload?: UploadWay
}

export interface PublishResult {
  readonly space: string
  readonly flake: string
  readonly version: bigint
  readonly manifest: Uint8Array
  /** NAR bytes of all paths. */
  readonly narBytes: bigint
  readonly storedBytes: number
  readonly packs: number
  /** Digests, in the order of execution. */
  readonly transactions: readonly string[]
  /** MIST. */
  readonly gas: bigint
  /** True when exactly this content was a release already. */
  readonly alreadyPublished: boolean
}

/**
 * Blobs that one release can bring: the last transaction hands each to the Space, and Sui allows 1024 commands and
 * 1000 dynamic fields in one.
 */
const MAX_PACKS = 400

/** How often a publish gives way to others who publish into the same Space at the same time. */
const MAX_REBASES = 8

/**
 * @throws as `assertMayPublish`, before anything is done
 * @throws {SquidError} `PATH_CHANGED`, `STORAGE_UNAVAILABLE`, `PUBLISH_RUNNING`, and the ledger's own codes
 */
export async function publish(
  deps: PublishDeps,
  publication: Publication,
  options: PublishOptions = {},
): Promise<PublishResult> {
  await assertMayPublish(deps.account, publication, options.signal)
  const content = contentKey(publication)
  const folder = join(deps.home.state, 'publish', formatHex(content))
  await using journal = await PublishJournal.open(folder)
  const attempt = new PublishAttempt(deps, publication, options, journal, content)
  const result = await attempt.run()
  await journal.finish()
  options.onProgress?.({ stage: 'released', version: result.version, already: result.alreadyPublished })
  return result
}

/** Names the content: the same command on the same content resumes, on other content it starts afresh. */
function contentKey({ space, flakeName, manifest, paths }: Publication): Uint8Array {
  const content = {
    space,
    flakeName,
    source: formatHex(manifest.sourceNarHash),
    systems: manifest.systems,
    holds: manifest.holds,
    revision: manifest.flake.revision ?? null,
    lastModified: String(manifest.flake.lastModified),
    paths: paths.map(path => `${path.storePath} ${formatHex(path.narHash)}`).toSorted(),
  }
  return taggedSha256('squid.publication.v1', encodeUtf8(JSON.stringify(content)))
}

/**
 * What the ledger knows a publish by: this content as the release after version `base`. The same content may
 * come back later, after another one, as a release of its own.
 */
function publishKey(content: Uint8Array, base: bigint): Uint8Array {
  return taggedSha256('squid.publish-key.v1', encodeUtf8(`${formatHex(content)} after ${base}`))
}

/** What puts chunks into packs and packs onto Walrus, with its threads. */
interface Packing extends AsyncDisposable {
  readonly store: ChunkStore
  readonly threads: ChunkThreads
  /** What the Space stores by another locator. */
  readonly known: (root: LocatorLink | undefined) => Promise<KnownChunks>
  readonly verified: VerifiedPlaces
}

class PublishAttempt {
  readonly #deps: PublishDeps
  readonly #publication: Publication
  readonly #options: PublishOptions
  readonly #journal: PublishJournal
  readonly #content: Uint8Array
  readonly #spares: SpareStorage
  #certified = 0
  #misplaced = 0

  constructor(
    deps: PublishDeps,
    publication: Publication,
    options: PublishOptions,
    journal: PublishJournal,
    content: Uint8Array,
  ) {
    this.#deps = deps
    this.#publication = publication
    this.#options = options
    this.#journal = journal
    this.#content = content
    this.#spares = new SpareStorage(deps.account.network, publication.space)
  }

  async run(): Promise<PublishResult> {
    const { network } = this.#deps.account
    const { space } = this.#publication
    const earlier = (await this.#releasedByEarlierTry()) ?? (await this.#sameAsLatest())
    if (earlier !== undefined) return earlier
    for (let restart = 0; ; restart++) {
      const found = await readLocator(network, space, this.#options.signal)
      const result = await this.#publishOnto(found)
      if (result !== undefined) return result
      if (restart === MAX_REBASES) throw changedTooOften()
    }
  }

  // Undefined when the Space lost chunks meanwhile that this release was to share: the whole is to be done again.
  async #publishOnto(found: LocatorRoot): Promise<PublishResult | undefined> {
    await using packing = await this.#openPacking(found)
    const { store, threads, verified } = packing
    await store.resume()
    const manifest = await storeContents(
      {
        store,
        threads,
        signal: this.#options.signal,
        onChunked: (paths, of, bytes) => this.#options.onProgress?.({ stage: 'chunked', paths, of, bytes }),
      },
      this.#publication,
    )
    const root = await store.finish()
    verified.addAll(store.places())
    return await this.#release(packing, manifest, found, root)
  }

  // A kill between sending the release and hearing back: the journaled bytes decide it.
  async #releasedByEarlierTry(): Promise<PublishResult | undefined> {
    const { releasing } = this.#journal
    if (releasing === undefined) return undefined
    const { network } = this.#deps.account
    try {
      await submit(network, transactionFromJournal(releasing.transaction), this.#options.signal)
    } catch (error) {
      if (!neverTakesEffect(error)) throw error
    }
    const released = await this.#releasedAfter(BigInt(releasing.base))
    return released && this.#present(released, { already: false, digest: releasing.transaction.digest })
  }

  // Publishing what the newest release is already changes nothing; unless it was hidden, and then says so.
  async #sameAsLatest(): Promise<PublishResult | undefined> {
    const { network } = this.#deps.account
    const { space, flakeName } = this.#publication
    const { lastVersion } = await readFlakeState(network, space, flakeName, this.#options.signal)
    const released = lastVersion === 0n ? undefined : await this.#releasedAfter(lastVersion - 1n)
    if (released === undefined) return undefined
    const { yanked, revoked, version } = await readRelease(network, released.flake, released.version)
    const name = `Version ${version} of ${flakeName}, which is exactly this,`
    if (revoked !== undefined)
      throw new SquidError('RELEASE_REVOKED', `${name} was revoked (${revoked}): publish something else.`)
    if (yanked)
      throw new SquidError(
        'RELEASE_YANKED',
        `${name} is yanked: take that back with squid yank --undo instead.`,
      )
    return this.#present(released, { already: true })
  }

  // The release that this content became after version `base`, if it did.
  async #releasedAfter(base: bigint): Promise<{ flake: string; version: bigint } | undefined> {
    const { network } = this.#deps.account
    const { space, flakeName } = this.#publication
    const { flake } = await readFlakeState(network, space, flakeName, this.#options.signal)
    if (flake === undefined) return undefined
    const version = await findPublished(network, flake, publishKey(this.#content, base))
    return version === undefined ? undefined : { flake, version }
  }

  async #openPacking(found: LocatorRoot): Promise<Packing> {
    const { account, storage } = this.#deps
    const { signal, upload = 'auto', onProgress } = this.#options
    const { committee } = await storage.open()
    const limit = packLimit(committee.shards, this.#options.packBytes)
    const ledger = { account, journal: this.#journal, spares: this.#spares, signal }
    const threads = new ChunkThreads()
    const uploads = new PackUploads({
      ...ledger,
      committee,
      packLimit: limit,
      way: upload,
      onCertified: (pack, wasThere) => this.#packCertified(pack, wasThere),
      onRelayLost: reason => onProgress?.({ stage: 'relay-lost', reason }),
    })
    const verified = VerifiedPlaces.open(this.#deps.home)
    const load = (link: LocatorLink): Promise<Uint8Array> => storage.loadNode(link, signal)
    const known = async (root: LocatorLink | undefined): Promise<KnownChunks> => {
      const leases = await readLeases(account.network, this.#publication.space, signal)
      const onWrong = (): void => onProgress?.({ stage: 'misplaced', chunks: ++this.#misplaced })
      return new KnownChunks({ storage, load, verified, signal, onWrong }, root, leases)
    }
    const store = new ChunkStore({
      journal: this.#journal,
      uploads,
      threads,
      packLimit: limit,
      known: await known(found.link && linkFromLedger(found.link)),
      revision: found.revision,
      load,
    })
    return {
      store,
      threads,
      known,
      verified,
      [Symbol.asyncDispose]: async () => {
        verified[Symbol.dispose]()
        await threads.close()
        await uploads.close()
      },
    }
  }

  #packCertified(pack: number, wasThere: boolean): void {
    this.#certified++
    const bytes = this.#journal.packs[pack]?.packed?.size ?? 0
    this.#options.onProgress?.({ stage: wasThere ? 'found' : 'uploaded', pack, bytes })
  }

  // The one transaction that makes the release visible, built anew while others publish in between.
  async #release(
    { store, known }: Packing,
    manifest: StoredContents,
    found: LocatorRoot,
    root: LocatorLink | undefined,
  ): Promise<PublishResult | undefined> {
    let locator = found
    let next = root
    for (let rebase = 0; ; rebase++) {
      await this.#settle()
      this.#options.onProgress?.({ stage: 'certified', packs: this.#certified })
      const plan = await this.#plan(manifest.digest, locator, next)
      try {
        const executed = await this.#execute(plan)
        const { flake, version } = publishedRelease(executed)
        return this.#result(flake, version, manifest, store.storedBytes, executed)
      } catch (error) {
        if (!(error instanceof SquidError) || !MAY_BUILD_ANEW.has(error.code) || rebase === MAX_REBASES)
          throw error
      }
      const released = await this.#releasedAfter(plan.expectedVersion)
      if (released !== undefined) return this.#present(released, { already: false })
      const current = await readLocator(
        this.#deps.account.network,
        this.#publication.space,
        this.#options.signal,
      )
      if (current.revision !== locator.revision) {
        const link = current.link && linkFromLedger(current.link)
        if (!(await store.isCoveredBy(await known(link)))) return undefined
        if (next !== undefined) next = await store.writeLocator(link, current.revision)
      }
      locator = current
    }
  }

  // Certifies on the ledger what one transaction has no room for.
  async #settle(): Promise<void> {
    const packs = [...this.#packs().keys()]
    if (packs.length > MAX_PACKS)
      throw new SquidError(
        'TOO_MANY_PACKS',
        `This release needs ${packs.length} packs and may have ${MAX_PACKS}: publish with larger packs or fewer paths.`,
      )
    const { account } = this.#deps
    const deps = {
      account,
      journal: this.#journal,
      spares: this.#spares,
      signal: this.#options.signal,
    }
    await certifyAllBut(deps, packs, BLOBS_PER_TRANSACTION)
  }

  #packs(): Map<number, PackState> {
    const packs = new Map<number, PackState>()
    for (const [number, state] of this.#journal.packs.entries())
      if (state?.packed !== undefined) packs.set(number, state)
    return packs
  }

  async #plan(
    manifest: Uint8Array,
    locator: LocatorRoot,
    next: LocatorLink | undefined,
  ): Promise<ReleasePlan> {
    const { space, flakeName, tags, manifest: content } = this.#publication
    const state = await readFlakeState(this.#deps.account.network, space, flakeName, this.#options.signal)
    return {
      space,
      flake: state.flake === undefined ? { create: flakeName } : { id: state.flake },
      expectedVersion: state.lastVersion,
      key: publishKey(this.#content, state.lastVersion),
      sourceNarHash: content.sourceNarHash,
      revision: content.flake.revision ?? '',
      lastModified: content.flake.lastModified,
      manifest,
      blobs: Array.from(this.#packs().values(), certifiedBlob),
      locator: moveOf(locator, next),
      tags,
    }
  }

  async #execute(plan: ReleasePlan): Promise<ExecutedTransaction> {
    const { account } = this.#deps
    const prepared = await prepare(
      account,
      buildReleaseTransaction(account.network, plan),
      this.#options.signal,
    )
    await this.#journal.append({
      step: 'releasing',
      base: String(plan.expectedVersion),
      transaction: journalTransaction(prepared),
    })
    return submit(account.network, prepared, this.#options.signal)
  }

  #result(
    flake: string,
    version: bigint,
    manifest: StoredContents,
    storedBytes: number,
    executed: ExecutedTransaction,
  ): PublishResult {
    const { transactions } = this.#journal
    return {
      space: this.#publication.space,
      flake,
      version,
      manifest: manifest.digest,
      narBytes: manifest.narBytes,
      storedBytes,
      packs: this.#packs().size,
      transactions: [...transactions.map(({ digest }) => digest), executed.digest],
      gas: transactions.reduce((sum, { gas }) => sum + gas, executed.gasUsed),
      alreadyPublished: false,
    }
  }

  // The result of a release that is on the ledger: only its tags may be missing.
  async #present(
    { flake, version }: { readonly flake: string; readonly version: bigint },
    { already, digest }: { readonly already: boolean; readonly digest?: string },
  ): Promise<PublishResult> {
    const { account } = this.#deps
    const release = await readRelease(account.network, flake, version)
    const present = await listTags(account.network, flake, this.#options.signal)
    const tagged: ExecutedTransaction[] = []
    for (const tag of this.#publication.tags) {
      if (present.get(tag) !== version) tagged.push(await setTag(account, flake, tag, version))
    }
    const { transactions } = this.#journal
    return {
      space: this.#publication.space,
      flake,
      version,
      manifest: release.manifest,
      narBytes: this.#publication.paths.reduce((sum, path) => sum + path.narSize, 0n),
      storedBytes: Array.from(this.#packs().values()).reduce(
        (sum, { packed }) => sum + (packed?.size ?? 0),
        0,
      ),
      packs: this.#packs().size,
      transactions: [
        ...transactions.map(executed => executed.digest),
        ...(digest === undefined ? [] : [digest]),
        ...tagged.map(executed => executed.digest),
      ],
      gas: [
        ...transactions.map(executed => executed.gas),
        ...tagged.map(executed => executed.gasUsed),
      ].reduce((sum, gas) => sum + gas, 0n),
      alreadyPublished: already,
    }
  }
}

/** Refusals after which a fresh transaction may succeed: the ledger moved on, and the refused one never takes effect. */
const MAY_BUILD_ANEW: ReadonlySet<string> = new Set([
  'OBJECT_CHANGED',
  'STALE_LOCATOR',
  'STALE_RELEASE',
  'ENTRY_EXISTS',
  'ALREADY_PUBLISHED',
])

// A release that stores nothing moves the locator to where it is: so it fails when chunks were dropped meanwhile.
function moveOf(
  { storageId, revision, link }: LocatorRoot,
  next: LocatorLink | undefined,
): ReleasePlan['locator'] {
  const to = next === undefined ? link : linkToLedger(next)
  return to && { storageId, expectedRevision: revision, next: to }
}

function changedTooOften(): SquidError {
  return new SquidError(
    'STALE_LOCATOR',
    'What the Space stores was changed again and again meanwhile; publish again',
  )
}

function certifiedBlob(state: PackState): ReleasePlan['blobs'][number] {
  const { packed, registered, certified, settled } = state
  if (packed === undefined || registered === undefined || certified === undefined)
    throw new Error('a pack is not certified yet')
  return {
    blobId: packed.blobId,
    blobObjectId: registered.blobObjectId,
    deletable: true,
    certificate: settled === undefined ? certificateFromJournal(certified.certificate) : undefined,
  }
}
