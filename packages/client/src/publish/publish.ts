/**
 * Publishes one release: every path's NAR becomes chunks in packs on Walrus, a manifest commits to them, and
 * one transaction makes the release visible. Killed anywhere it leaves no half release; run again with the
 * same content it goes on where it stopped and pays for nothing twice.
 *
 * Design: ARCHITECTURE.md, "Publish".
 * @module
 */
import { join } from 'node:path'

import { encodeUtf8, equalBytes, formatHex } from '@squid/formats/bytes'
import { chunkStream } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { Sha256, sha256, taggedSha256 } from '@squid/formats/hash'
import type { LocatorLink } from '@squid/formats/locator'
import {
  buildManifestTree,
  createChunkList,
  encodeManifest,
  type Manifest,
  type ManifestEntry,
} from '@squid/formats/manifest'
import { packLimit } from '@squid/formats/pack'
import { compareByHash, type StorePath } from '@squid/formats/store-path'

import type { Home } from '../home/index.ts'
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
import { ChunkStore } from './chunk-store.ts'
import { assertMayPublish } from './rights.ts'
import { neverTakesEffect } from './upload.ts'
import { journalTransaction, type PackState, PublishJournal, transactionFromJournal } from './journal.ts'

/** One store path of a release. */
export interface PathToPublish {
  readonly storePath: StorePath
  /** SHA-256 of the NAR, 32 bytes. */
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly references: readonly StorePath[]
  readonly deriver?: StorePath
  readonly ca?: string
  /** Reads the NAR from its beginning; may be called again. */
  nar(): AsyncIterable<Uint8Array>
}

export interface Publication {
  /** Object id of the Space. */
  readonly space: string
  readonly flakeName: string
  readonly tags: readonly string[]
  /** Everything of the manifest but the tree, which is made here. The source is one of `paths`. */
  readonly manifest: Omit<Manifest, 'tree'>
  readonly paths: readonly PathToPublish[]
}

export type PublishEvent =
  | { readonly stage: 'chunked'; readonly paths: number; readonly of: number; readonly bytes: bigint }
  /** A pack that an earlier try has brought onto Walrus. */
  | { readonly stage: 'found'; readonly pack: number; readonly bytes: number }
  | { readonly stage: 'uploaded'; readonly pack: number; readonly bytes: number }
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

class PublishAttempt {
  readonly #deps: PublishDeps
  readonly #publication: Publication
  readonly #options: PublishOptions
  readonly #journal: PublishJournal
  readonly #content: Uint8Array
  #certified = 0

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
  }

  async run(): Promise<PublishResult> {
    const { network } = this.#deps.account
    const { space } = this.#publication
    const earlier = (await this.#releasedByEarlierTry()) ?? (await this.#sameAsLatest())
    if (earlier !== undefined) return earlier
    const found = await readLocator(network, space, this.#options.signal)
    const store = await this.#openStore(found)
    await store.resume()
    const manifest = await this.#storeContents(store)
    const root = await store.finish()
    return this.#release(store, manifest, found, root)
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

  async #openStore(found: LocatorRoot): Promise<ChunkStore> {
    const { account, storage } = this.#deps
    const { committee } = await storage.open()
    return new ChunkStore({
      account,
      journal: this.#journal,
      packLimit: packLimit(committee.shards, this.#options.packBytes),
      root: found.link && linkFromLedger(found.link),
      revision: found.revision,
      load: link => storage.loadNode(link, this.#options.signal),
      onPackCertified: (pack, wasThere) => this.#packCertified(pack, wasThere),
      signal: this.#options.signal,
    })
  }

  #packCertified(pack: number, wasThere: boolean): void {
    this.#certified++
    const bytes = this.#journal.packs[pack]?.packed?.size ?? 0
    this.#options.onProgress?.({ stage: wasThere ? 'found' : 'uploaded', pack, bytes })
  }

  // Chunks of every path, nodes of the manifest's tree, and the manifest itself.
  async #storeContents(store: ChunkStore): Promise<{ digest: Uint8Array; narBytes: bigint }> {
    const emit = (node: { digest: Uint8Array; bytes: Uint8Array }): Promise<void> =>
      store.put(node.digest, node.bytes)
    const entries: ManifestEntry[] = []
    let narBytes = 0n
    const paths = this.#publication.paths.toSorted((a, b) => compareByHash(a.storePath, b.storePath))
    for (const path of paths) {
      const chunks = await createChunkList(await this.#storeNar(store, path), emit)
      const { storePath, narHash, narSize, references, deriver, ca } = path
      entries.push({
        storePath,
        narHash,
        narSize,
        references: references.toSorted(),
        ...(deriver && { deriver }),
        ...(ca && { ca }),
        signatures: [],
        chunks,
      })
      narBytes += narSize
      this.#options.onProgress?.({
        stage: 'chunked',
        paths: entries.length,
        of: paths.length,
        bytes: narBytes,
      })
    }
    const tree = await buildManifestTree(entries, emit)
    const manifest = encodeManifest({ ...this.#publication.manifest, tree })
    await store.put(manifest.digest, manifest.bytes)
    return { digest: manifest.digest, narBytes }
  }

  async #storeNar(store: ChunkStore, path: PathToPublish): Promise<Uint8Array[]> {
    const ids: Uint8Array[] = []
    const whole = new Sha256()
    let size = 0n
    for await (const raw of chunkStream(path.nar())) {
      this.#options.signal?.throwIfAborted()
      whole.update(raw)
      size += BigInt(raw.length)
      const id = sha256(raw)
      ids.push(id)
      await store.put(id, raw)
    }
    if (size !== path.narSize || !equalBytes(whole.digest(), path.narHash))
      throw new SquidError(
        'PATH_CHANGED',
        `${path.storePath} is not what Nix recorded of it; run: nix store verify ${path.storePath}`,
      )
    return ids
  }

  // The one transaction that makes the release visible, built anew while others publish in between.
  async #release(
    store: ChunkStore,
    manifest: { digest: Uint8Array; narBytes: bigint },
    found: LocatorRoot,
    root: LocatorLink | undefined,
  ): Promise<PublishResult> {
    let locator = found
    let next = root
    for (let rebase = 0; ; rebase++) {
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
      if (current.revision !== locator.revision && next !== undefined)
        next = await store.writeLocator(current.link && linkFromLedger(current.link), current.revision)
      locator = current
    }
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
      blobs: this.#journal.packs.map(certifiedBlob),
      locator: next && {
        storageId: locator.storageId,
        expectedRevision: locator.revision,
        next: linkToLedger(next),
      },
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
    manifest: { digest: Uint8Array; narBytes: bigint },
    storedBytes: number,
    executed: ExecutedTransaction,
  ): PublishResult {
    const registrations = this.#journal.packs.flatMap(state => state.registered ?? [])
    return {
      space: this.#publication.space,
      flake,
      version,
      manifest: manifest.digest,
      narBytes: manifest.narBytes,
      storedBytes,
      packs: this.#journal.packs.length,
      transactions: [...registrations.map(record => record.digest), executed.digest],
      gas: registrations.reduce((sum, record) => sum + BigInt(record.gas), executed.gasUsed),
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
    const registrations = this.#journal.packs.flatMap(state => state.registered ?? [])
    return {
      space: this.#publication.space,
      flake,
      version,
      manifest: release.manifest,
      narBytes: this.#publication.paths.reduce((sum, path) => sum + path.narSize, 0n),
      storedBytes: this.#journal.packs.reduce((sum, state) => sum + (state.packed?.size ?? 0), 0),
      packs: this.#journal.packs.length,
      transactions: [
        ...registrations.map(record => record.digest),
        ...(digest === undefined ? [] : [digest]),
        ...tagged.map(executed => executed.digest),
      ],
      gas: [
        ...registrations.map(record => BigInt(record.gas)),
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

function certifiedBlob(state: PackState): ReleasePlan['blobs'][number] {
  const { packed, registered, certified } = state
  if (packed === undefined || registered === undefined || certified === undefined)
    throw new Error('a pack is not certified yet')
  const { signers, serializedMessage, signature } = certified.certificate
  return {
    blobId: packed.blobId,
    blobObjectId: registered.blobObjectId,
    deletable: true,
    certificate: {
      signers: [...signers],
      serializedMessage: new Uint8Array(Buffer.from(serializedMessage, 'base64')),
      signature: new Uint8Array(Buffer.from(signature, 'base64')),
    },
  }
}
