/**
 * Transactions as data: a strict decoder for BCS `TransactionData`, version 1. Only canonical bytes are accepted,
 * so that a transaction has one digest. Spec: the official SDK's `bcs.TransactionData`.
 * @module
 */
import { BcsReader } from '@squid/formats/bcs'
import { DecodeError } from '@squid/formats/errors'
import type { TypeTag } from '@squid/move/vm'
import { ADDRESS_BYTES, formatAddress } from '../objects/address.ts'
import { formatDigest } from '../objects/digest.ts'
import { LIMITS } from '../protocol.ts'
import { TransactionRefused } from './refusal.ts'

/** An object at one version. */
export interface ObjectReference {
  readonly id: string
  readonly version: bigint
  /** Base58. */
  readonly digest: string
}

/** An input of a programmable transaction. */
export type TransactionInput =
  | { readonly kind: 'pure'; readonly bytes: Uint8Array }
  | { readonly kind: 'owned' | 'receiving'; readonly reference: ObjectReference }
  | {
      readonly kind: 'shared'
      readonly id: string
      readonly initialSharedVersion: bigint
      readonly mutable: boolean
    }

/** Where a command takes a value from. */
export type Argument =
  | { readonly kind: 'gasCoin' }
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'result'; readonly command: number }
  | { readonly kind: 'nestedResult'; readonly command: number; readonly index: number }

/** A command. */
export type Command =
  | {
      readonly kind: 'moveCall'
      readonly packageId: string
      readonly module: string
      readonly function: string
      readonly typeArguments: readonly TypeTag[]
      readonly arguments: readonly Argument[]
    }
  | { readonly kind: 'transferObjects'; readonly objects: readonly Argument[]; readonly address: Argument }
  | { readonly kind: 'splitCoins'; readonly coin: Argument; readonly amounts: readonly Argument[] }
  | { readonly kind: 'mergeCoins'; readonly destination: Argument; readonly sources: readonly Argument[] }
  | {
      readonly kind: 'makeMoveVector'
      readonly type: TypeTag | undefined
      readonly elements: readonly Argument[]
    }

/** Inputs and what is done with them. */
export interface ProgrammableTransaction {
  readonly inputs: readonly TransactionInput[]
  readonly commands: readonly Command[]
}

/** Who pays and how much at most. */
export interface GasData {
  readonly payment: readonly ObjectReference[]
  readonly owner: string
  readonly price: bigint
  readonly budget: bigint
}

/** Until when a transaction may be executed. */
export type Expiration =
  | { readonly kind: 'none' }
  | { readonly kind: 'epoch'; readonly epoch: bigint }
  | {
      readonly kind: 'validDuring'
      readonly minEpoch: bigint | undefined
      readonly maxEpoch: bigint | undefined
      readonly minTimestamp: bigint | undefined
      readonly maxTimestamp: bigint | undefined
      readonly chain: string
    }

/** A transaction that somebody may sign. */
export interface TransactionData {
  readonly transaction: ProgrammableTransaction
  readonly sender: string
  readonly gas: GasData
  readonly expiration: Expiration
}

/** Names of `TransactionKind` by variant number. */
const KINDS = [
  'ProgrammableTransaction',
  'ChangeEpoch',
  'Genesis',
  'ConsensusCommitPrologue',
  'AuthenticatorStateUpdate',
  'EndOfEpochTransaction',
  'RandomnessStateUpdate',
  'ConsensusCommitPrologueV2',
  'ConsensusCommitPrologueV3',
  'ConsensusCommitPrologueV4',
  'ProgrammableSystemTransaction',
] as const

const PRIMITIVES: Readonly<Record<number, TypeTag>> = {
  0: 'bool',
  1: 'u8',
  2: 'u64',
  3: 'u128',
  4: 'address',
  5: 'signer',
  8: 'u16',
  9: 'u32',
  10: 'u256',
}

const IDENTIFIER = /^(?:[a-zA-Z][a-zA-Z0-9_]*|_[a-zA-Z0-9_]+)$/

function readIdentifier(reader: BcsReader): string {
  const text = reader.string(LIMITS.identifierBytes)
  if (!IDENTIFIER.test(text))
    throw new TransactionRefused('InvalidIdentifier', `"${text}" is not a Move identifier`)
  return text
}

function readAddress(reader: BcsReader): string {
  return formatAddress(reader.fixed(ADDRESS_BYTES))
}

function readDigest(reader: BcsReader): string {
  const start = reader.offset
  const bytes = reader.bytes(32)
  if (bytes.length !== 32) throw new DecodeError('digest is not 32 bytes long', start)
  return formatDigest(bytes)
}

/** `budget` counts the nodes that a type may still have; depth is checked too. */
function readTypeTag(reader: BcsReader, depth: number, budget: { nodes: number }): TypeTag {
  if (depth > LIMITS.typeDepth || --budget.nodes < 0) {
    throw new TransactionRefused(
      'SizeLimitExceeded',
      `a type argument is nested deeper than ${LIMITS.typeDepth} or has more than ${LIMITS.typeNodes} parts`,
    )
  }
  const start = reader.offset
  const variant = reader.uleb()
  if (variant === 6) return { vector: readTypeTag(reader, depth + 1, budget) }
  if (variant === 7) {
    const address = readAddress(reader)
    const module = readIdentifier(reader)
    const name = readIdentifier(reader)
    const typeParams = reader.vector(LIMITS.typeArguments, () => readTypeTag(reader, depth + 1, budget))
    return { struct: { address, module, name, typeParams } }
  }
  const primitive = PRIMITIVES[variant]
  if (primitive === undefined) throw new DecodeError(`unknown type ${variant}`, start)
  return primitive
}

function readType(reader: BcsReader): TypeTag {
  return readTypeTag(reader, 1, { nodes: LIMITS.typeNodes })
}

function readReference(reader: BcsReader): ObjectReference {
  return { id: readAddress(reader), version: reader.u64(), digest: readDigest(reader) }
}

function readInput(reader: BcsReader): TransactionInput {
  const start = reader.offset
  switch (reader.uleb()) {
    case 0:
      return { kind: 'pure', bytes: reader.bytes(LIMITS.transactionBytes) }
    case 1:
      return readObjectInput(reader)
    case 2:
      throw new TransactionRefused(
        'Unsupported',
        'FundsWithdrawal inputs (address balances) are not supported',
      )
    default:
      throw new DecodeError('unknown kind of input', start)
  }
}

function readObjectInput(reader: BcsReader): TransactionInput {
  const start = reader.offset
  switch (reader.uleb()) {
    case 0:
      return { kind: 'owned', reference: readReference(reader) }
    case 1:
      return {
        kind: 'shared',
        id: readAddress(reader),
        initialSharedVersion: reader.u64(),
        mutable: readMutability(reader),
      }
    case 2:
      return { kind: 'receiving', reference: readReference(reader) }
    default:
      throw new DecodeError('unknown kind of object input', start)
  }
}

function readMutability(reader: BcsReader): boolean {
  const start = reader.offset
  const mutability = reader.uleb()
  if (mutability > 1) {
    if (mutability === 2)
      throw new TransactionRefused('Unsupported', 'non-exclusive writes to shared objects are not supported')
    throw new DecodeError('unknown mutability of a shared object', start)
  }
  return mutability === 1
}

function readArgument(reader: BcsReader): Argument {
  const start = reader.offset
  switch (reader.uleb()) {
    case 0:
      return { kind: 'gasCoin' }
    case 1:
      return { kind: 'input', index: reader.u16() }
    case 2:
      return { kind: 'result', command: reader.u16() }
    case 3:
      return { kind: 'nestedResult', command: reader.u16(), index: reader.u16() }
    default:
      throw new DecodeError('unknown kind of argument', start)
  }
}

/** Lists may be longer than the rules allow here, so that the refusal can name the rule. */
function readArguments(reader: BcsReader): Argument[] {
  return reader.vector(LIMITS.transactionBytes, () => readArgument(reader))
}

function readCommand(reader: BcsReader): Command {
  const start = reader.offset
  switch (reader.uleb()) {
    case 0:
      return {
        kind: 'moveCall',
        packageId: readAddress(reader),
        module: readIdentifier(reader),
        function: readIdentifier(reader),
        typeArguments: reader.vector(LIMITS.transactionBytes, () => readType(reader)),
        arguments: readArguments(reader),
      }
    case 1:
      return { kind: 'transferObjects', objects: readArguments(reader), address: readArgument(reader) }
    case 2:
      return { kind: 'splitCoins', coin: readArgument(reader), amounts: readArguments(reader) }
    case 3:
      return { kind: 'mergeCoins', destination: readArgument(reader), sources: readArguments(reader) }
    case 4:
      throw new TransactionRefused(
        'Unsupported',
        'publishing packages is not supported yet: they are installed at genesis',
      )
    case 5:
      return {
        kind: 'makeMoveVector',
        type: reader.option(() => readType(reader)),
        elements: readArguments(reader),
      }
    case 6:
      throw new TransactionRefused(
        'Unsupported',
        'upgrading packages is not supported yet: they are installed at genesis',
      )
    default:
      throw new DecodeError('unknown kind of command', start)
  }
}

function readProgrammable(reader: BcsReader): ProgrammableTransaction {
  return {
    inputs: reader.vector(LIMITS.transactionBytes, () => readInput(reader)),
    commands: reader.vector(LIMITS.transactionBytes, () => readCommand(reader)),
  }
}

function readExpiration(reader: BcsReader): Expiration {
  const start = reader.offset
  switch (reader.uleb()) {
    case 0:
      return { kind: 'none' }
    case 1:
      return { kind: 'epoch', epoch: reader.u64() }
    case 2: {
      const optional = (): bigint | undefined => reader.option(() => reader.u64())
      const [minEpoch, maxEpoch, minTimestamp, maxTimestamp] = [
        optional(),
        optional(),
        optional(),
        optional(),
      ]
      const chain = readDigest(reader)
      reader.u32() // nonce: it only makes digests differ
      return { kind: 'validDuring', minEpoch, maxEpoch, minTimestamp, maxTimestamp, chain }
    }
    case 3:
      throw new TransactionRefused(
        'Unsupported',
        'the expiration Validity (allowed proposers) is not supported',
      )
    default:
      throw new DecodeError('unknown kind of expiration', start)
  }
}

function readTransactionData(reader: BcsReader, allowedKind: (typeof KINDS)[number]): TransactionData {
  const start = reader.offset
  if (reader.uleb() !== 0) throw new DecodeError('TransactionData is not version 1', start)
  const variant = reader.uleb()
  const kind = KINDS[variant]
  if (kind === undefined) throw new DecodeError(`unknown kind of transaction ${variant}`, start + 1)
  if (kind !== allowedKind)
    throw new TransactionRefused('Unsupported', `a ${kind} transaction is made by the system only`)
  const transaction = readProgrammable(reader)
  const sender = readAddress(reader)
  const payment = reader.vector(LIMITS.transactionBytes, () => readReference(reader))
  const gas = { payment, owner: readAddress(reader), price: reader.u64(), budget: reader.u64() }
  const expiration = readExpiration(reader)
  reader.end()
  return { transaction, sender, gas, expiration }
}

/**
 * Decodes a transaction.
 * @param system true for the kind that only the ledger itself makes
 * @throws {TransactionRefused} `MalformedTransaction`, `SizeLimitExceeded`, `Unsupported`, `InvalidIdentifier`
 */
export function decodeTransactionData(bytes: Uint8Array, system = false): TransactionData {
  try {
    return readTransactionData(
      new BcsReader(bytes),
      system ? 'ProgrammableSystemTransaction' : 'ProgrammableTransaction',
    )
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new TransactionRefused('MalformedTransaction', error.message, { cause: error })
  }
}
