/**
 * Makes a name stand for a Space of the user's own: registers it, creates the Space with its storage object,
 * makes it the name's target and the user's home. One transaction, so there is nothing half-done to resume;
 * what is there already is left as it is.
 * @module
 */
import { Transaction, type TransactionObjectArgument, type TransactionResult } from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import * as registries from '../gen/squid/registry.ts'
import * as spaces from '../gen/squid/space.ts'
import * as storages from '../gen/squid/storage.ts'
import { setTargetAddress } from '../gen/suins/controller.ts'
import { register, renew } from '../gen/suins/devnet-registrar.ts'
import type { Network } from '../networks/index.ts'
import { parseName } from '../references/index.ts'
import { isOfType, LedgerReader } from '../resolve/ledger-reader.ts'
import { readName, type NameState } from '../resolve/names.ts'
import { readHome, readRoles, readSpace, typeOf } from '../resolve/spaces.ts'
import { execute, type Account, type ExecutedTransaction } from '../transactions/index.ts'

/** Codes: NAME_TAKEN, NO_REGISTRAR. */
export class NameError extends SquidError {
  override name = 'NameError'
}

export interface ClaimedName {
  /** Object ids. */
  readonly space: string
  readonly storage: string
  readonly registration: string
  /** Empty when everything was as it should be. */
  readonly transactions: readonly ExecutedTransaction[]
}

const ADMIN = 1
/** For how long after its expiry a name can only be renewed: `grace_period_ms` of SuiNS's `constants`. */
const GRACE_MS = 30n * 24n * 60n * 60n * 1000n

/**
 * @param name without `@`
 * @throws {ReferenceError} for what no name can be
 * @throws {NameError} NAME_TAKEN, NO_REGISTRAR
 * @throws {LedgerError} NO_GAS and others
 */
export async function claimName(account: Account, name: string, signal?: AbortSignal): Promise<ClaimedName> {
  const { network } = account
  parseName(`@${name}`)
  const state = await ownName(account, name, signal)
  const space = state === undefined ? undefined : await ownSpace(account, state, signal)
  const storage =
    space === undefined ? null : (await readSpace(network, new LedgerReader(network), space, signal)).storage
  const isHome =
    space !== undefined &&
    (await readHome(network, new LedgerReader(network), account.address, signal)) === space
  if (state !== undefined && !state.expired && space !== undefined && storage !== null && isHome) {
    return { space, storage, registration: state.registration, transactions: [] }
  }
  if (state === undefined || state.expired) await assertRegistrar(network)
  const transaction = buildClaim(account, name, { state, space, hasStorage: storage !== null })
  const executed = await execute(account, transaction, signal)
  return claimed(account, name, executed, signal)
}

interface Found {
  /** Of a name that is the account's already. */
  readonly state: NameState | undefined
  /** What it stands for, if that is a Space of the account's. */
  readonly space: string | undefined
  readonly hasStorage: boolean
}

function buildClaim(account: Account, name: string, found: Found): Transaction {
  const { packageId, registryId } = account.network.squid
  const transaction = new Transaction()
  const registration = addRegistration(transaction, account, name, found.state)
  const isNew = found.space === undefined
  const space: TransactionObjectArgument =
    found.space === undefined
      ? spaces.newSpace(transaction, packageId, name)
      : transaction.object(found.space)
  if (!found.hasStorage) {
    storages.share(transaction, packageId, storages.newStorage(transaction, packageId, space))
  }
  registries.setHome(transaction, packageId, registryId, space)
  if (isNew) {
    addTarget(transaction, account, registration, space)
    spaces.share(transaction, packageId, space)
  }
  if (found.state === undefined) transaction.transferObjects([registration], account.address)
  return transaction
}

function addRegistration(
  transaction: Transaction,
  account: Account,
  name: string,
  state: NameState | undefined,
): TransactionObjectArgument {
  const { packageId, suinsObjectId } = account.network.descriptor.suins
  if (state === undefined) return register(transaction, packageId, suinsObjectId, `${name}.sui`, 1)
  const registration = transaction.object(state.registration)
  if (state.expired) renew(transaction, packageId, suinsObjectId, registration, 1)
  return registration
}

/** The Space has no address before the transaction runs, so the transaction asks for it. */
function addTarget(
  transaction: Transaction,
  account: Account,
  registration: TransactionObjectArgument,
  space: TransactionObjectArgument,
): void {
  const { packageId, suinsObjectId } = account.network.descriptor.suins
  const address = transaction.moveCall({
    target: '0x2::object::id_address',
    typeArguments: [typeOf(account.network, 'space::Space')],
    arguments: [space],
  })
  const target: TransactionResult = transaction.moveCall({
    target: '0x1::option::some',
    typeArguments: ['address'],
    arguments: [address],
  })
  setTargetAddress(transaction, packageId, suinsObjectId, registration, target)
}

/**
 * The state of a name that is the account's; undefined when anybody may register it.
 * @throws {NameError} NAME_TAKEN
 */
async function ownName(
  account: Account,
  name: string,
  signal: AbortSignal | undefined,
): Promise<NameState | undefined> {
  const reader = new LedgerReader(account.network)
  const state = await readName(account.network, reader, name, signal)
  if (state === undefined) return undefined
  if (await owns(account, state.registration, signal)) return state
  const until = state.expiresMs + GRACE_MS
  if (until < (await reader.clockMs(signal))) return undefined
  const date = new Date(Number(until)).toISOString().slice(0, 10)
  throw new NameError(
    'NAME_TAKEN',
    `@${name} belongs to somebody else, at least until ${date}: choose another name.`,
  )
}

async function owns(account: Account, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  const { objects } = await account.network.sui.getObjects({
    objectIds: [id],
    ...(signal === undefined ? {} : { signal }),
  })
  const [object] = objects
  return object !== undefined && !(object instanceof Error) && object.owner.AddressOwner === account.address
}

/** What the name stands for, if that is a Space whose admin the account is. */
async function ownSpace(
  account: Account,
  state: NameState,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { network, address } = account
  if (state.target === undefined) return undefined
  const [object] = await new LedgerReader(network).objects([state.target], signal)
  if (object === undefined || !isOfType(object, typeOf(network, 'space::Space'))) return undefined
  const roles = await readRoles(network, object.id, address, signal)
  return (roles & ADMIN) === 0 ? undefined : object.id
}

/** Public networks sell names elsewhere. */
async function assertRegistrar(network: Network): Promise<void> {
  const { packageId } = network.descriptor.suins
  try {
    await network.sui.getMoveFunction({ packageId, moduleName: 'devnet_registrar', name: 'register' })
  } catch (error) {
    throw new NameError(
      'NO_REGISTRAR',
      `Names on ${network.descriptor.network} are sold at suins.io: register or renew yours there, then run this again.`,
      { cause: error },
    )
  }
}

async function claimed(
  account: Account,
  name: string,
  executed: ExecutedTransaction,
  signal: AbortSignal | undefined,
): Promise<ClaimedName> {
  const { network } = account
  parseName(`@${name}`)
  const state = await ownName(account, name, signal)
  const space = state === undefined ? undefined : await ownSpace(account, state, signal)
  const storage =
    space === undefined ? null : (await readSpace(network, new LedgerReader(network), space, signal)).storage
  if (state === undefined || space === undefined || storage === null) {
    throw new NameError(
      'NAME_TAKEN',
      `@${name} was claimed, but somebody changed it meanwhile: run this again.`,
    )
  }
  return { space, storage, registration: state.registration, transactions: [executed] }
}
