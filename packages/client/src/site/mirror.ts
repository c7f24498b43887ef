/**
 * Mirrors releases of a Space as a Walrus Site. The site belongs to the account that made it: `walrus_site` knows no rights
 * but ownership, so a Space, which is shared, could not hold one without being everybody's.
 *
 * Interrupted anywhere, the site is whole: what was there before is served until the last transactions, and doing it again
 * goes on with what was stored.
 * @module
 */
import { Transaction } from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import { packLimit } from '@squid/formats/pack'
import { formatPublicKey, publicKeyOf } from '@squid/formats/signature'
import { setUserData } from '../gen/suins/controller.ts'
import type { Home } from '../home/index.ts'
import { parseReference } from '../references/index.ts'
import { readLocator, readRoles, type Resolver } from '../resolve/index.ts'
import { LedgerReader } from '../resolve/ledger-reader.ts'
import { readName, SITE_KEY } from '../resolve/names.ts'
import { linkFromLedger, ReleaseContents, type WalrusStorage } from '../storage/index.ts'
import { type Account, execute, type ExecutedTransaction, prepare } from '../transactions/index.ts'
import { formatSiteLabel, siteAddress } from './address.ts'
import { SiteCollector } from './collect.ts'
import { type MirroredRelease, parseVersionPath } from './files.ts'
import type { Page } from './page.ts'
import { batchesOf, changesOf, type PageChange } from './plan.ts'
import { findSite, type HeldBlob, heldBlobs, readSite, sitePackage, type SiteState } from './read.ts'
import { siteKey } from './site-keys.ts'
import {
  addChanges,
  addDeletion,
  addNewSite,
  addTitle,
  type SiteTitle,
  type StorageHeir,
  ZERO_ID,
} from './transactions.ts'
import { CountingSink, SiteUpload } from './upload.ts'

export interface MirrorDeps {
  readonly account: Account
  readonly storage: WalrusStorage
  readonly home: Home
  readonly resolver: Resolver
}

export interface MirrorRequest {
  /** Object id. */
  readonly space: string
  /** To be added; empty to only take away. */
  readonly add: readonly { readonly flakeName: string; readonly version: bigint }[]
  /** Of what the site has already. */
  readonly keep: (version: { readonly flakeName: string; readonly version: bigint }) => boolean
  /** Origin of a portal; undefined for the address that the site has. */
  readonly portal: string | undefined
  /** A name that stands for the site at the portal, instead of its id. */
  readonly name: string | undefined
  /** Walrus epochs to pay for, from now on. */
  readonly epochs: number
}

export type MirrorEvent =
  | { readonly stage: 'read'; readonly paths: number; readonly of: number }
  | { readonly stage: 'uploaded'; readonly bytes: number }
  | { readonly stage: 'changed'; readonly pages: number; readonly of: number }

export interface MirrorOptions {
  readonly onProgress?: (event: MirrorEvent) => void
  readonly signal?: AbortSignal
}

/** What a mirror costs, or has cost. */
export interface MirrorReport {
  /** Undefined before it is made. */
  readonly site: string | undefined
  /** Undefined before it is known. */
  readonly address: string | undefined
  /** The line for `trusted-public-keys`. */
  readonly publicKey: string
  readonly versions: readonly { readonly flakeName: string; readonly version: bigint }[]
  readonly pages: number
  readonly added: number
  readonly removed: number
  /** Bytes that were not stored before. */
  readonly storedBytes: number
  /** Base units of WAL: new blobs and longer leases, spare storage of the Space not counted. */
  readonly wal: bigint
  /** MIST. Of an estimate without what removing gives back. */
  readonly gas: bigint
  /** The first Walrus epoch that is not paid for. */
  readonly until: number
}

/** Origin of `squid site serve`. */
const DEFAULT_PORTAL = 'http://localhost:7879'

/** `squid::roles`: admin 1, publish 2. */
const MAY_PUBLISH = 1 | 2
/** Leases in one transaction. */
const LEASES_PER_TRANSACTION = 50

/**
 * Writes the site.
 * @throws {SquidError} `NOT_PERMITTED`, `NO_SITES`, `PORTAL_URL`, `SITE_LIMIT`, `SITE_CONFLICT`, and what ledger and Walrus say
 */
export async function mirror(
  deps: MirrorDeps,
  request: MirrorRequest,
  options: MirrorOptions = {},
): Promise<MirrorReport> {
  const run = await MirrorRun.begin(deps, request, options)
  return await run.write()
}

/** What {@link mirror} would cost now. Reads and compresses everything, and stores nothing. */
export async function estimateMirror(
  deps: MirrorDeps,
  request: MirrorRequest,
  options: MirrorOptions = {},
): Promise<MirrorReport> {
  const run = await MirrorRun.begin(deps, request, options)
  return await run.estimate()
}

class MirrorRun {
  readonly #deps: MirrorDeps
  readonly #request: MirrorRequest
  readonly #options: MirrorOptions
  readonly #releases: readonly MirroredRelease[]
  readonly #epoch: number
  #state: SiteState | undefined
  #held: ReadonlyMap<string, HeldBlob>
  #gas = 0n
  #wal = 0n
  /** Bytes of each pack. */
  readonly #stored: number[] = []

  private constructor(
    deps: MirrorDeps,
    request: MirrorRequest,
    options: MirrorOptions,
    found: {
      readonly state: SiteState | undefined
      readonly releases: readonly MirroredRelease[]
      readonly epoch: number
      readonly held: ReadonlyMap<string, HeldBlob>
    },
  ) {
    this.#deps = deps
    this.#request = request
    this.#options = options
    this.#state = found.state
    this.#releases = found.releases
    this.#epoch = found.epoch
    this.#held = found.held
  }

  static async begin(deps: MirrorDeps, request: MirrorRequest, options: MirrorOptions): Promise<MirrorRun> {
    const { account } = deps
    const { network, address } = account
    const { signal } = options
    sitePackage(network)
    await assertMayMirror(account, request.space, signal)
    if (request.portal !== undefined) siteAddress(request.portal, request.name ?? 'site')
    const site = await findSite(network, address, request.space, signal)
    const state = site === undefined ? undefined : await readSite(network, site, signal)
    const releases = await openReleases(deps, request, state, signal)
    network.walrus.reset() // the client keeps what it read for ever, also over the end of an epoch
    const { committee } = await network.walrus.systemState()
    const held = await heldBlobs(network, address, signal)
    return new MirrorRun(deps, request, options, { state, releases, epoch: committee.epoch, held })
  }

  async write(): Promise<MirrorReport> {
    const title = await this.#title()
    if (this.#state === undefined) this.#state = await this.#create(title)
    const { id, pages } = this.#state
    const address = this.#address(id)
    if (this.#state.address !== address)
      await this.#execute(tx => addTitle(tx, this.#network, tx.object(id), { ...title, address }))
    const { storage, home, account } = this.#deps
    const { space, epochs } = this.#request
    const limit = await this.#packLimit()
    await using upload = await SiteUpload.open(
      { storage, home, account },
      {
        site: id,
        space,
        packLimit: limit,
        epochs,
        onUploaded: bytes => this.#uploaded(bytes),
        signal: this.#options.signal,
      },
    )
    const wanted = await this.#collect({ site: id, address, limit, sink: upload, found: upload.found })
    await upload.settle()
    this.#gas += upload.gas
    await this.#priceStored()
    this.#held = await heldBlobs(this.#network, account.address, this.#options.signal)
    const changes = changesOf(pages, wanted)
    await this.#change(id, pages, changes)
    await this.#forget(upload.blobs, wanted)
    await this.#renew(wanted)
    if (this.#request.name !== undefined) await this.#setName(this.#request.name, id)
    await upload.done()
    return this.#report(id, address, title, wanted, changes)
  }

  async estimate(): Promise<MirrorReport> {
    const title = await this.#title()
    const id = this.#state?.id
    const pages = this.#state?.pages ?? new Map<string, Page>()
    const address = this.#address(id ?? ZERO_ID)
    const sink = new CountingSink()
    const limit = await this.#packLimit()
    const wanted = await this.#collect({ site: id ?? ZERO_ID, address, limit, sink, found: new Map() })
    this.#stored.push(...sink.sizes)
    await this.#priceStored()
    for (const { endEpoch, encodedSize } of this.#leases(wanted))
      this.#wal += await this.#leasePrice(encodedSize, this.#until - endEpoch)
    const changes = changesOf(pages, wanted)
    for (const { changes: batch } of batchesOf(pages, changes)) await this.#simulate(title, batch)
    const isKnown = id !== undefined || this.#request.name !== undefined
    return this.#report(id, isKnown ? address : undefined, title, wanted, changes)
  }

  get #network(): Account['network'] {
    return this.#deps.account.network
  }

  get #until(): number {
    return this.#epoch + this.#request.epochs
  }

  async #title(): Promise<SiteTitle> {
    const { space } = this.#request
    const key = await siteKey(this.#deps.home, space)
    return { space, address: this.#state?.address, publicKey: formatPublicKey(publicKeyOf(key)) }
  }

  async #packLimit(): Promise<number> {
    return packLimit((await this.#deps.storage.open()).committee.shards)
  }

  #address(id: string): string {
    const { portal, name } = this.#request
    if (portal === undefined && name === undefined && this.#state?.address !== undefined)
      return this.#state.address
    return siteAddress(portal ?? DEFAULT_PORTAL, name ?? formatSiteLabel(id))
  }

  async #create(title: SiteTitle): Promise<SiteState> {
    const { account } = this.#deps
    const executed = await this.#execute(tx =>
      tx.transferObjects([addNewSite(tx, this.#network, title)], account.address),
    )
    const type = `${sitePackage(this.#network).typesId}::site::Site`
    const id = executed.created.find(object => object.type === type)?.id
    if (id === undefined) throw new Error(`transaction ${executed.digest} made no site`)
    return { id, address: undefined, pages: new Map() }
  }

  async #collect(
    to: Pick<ConstructorParameters<typeof SiteCollector>[0], 'site' | 'address' | 'sink' | 'found'> & {
      readonly limit: number
    },
  ): Promise<ReadonlyMap<string, Page>> {
    const { onProgress, signal } = this.#options
    const collector = new SiteCollector({
      site: to.site,
      address: to.address,
      sink: to.sink,
      found: to.found,
      key: await siteKey(this.#deps.home, this.#request.space),
      packLimit: to.limit,
      pages: this.#state?.pages ?? new Map<string, Page>(),
      isPaid: key => (this.#held.get(key)?.endEpoch ?? 0) > this.#epoch,
      onFile: (paths, of) => onProgress?.({ stage: 'read', paths, of }),
      signal,
    })
    return await collector.collect(this.#releases)
  }

  async #change(id: string, pages: ReadonlyMap<string, Page>, changes: readonly PageChange[]): Promise<void> {
    const heir = await storageHeir(this.#deps.account, this.#request.space, this.#options.signal)
    let done = 0
    for (const { changes: batch, freed } of batchesOf(pages, changes)) {
      await this.#execute(async tx => {
        addChanges(tx, this.#network, tx.object(id), { changes: batch })
        for (const key of freed) await this.#addDeletion(tx, key, heir)
      })
      done += batch.length
      this.#options.onProgress?.({ stage: 'changed', pages: done, of: changes.length })
    }
  }

  // Packs of an interrupted try that nothing uses in the end.
  async #forget(blobs: readonly string[], wanted: ReadonlyMap<string, Page>): Promise<void> {
    const used = usedBlobs(wanted)
    const unused = blobs.filter(key => !used.has(key) && this.#held.has(key))
    if (unused.length === 0) return
    const heir = await storageHeir(this.#deps.account, this.#request.space, this.#options.signal)
    await this.#execute(async tx => {
      for (const key of unused) await this.#addDeletion(tx, key, heir)
    })
  }

  async #addDeletion(transaction: Transaction, key: string, heir: StorageHeir): Promise<void> {
    const blob = this.#held.get(key)
    if (blob !== undefined) await addDeletion(transaction, this.#deps.account, blob, this.#epoch, heir)
  }

  async #setName(name: string, site: string): Promise<void> {
    const state = await readName(this.#network, new LedgerReader(this.#network), name, this.#options.signal)
    if (state?.site === site) return
    if (state === undefined)
      throw new SquidError('NAME_UNKNOWN', `Nobody has registered @${name}; run: squid name claim ${name}`)
    const { packageId, suinsObjectId } = this.#network.descriptor.suins
    await this.#execute(tx =>
      setUserData(tx, packageId, suinsObjectId, tx.object(state.registration), SITE_KEY, site),
    )
  }

  /** Of blobs in use, those that end too soon. */
  #leases(wanted: ReadonlyMap<string, Page>): readonly HeldBlob[] {
    return [...usedBlobs(wanted)]
      .flatMap(key => this.#held.get(key) ?? [])
      .filter(({ endEpoch }) => endEpoch > this.#epoch && endEpoch < this.#until)
  }

  async #renew(wanted: ReadonlyMap<string, Page>): Promise<void> {
    const leases = this.#leases(wanted)
    for (let from = 0; from < leases.length; from += LEASES_PER_TRANSACTION) {
      const some = leases.slice(from, from + LEASES_PER_TRANSACTION)
      await this.#execute(async tx => {
        for (const { objectId } of some)
          await this.#network.walrus.extendBlob({ blobObjectId: objectId, endEpoch: this.#until })(tx)
      })
      for (const { endEpoch, encodedSize } of some)
        this.#wal += await this.#leasePrice(encodedSize, this.#until - endEpoch)
    }
  }

  async #priceStored(): Promise<void> {
    for (const size of this.#stored)
      this.#wal += (await this.#network.walrus.storageCost(size, this.#request.epochs)).totalCost
  }

  async #leasePrice(encodedSize: bigint, epochs: number): Promise<bigint> {
    const { storage_price_per_unit_size: price } = await this.#network.walrus.systemState()
    return ((encodedSize + MIB - 1n) / MIB) * BigInt(price) * BigInt(epochs)
  }

  #uploaded(bytes: number): void {
    this.#stored.push(bytes)
    this.#options.onProgress?.({ stage: 'uploaded', bytes })
  }

  // As if it were a new site: pages that are replaced cost a little less.
  async #simulate(title: SiteTitle, changes: readonly PageChange[]): Promise<void> {
    const added = changes.flatMap(({ after }) => (after === undefined ? [] : [{ before: undefined, after }]))
    if (added.length === 0) return
    const { account } = this.#deps
    const transaction = new Transaction()
    const site = addNewSite(transaction, this.#network, title)
    addChanges(transaction, this.#network, site, { changes: added })
    transaction.transferObjects([site], account.address)
    const { bytes } = await prepare(account, transaction, this.#options.signal)
    const result = await this.#network.sui.core.simulateTransaction({
      transaction: bytes,
      include: { effects: true },
    })
    const { gasUsed } = (result.Transaction ?? result.FailedTransaction).effects
    this.#gas += BigInt(gasUsed.computationCost) + BigInt(gasUsed.storageCost) - BigInt(gasUsed.storageRebate)
  }

  async #execute(
    build: (transaction: Transaction) => void | Promise<void> | object,
  ): Promise<ExecutedTransaction> {
    const transaction = new Transaction()
    await build(transaction)
    const executed = await execute(this.#deps.account, transaction, this.#options.signal)
    this.#gas += executed.gasUsed
    return executed
  }

  #report(
    site: string | undefined,
    address: string | undefined,
    { publicKey }: SiteTitle,
    wanted: ReadonlyMap<string, Page>,
    changes: readonly PageChange[],
  ): MirrorReport {
    return {
      site,
      address,
      publicKey,
      versions: this.#releases.map(({ flakeName, release }) => ({ flakeName, version: release.version })),
      pages: wanted.size,
      added: changes.filter(({ after }) => after !== undefined).length,
      removed: changes.filter(({ after }) => after === undefined).length,
      storedBytes: this.#stored.reduce((sum, size) => sum + size, 0),
      wal: this.#wal,
      gas: this.#gas,
      until: this.#until,
    }
  }
}

const MIB = 1024n * 1024n

/** @throws {SquidError} `NOT_PERMITTED` */
async function assertMayMirror(
  { network, address }: Account,
  space: string,
  signal?: AbortSignal,
): Promise<void> {
  if (((await readRoles(network, space, address, signal)) & MAY_PUBLISH) !== 0) return
  throw new SquidError(
    'NOT_PERMITTED',
    `${address} may not publish into Space ${space}, nor mirror it: ask one of its admins for the publish role.`,
  )
}

/** Who may not publish into the Space any more keeps what storage is left. */
export async function storageHeir(
  { network, address }: Account,
  space: string,
  signal?: AbortSignal,
): Promise<StorageHeir> {
  if (((await readRoles(network, space, address, signal)) & MAY_PUBLISH) === 0) return { kind: 'account' }
  const { storageId } = await readLocator(network, space, signal)
  return { kind: 'space', space, storageId }
}

function usedBlobs(pages: ReadonlyMap<string, Page>): ReadonlySet<string> {
  return new Set([...pages.values()].map(({ place }) => Buffer.from(place.blobId).toString('base64url')))
}

// Those to be added, and those of the site that are kept and were not revoked.
async function openReleases(
  { resolver, storage }: MirrorDeps,
  { space, add, keep }: MirrorRequest,
  state: SiteState | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly MirroredRelease[]> {
  const named = new Map(add.map(version => [`${version.flakeName}/${version.version}`, version]))
  const kept = [...(state?.pages.keys() ?? [])]
    .flatMap(path => parseVersionPath(path) ?? [])
    .filter(version => !named.has(`${version.flakeName}/${version.version}`) && keep(version))
  const releases: MirroredRelease[] = []
  for (const version of [...named.values(), ...kept]) {
    const { flakeName } = version
    const reference = parseReference(`sui:${space}:${flakeName}?version=${version.version}`)
    try {
      const { release, locator } = await resolver.resolve(reference, signal)
      if (locator.link === undefined)
        throw new SquidError('SOURCE_MISSING', `The Space ${space} stores nothing; publish again.`)
      const link = linkFromLedger(locator.link)
      const contents = await ReleaseContents.open(storage, link, release.manifest, signal)
      releases.push({ flakeName, release, contents })
    } catch (error) {
      if (kept.includes(version) && error instanceof SquidError && error.code === 'RELEASE_REVOKED') continue
      throw error
    }
  }
  return releases
}
