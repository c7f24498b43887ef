/**
 * Looks up the objects that a transaction names and checks that its sender may use them: versions, owners, gas coins.
 * @module
 */
import type { TypeTag } from '@squid/move/vm'
import type { LedgerObject } from '../objects/object.ts'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import { KNOWN_TYPE } from '../objects/type-tag.ts'
import { balanceOfContents } from '../ptb/coin.ts'
import type { ResolvedInput } from '../ptb/execute.ts'
import { type RefusalKind, TransactionRefused } from './refusal.ts'
import type {
  Command,
  GasData,
  ObjectReference,
  ProgrammableTransaction,
  TransactionData,
  TransactionInput,
} from './transaction-data.ts'

/** What the checks read. */
export interface ObjectSource {
  readonly read: (id: string) => LedgerObject | undefined
  /** True when an object with this id was there and is not any more. */
  readonly isGone: (id: string) => boolean
}

function refuse(kind: RefusalKind, message: string): never {
  throw new TransactionRefused(kind, message)
}

/** The live object, whatever its version. */
function find(source: ObjectSource, id: string): LedgerObject {
  const object = source.read(id)
  if (object !== undefined) return object
  if (source.isGone(id)) refuse('ObjectDeleted', `object ${id} is deleted or wrapped`)
  refuse('ObjectNotFound', `there is no object ${id}`)
}

/** The live object at exactly this version and digest. */
function findAt(source: ObjectSource, reference: ObjectReference): LedgerObject {
  const object = find(source, reference.id)
  if (object.data.kind === 'package')
    refuse('MovePackageAsObject', `${reference.id} is a package, not an object`)
  if (object.version !== reference.version) {
    refuse(
      'ObjectVersionUnavailableForConsumption',
      `the transaction needs to be rebuilt because object ${reference.id} version ${reference.version} is not available for consumption, current version: ${object.version}`,
    )
  }
  if (object.digest !== reference.digest) {
    refuse(
      'InvalidObjectDigest',
      `object ${reference.id} at version ${reference.version} has the digest ${object.digest}, not ${reference.digest}`,
    )
  }
  return object
}

function ownedInput(
  source: ObjectSource,
  reference: ObjectReference,
  sender: string | undefined,
): LedgerObject {
  const object = findAt(source, reference)
  const { owner, id } = object
  if (owner.kind === 'shared')
    refuse('NotOwnedObjectError', `object ${id} is shared: name it as a shared input`)
  if (owner.kind === 'object') {
    refuse(
      'InvalidChildObjectArgument',
      `object ${id} is owned by object ${owner.parent}: it cannot be an input`,
    )
  }
  if (owner.kind === 'address' && sender !== undefined && owner.address !== sender) {
    refuse('IncorrectUserSignature', `object ${id} is owned by ${owner.address}, but the sender is ${sender}`)
  }
  return object
}

function receivingInput(source: ObjectSource, reference: ObjectReference): LedgerObject {
  const object = findAt(source, reference)
  if (object.owner.kind === 'object') {
    refuse(
      'InvalidChildObjectArgument',
      `object ${object.id} is owned by object ${object.owner.parent}: it cannot be received`,
    )
  }
  if (object.owner.kind !== 'address')
    refuse('NotOwnedObjectError', `object ${object.id} is not owned by an address: it cannot be received`)
  return object
}

const IMMUTABLE_SYSTEM_OBJECTS: ReadonlySet<string> = new Set([SYSTEM_ADDRESS.clock, SYSTEM_ADDRESS.random])

function sharedInput(
  source: ObjectSource,
  input: Extract<TransactionInput, { kind: 'shared' }>,
  isSystem: boolean,
): LedgerObject {
  if (input.mutable && IMMUTABLE_SYSTEM_OBJECTS.has(input.id) && !isSystem) {
    refuse(
      'ImmutableParameterExpectedError',
      `object ${input.id} may only be read: name it as an immutable shared input`,
    )
  }
  const object = find(source, input.id)
  if (object.data.kind === 'package') refuse('MovePackageAsObject', `${input.id} is a package, not an object`)
  if (object.owner.kind !== 'shared') refuse('NotSharedObjectError', `object ${input.id} is not shared`)
  if (object.owner.initialSharedVersion !== input.initialSharedVersion) {
    refuse(
      'SharedObjectStartingVersionMismatch',
      `object ${input.id} is shared since version ${object.owner.initialSharedVersion}, not ${input.initialSharedVersion}`,
    )
  }
  return object
}

/** Who may use which objects. */
export interface InputRules {
  /** Owned objects must be this address's; undefined: anybody's are taken. */
  readonly sender: string | undefined
  /** The system may change what nobody else may. */
  readonly isSystem: boolean
}

/**
 * The objects of the inputs. No object may be named twice, gas coins included.
 * @throws {TransactionRefused}
 */
export function resolveInputs(
  source: ObjectSource,
  transaction: ProgrammableTransaction,
  gas: GasData,
  rules: InputRules,
): ResolvedInput[] {
  const coins = new Set<string>(gas.payment.map(coin => coin.id))
  if (coins.size !== gas.payment.length)
    refuse('MutableObjectUsedMoreThanOnce', 'a gas coin is named more than once')
  const named = new Set<string>()
  return transaction.inputs.map(input => {
    if (input.kind === 'pure') return { input, object: undefined }
    const id = input.kind === 'shared' ? input.id : input.reference.id
    if (coins.has(id)) refuse('MutableObjectUsedMoreThanOnce', `object ${id} is a gas coin and an input`)
    if (named.has(id)) refuse('DuplicateObjectRefInput', `object ${id} is named by more than one input`)
    named.add(id)
    return { input, object: resolveObject(source, input, rules) }
  })
}

function resolveObject(
  source: ObjectSource,
  input: Exclude<TransactionInput, { kind: 'pure' }>,
  rules: InputRules,
): LedgerObject {
  switch (input.kind) {
    case 'shared':
      return sharedInput(source, input, rules.isSystem)
    case 'receiving':
      return receivingInput(source, input.reference)
    case 'owned':
      return ownedInput(source, input.reference, rules.sender)
  }
}

function addPackagesOfType(tag: TypeTag, packages: Set<string>): void {
  if (typeof tag === 'string') return
  if ('vector' in tag) return addPackagesOfType(tag.vector, packages)
  packages.add(tag.struct.address)
  for (const parameter of tag.struct.typeParams) addPackagesOfType(parameter, packages)
}

/** The packages that commands name. @throws {TransactionRefused} `DependentPackageNotFound`, `MoveObjectAsPackage` */
export function resolvePackages(source: ObjectSource, commands: readonly Command[]): LedgerObject[] {
  const ids = new Set<string>()
  for (const command of commands) {
    if (command.kind === 'moveCall') {
      ids.add(command.packageId)
      for (const tag of command.typeArguments) addPackagesOfType(tag, ids)
    } else if (command.kind === 'makeMoveVector' && command.type !== undefined) {
      addPackagesOfType(command.type, ids)
    }
  }
  return [...ids].map(id => {
    const object = source.read(id)
    if (object === undefined) refuse('DependentPackageNotFound', `there is no package ${id}`)
    if (object.data.kind !== 'package') refuse('MoveObjectAsPackage', `${id} is an object, not a package`)
    return object
  })
}

function gasCoin(source: ObjectSource, reference: ObjectReference, owner: string): LedgerObject {
  const object = findAt(source, reference)
  if (object.data.kind !== 'move' || object.data.type !== KNOWN_TYPE.gasCoin) {
    refuse('InvalidGasObject', `gas is paid with Coin<SUI>; ${object.id} is something else`)
  }
  if (object.owner.kind !== 'address')
    refuse('GasObjectNotOwnedObject', `gas coin ${object.id} is not owned by an address`)
  if (object.owner.address !== owner) {
    refuse(
      'IncorrectUserSignature',
      `gas coin ${object.id} is owned by ${object.owner.address}, but the gas owner is ${owner}`,
    )
  }
  return object
}

/**
 * The coins that pay.
 * @throws {TransactionRefused} also `GasBalanceTooLow` when they do not hold the budget
 */
export function resolveGasCoins(source: ObjectSource, { gas }: Pick<TransactionData, 'gas'>): LedgerObject[] {
  if (gas.payment.length === 0)
    refuse('MissingGasPayment', 'the transaction names no gas coins (address balances are not supported)')
  const coins = gas.payment.map(reference => gasCoin(source, reference, gas.owner))
  const balance = coins.reduce((sum, { data }) => sum + balanceOfContents(data.contents), 0n)
  if (balance < gas.budget) {
    refuse(
      'GasBalanceTooLow',
      `the gas coins hold ${balance} MIST, which is less than the budget of ${gas.budget}`,
    )
  }
  return coins
}
