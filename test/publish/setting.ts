/**
 * A network, a person with a Space, and flakes without Nix: for tests of publishing and reading.
 * @module
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Transaction } from '@mysten/sui/transactions'
import { homeFrom, type Home } from '@squid/client/home'
import { createKey, loadKey } from '@squid/client/keys'
import { claimName } from '@squid/client/names'
import { connect, loadDescriptor, type Network, takeFromFaucet } from '@squid/client/networks'
import type { PathToPublish, Publication } from '@squid/client/publish'
import { linkFromLedger, ReleaseContents, WalrusStorage } from '@squid/client/storage'
import { readLocator } from '@squid/client/resolve'
import { buildReleaseTransaction, readRelease } from '@squid/client/releases'
import { type Account, createAccount, execute } from '@squid/client/transactions'
import { squid } from '@squid/contracts/squid'
import { Devnet, type GenesisPackage } from '@squid/devnet'
import { formatNixHash } from '@squid/formats/sri'
import { encodeUtf8 } from '@squid/formats/bytes'
import { encodeNar, hashStream, type NarEvent } from '@squid/formats/nar'
import { sourcePath } from '@squid/formats/store-path'

export const SQUID_PACKAGE: GenesisPackage = {
  name: 'squid',
  compiled: squid,
  objects: { 'squid.registry': `${squid.id}::registry::Registry` },
}

export async function startNetwork(dir?: string): Promise<Devnet> {
  return Devnet.start({
    rpcPort: 0,
    adminPort: 0,
    packages: [SQUID_PACKAGE],
    ...(dir !== undefined && { dir }),
  })
}

/** Someone with a folder, a key, money and a Space. */
export interface Person extends AsyncDisposable {
  readonly home: Home
  readonly dir: string
  readonly account: Account
  readonly space: string
  storage(): WalrusStorage
}

export async function createPerson(networkUrl: string, label: string): Promise<Person> {
  const dir = await mkdtemp(join(tmpdir(), `squid-${label}-`))
  const home = homeFrom({ SQUID_HOME: dir })
  await createKey(home, 'default')
  const account = await openAccount(networkUrl, home)
  await takeFromFaucet(account.network, account.address)
  const { space } = await claimName(account, label)
  const open: WalrusStorage[] = []
  return {
    home,
    dir,
    account,
    space,
    storage() {
      const storage = openStorage(account.network)
      open.push(storage)
      return storage
    },
    async [Symbol.asyncDispose]() {
      for (const storage of open) await storage.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Lets `other` publish into `owner`'s Space. */
export async function letPublish(owner: Person, other: Person): Promise<void> {
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${owner.account.network.squid.packageId}::space::set_roles`,
    arguments: [
      transaction.object(owner.space),
      transaction.pure.address(other.account.address),
      transaction.pure.u8(2),
    ],
  })
  await execute(owner.account, transaction)
}

export async function openAccount(networkUrl: string, home: Home): Promise<Account> {
  const network = await connect(await loadDescriptor(networkUrl))
  return createAccount(network, await loadKey(home, 'default'))
}

export function openStorage(network: Network): WalrusStorage {
  return new WalrusStorage(network, { scheme: 'http', timeoutMs: 5000 })
}

/** Deterministic bytes that do not compress. */
export function noise(seed: string, bytes: number): Uint8Array {
  return createHash('shake256', { outputLength: bytes }).update(seed).digest()
}

/** A store path that is one file. */
export async function pathOf(name: string, content: Uint8Array): Promise<PathToPublish> {
  const events: NarEvent[] = [
    { kind: 'file', name: encodeUtf8(''), executable: false, size: content.length },
    { kind: 'data', bytes: content },
  ]
  const { hash, size } = await hashStream(encodeNar(events))
  return {
    storePath: sourcePath(hash, name),
    narHash: hash,
    narSize: size,
    references: [],
    ca: `fixed:r:${formatNixHash({ algorithm: 'sha256', digest: hash })}`,
    nar: () => encodeNar(events),
  }
}

/** A release of one program and some files, without Nix. */
export async function publicationOf(
  space: string,
  flakeName: string,
  contents: readonly (readonly [name: string, content: Uint8Array])[],
): Promise<Publication> {
  const source = await pathOf('source', encodeUtf8(`# flake of ${contents.map(([name]) => name).join(' ')}`))
  const paths = [source]
  for (const [name, content] of contents) paths.push(await pathOf(name, content))
  return {
    space,
    flakeName,
    tags: [],
    manifest: {
      sourceNarHash: source.narHash,
      flake: { lastModified: 1_700_000_000n },
      systems: [],
      holds: { sources: false, buildClosure: false },
    },
    paths,
  }
}

/** A release without a look at the locator, as no publisher of ours makes it. */
export async function releaseBlindly(
  { account, space }: Person,
  flakeName: string,
  manifest: Uint8Array,
): Promise<void> {
  const transaction = buildReleaseTransaction(account.network, {
    space,
    flake: { create: flakeName },
    expectedVersion: 0n,
    key: new Uint8Array(32).fill(7),
    sourceNarHash: new Uint8Array(32),
    revision: '',
    lastModified: 0n,
    manifest,
    blobs: [],
    locator: undefined,
    tags: [],
  })
  await execute(account, transaction)
}

/** Opens a release as a reader with nothing but the network would. */
export async function openContents(
  account: Account,
  storage: WalrusStorage,
  space: string,
  flake: string,
  version: bigint,
): Promise<ReleaseContents> {
  const locator = await readLocator(account.network, space)
  const release = await readRelease(account.network, flake, version)
  if (locator.link === undefined) throw new Error('the Space has no locator')
  return ReleaseContents.open(storage, linkFromLedger(locator.link), release.manifest)
}

export async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}
