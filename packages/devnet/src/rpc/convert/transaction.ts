/**
 * Transactions between the RPC's protobuf form and the ledger's BCS form.
 *
 * What a client sends to be resolved lacks versions, mutability, gas: `OpenTransaction` is that form, with
 * `undefined` for what is missing. Kinds that the devnet does not run are refused by name.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { GrpcTypes } from '@mysten/sui/grpc'
import {
  fromBase64,
  isValidSuiAddress,
  isValidTransactionDigest,
  normalizeSuiAddress,
  toBase64,
} from '@mysten/sui/utils'
import type { Draft } from '../web/method.ts'
import { GrpcError } from '../web/status.ts'

/** A complete transaction, in the shape of the SDK's BCS schema. */
export type TransactionData = NonNullable<ReturnType<typeof bcs.TransactionData.parse>['V1']>
type ProgrammableTransaction = NonNullable<TransactionData['kind']['ProgrammableTransaction']>
export type CallArg = ProgrammableTransaction['inputs'][number]
export type Command = ProgrammableTransaction['commands'][number]
export type Argument = NonNullable<Command['TransferObjects']>['address']
export type ObjectRef = TransactionData['gasData']['payment'][number]
type Expiration = TransactionData['expiration']

/** An object input of which the client may know no more than the id. */
export interface OpenObject {
  readonly $kind: 'OpenObject'
  readonly objectId: string
  readonly version: bigint | undefined
  readonly digest: string | undefined
  readonly mutable: boolean | undefined
}

/** A transaction whose inputs and gas may still be open. */
export interface OpenTransaction {
  readonly sender: string
  readonly inputs: readonly (CallArg | OpenObject)[]
  readonly commands: readonly Command[]
  readonly gasOwner: string
  /** Empty = to be selected (or none wanted). */
  readonly payment: readonly ObjectRef[]
  readonly price: bigint | undefined
  readonly budget: bigint | undefined
  readonly expiration: Expiration
}

const MAX_INPUTS = 2048
const MAX_COMMANDS = 1024
const {
  Argument_ArgumentKind: ARGUMENT,
  Input_InputKind: INPUT,
  TransactionExpiration_TransactionExpirationKind: EXPIRATION,
  TransactionKind_Kind: KIND,
} = GrpcTypes

/**
 * Reads a transaction message, from its `bcs` when it has that, else from its fields.
 * @throws {GrpcError} `INVALID_ARGUMENT` for what is no transaction, `UNIMPLEMENTED` for kinds that are not run here
 */
export function readTransaction(message: GrpcTypes.Transaction): OpenTransaction {
  const bytes = message.bcs?.value
  if (bytes !== undefined) return openTransaction(parseTransactionData(bytes))
  const data = message.kind?.data
  if (data?.oneofKind !== 'programmableTransaction')
    throw invalid('transaction.kind is missing or is not a programmable transaction')
  const { inputs, commands } = data.programmableTransaction
  if (inputs.length > MAX_INPUTS) throw invalid(`more than ${MAX_INPUTS} inputs`)
  if (commands.length > MAX_COMMANDS) throw invalid(`more than ${MAX_COMMANDS} commands`)
  const sender = readAddress(message.sender, 'transaction.sender')
  const gas = message.gasPayment
  return {
    sender,
    inputs: inputs.map(readInput),
    commands: commands.map(readCommand),
    gasOwner: gas?.owner === undefined ? sender : readAddress(gas.owner, 'gas_payment.owner'),
    payment: (gas?.objects ?? []).map(readObjectRef),
    price: gas?.price,
    budget: gas?.budget,
    expiration: readExpiration(message.expiration),
  }
}

/**
 * Decodes BCS transaction bytes.
 * @throws {GrpcError} `INVALID_ARGUMENT`
 */
export function parseTransactionData(bytes: Uint8Array): TransactionData {
  let data: TransactionData | undefined
  try {
    const parsed = bcs.TransactionData.parse(bytes)
    // The SDK's parser is lenient (trailing bytes, booleans other than 0 and 1), the network is not.
    if (Buffer.from(bytes).equals(bcs.TransactionData.serialize(parsed).toBytes())) data = parsed.V1
  } catch (error) {
    throw new GrpcError('INVALID_ARGUMENT', 'transaction.bcs is not a BCS TransactionData', { cause: error })
  }
  if (data === undefined) throw invalid('transaction.bcs is not a BCS TransactionData')
  return data
}

/** A complete transaction as an open one; gas price and budget 0 count as open, as clients write them so. */
export function openTransaction(data: TransactionData): OpenTransaction {
  const { ProgrammableTransaction: program } = data.kind
  if (!program) throw new GrpcError('UNIMPLEMENTED', `${data.kind.$kind} transactions are not supported`)
  return {
    sender: data.sender,
    inputs: program.inputs,
    commands: program.commands,
    gasOwner: data.gasData.owner,
    payment: data.gasData.payment,
    price: orOpen(data.gasData.price),
    budget: orOpen(data.gasData.budget),
    expiration: data.expiration,
  }
}

/** The RPC's form of a complete transaction, without `bcs` and `digest`; of the system's own only programs have parts. */
export function writeTransaction(data: TransactionData): Draft<GrpcTypes.Transaction> {
  return {
    version: 1,
    sender: data.sender,
    kind: writeKind(data.kind),
    gasPayment: {
      objects: data.gasData.payment.map(writeObjectRef),
      owner: data.gasData.owner,
      price: BigInt(data.gasData.price),
      budget: BigInt(data.gasData.budget),
    },
    expiration: writeExpiration(data.expiration),
  }
}

function writeKind(kind: TransactionData['kind']): Draft<GrpcTypes.TransactionKind> | undefined {
  const program = kind.ProgrammableTransaction ?? kind.ProgrammableSystemTransaction
  if (!program) return undefined
  return {
    kind: kind.ProgrammableTransaction ? KIND.PROGRAMMABLE_TRANSACTION : KIND.PROGRAMMABLE_SYSTEM_TRANSACTION,
    data: {
      oneofKind: 'programmableTransaction',
      programmableTransaction: {
        inputs: program.inputs.map(writeInput),
        commands: program.commands.map(command => ({ command: writeCommand(command) })),
      },
    },
  }
}

/**
 * A normalised address or object id.
 * @throws {GrpcError} `INVALID_ARGUMENT` naming `what`
 */
export function readAddress(text: string | undefined, what: string): string {
  if (text === undefined || text === '') throw invalid(`${what} is missing`)
  if (text.length > 66) throw invalid(`${what} is not an address`)
  const address = normalizeSuiAddress(text)
  if (!isValidSuiAddress(address)) throw invalid(`${what} is not an address: ${JSON.stringify(text)}`)
  return address
}

function readInput(input: GrpcTypes.Input, index: number): CallArg | OpenObject {
  const what = `input ${index}`
  switch (input.kind ?? INPUT.INPUT_KIND_UNKNOWN) {
    case INPUT.PURE:
      return { $kind: 'Pure', Pure: { bytes: toBase64(input.pure ?? new Uint8Array()) } }
    case INPUT.IMMUTABLE_OR_OWNED:
      return {
        $kind: 'Object',
        Object: { $kind: 'ImmOrOwnedObject', ImmOrOwnedObject: readObjectRef(input) },
      }
    case INPUT.RECEIVING:
      return { $kind: 'Object', Object: { $kind: 'Receiving', Receiving: readObjectRef(input) } }
    case INPUT.SHARED:
      return {
        $kind: 'Object',
        Object: {
          $kind: 'SharedObject',
          SharedObject: {
            objectId: readAddress(input.objectId, `${what}.object_id`),
            initialSharedVersion: String(required(input.version, `${what}.version`)),
            mutable: input.mutable ?? false,
          },
        },
      }
    case INPUT.FUNDS_WITHDRAWAL:
      throw new GrpcError(
        'UNIMPLEMENTED',
        'withdrawals from address balances are not supported: pay with coins',
      )
    default:
      return readOpenInput(input, what)
  }
}

/** An input without a kind: a pure value, or an object known by its id. */
function readOpenInput(input: GrpcTypes.Input, what: string): CallArg | OpenObject {
  if (input.literal !== undefined)
    throw new GrpcError(
      'UNIMPLEMENTED',
      `${what}: literal (JSON) inputs are not supported: send pure BCS bytes`,
    )
  if (input.pure !== undefined) return { $kind: 'Pure', Pure: { bytes: toBase64(input.pure) } }
  return {
    $kind: 'OpenObject',
    objectId: readAddress(input.objectId, `${what}.object_id`),
    version: input.version,
    digest: input.digest,
    mutable: input.mutable,
  }
}

function readObjectRef(ref: { objectId?: string; version?: bigint; digest?: string }): ObjectRef {
  const digest = required(ref.digest, 'digest')
  if (!isValidTransactionDigest(digest))
    throw invalid('an object reference has a digest that is not base58 of 32 bytes')
  return {
    objectId: readAddress(ref.objectId, 'object_id'),
    version: String(required(ref.version, 'version')),
    digest,
  }
}

function readCommand({ command }: GrpcTypes.Command, index: number): Command {
  switch (command.oneofKind) {
    case 'moveCall': {
      const call = command.moveCall
      return {
        $kind: 'MoveCall',
        MoveCall: {
          package: readAddress(call.package, `command ${index}.package`),
          module: required(call.module, `command ${index}.module`),
          function: required(call.function, `command ${index}.function`),
          typeArguments: call.typeArguments,
          arguments: call.arguments.map(readArgument),
        },
      }
    }
    case 'transferObjects':
      return {
        $kind: 'TransferObjects',
        TransferObjects: {
          objects: command.transferObjects.objects.map(readArgument),
          address: readArgument(command.transferObjects.address),
        },
      }
    case 'splitCoins':
      return {
        $kind: 'SplitCoins',
        SplitCoins: {
          coin: readArgument(command.splitCoins.coin),
          amounts: command.splitCoins.amounts.map(readArgument),
        },
      }
    case 'mergeCoins':
      return {
        $kind: 'MergeCoins',
        MergeCoins: {
          destination: readArgument(command.mergeCoins.coin),
          sources: command.mergeCoins.coinsToMerge.map(readArgument),
        },
      }
    case 'makeMoveVector':
      return {
        $kind: 'MakeMoveVec',
        MakeMoveVec: {
          type: command.makeMoveVector.elementType ?? null,
          elements: command.makeMoveVector.elements.map(readArgument),
        },
      }
    case 'publish':
    case 'upgrade':
      throw publishingRefused()
    default:
      throw invalid(`command ${index} is empty or of an unknown kind`)
  }
}

/** The one answer to every attempt to bring bytecode in over the network. */
function publishingRefused(): GrpcError {
  return new GrpcError(
    'UNIMPLEMENTED',
    'publishing packages is not supported yet: the embedded devnet runs only the packages that its genesis installed',
  )
}

function readArgument(argument: GrpcTypes.Argument | undefined): Argument {
  switch (argument?.kind) {
    case ARGUMENT.GAS:
      return { $kind: 'GasCoin', GasCoin: true }
    case ARGUMENT.INPUT:
      return { $kind: 'Input', Input: readIndex(argument.input) }
    case ARGUMENT.RESULT:
      return argument.subresult === undefined
        ? { $kind: 'Result', Result: readIndex(argument.result) }
        : { $kind: 'NestedResult', NestedResult: [readIndex(argument.result), readIndex(argument.subresult)] }
    default:
      throw invalid('an argument is missing or of an unknown kind')
  }
}

function readIndex(index: number | undefined): number {
  if (index === undefined || index > 0xffff) throw invalid('an argument index is missing or above 65535')
  return index
}

function readExpiration(expiration: GrpcTypes.TransactionExpiration | undefined): Expiration {
  switch (expiration?.kind) {
    case undefined:
    case EXPIRATION.TRANSACTION_EXPIRATION_KIND_UNKNOWN:
    case EXPIRATION.NONE:
      return { $kind: 'None', None: true }
    case EXPIRATION.EPOCH:
      return { $kind: 'Epoch', Epoch: Number(expiration.epoch ?? 0n) }
    case EXPIRATION.VALID_DURING:
      return {
        $kind: 'ValidDuring',
        ValidDuring: {
          minEpoch: textOrNull(expiration.minEpoch),
          maxEpoch: textOrNull(expiration.epoch),
          minTimestamp: msOrNull(expiration.minTimestamp),
          maxTimestamp: msOrNull(expiration.maxTimestamp),
          chain: required(expiration.chain, 'expiration.chain'),
          nonce: expiration.nonce ?? 0,
        },
      }
    default:
      throw new GrpcError('UNIMPLEMENTED', 'this kind of transaction expiration is not supported')
  }
}

function writeInput(input: CallArg): Draft<GrpcTypes.Input> {
  if (input.Pure) return { kind: INPUT.PURE, pure: fromBase64(input.Pure.bytes) }
  if (input.Object?.ImmOrOwnedObject)
    return { kind: INPUT.IMMUTABLE_OR_OWNED, ...writeObjectRef(input.Object.ImmOrOwnedObject) }
  if (input.Object?.Receiving) return { kind: INPUT.RECEIVING, ...writeObjectRef(input.Object.Receiving) }
  const shared = input.Object?.SharedObject
  if (!shared) throw new GrpcError('UNIMPLEMENTED', `${input.$kind} inputs are not supported`)
  return {
    kind: INPUT.SHARED,
    objectId: shared.objectId,
    version: BigInt(shared.initialSharedVersion),
    mutable: shared.mutable,
    mutability: shared.mutable ? GrpcTypes.Input_Mutability.MUTABLE : GrpcTypes.Input_Mutability.IMMUTABLE,
  }
}

function writeCommand(command: Command): Draft<GrpcTypes.Command['command']> {
  switch (command.$kind) {
    case 'MoveCall': {
      const { package: packageId, module, function: name, typeArguments, arguments: list } = command.MoveCall
      return {
        oneofKind: 'moveCall',
        moveCall: {
          package: packageId,
          module,
          function: name,
          typeArguments,
          arguments: list.map(writeArgument),
        },
      }
    }
    case 'TransferObjects':
      return {
        oneofKind: 'transferObjects',
        transferObjects: {
          objects: command.TransferObjects.objects.map(writeArgument),
          address: writeArgument(command.TransferObjects.address),
        },
      }
    case 'SplitCoins':
      return {
        oneofKind: 'splitCoins',
        splitCoins: {
          coin: writeArgument(command.SplitCoins.coin),
          amounts: command.SplitCoins.amounts.map(writeArgument),
        },
      }
    case 'MergeCoins':
      return {
        oneofKind: 'mergeCoins',
        mergeCoins: {
          coin: writeArgument(command.MergeCoins.destination),
          coinsToMerge: command.MergeCoins.sources.map(writeArgument),
        },
      }
    case 'MakeMoveVec':
      return {
        oneofKind: 'makeMoveVector',
        makeMoveVector: {
          elementType: command.MakeMoveVec.type ?? undefined,
          elements: command.MakeMoveVec.elements.map(writeArgument),
        },
      }
    default:
      throw publishingRefused()
  }
}

/** An argument as the RPC writes it. */
function writeArgument(argument: Argument): Draft<GrpcTypes.Argument> {
  switch (argument.$kind) {
    case 'GasCoin':
      return { kind: ARGUMENT.GAS }
    case 'Input':
      return { kind: ARGUMENT.INPUT, input: argument.Input }
    case 'Result':
      return { kind: ARGUMENT.RESULT, result: argument.Result }
    default:
      return { kind: ARGUMENT.RESULT, result: argument.NestedResult[0], subresult: argument.NestedResult[1] }
  }
}

function writeObjectRef(ref: ObjectRef): Draft<GrpcTypes.ObjectReference> {
  return { objectId: ref.objectId, version: BigInt(ref.version), digest: ref.digest }
}

function writeExpiration(expiration: Expiration): Draft<GrpcTypes.TransactionExpiration> {
  if (expiration.$kind === 'None') return { kind: EXPIRATION.NONE }
  if (expiration.$kind === 'Epoch') return { kind: EXPIRATION.EPOCH, epoch: BigInt(expiration.Epoch) }
  if (expiration.$kind !== 'ValidDuring')
    throw new GrpcError('UNIMPLEMENTED', 'this kind of transaction expiration is not supported')
  const { minEpoch, maxEpoch, minTimestamp, maxTimestamp, chain, nonce } = expiration.ValidDuring
  return {
    kind: EXPIRATION.VALID_DURING,
    minEpoch: bigOrUndefined(minEpoch),
    epoch: bigOrUndefined(maxEpoch),
    minTimestamp: minTimestamp === null ? undefined : writeTimestamp(BigInt(minTimestamp)),
    maxTimestamp: maxTimestamp === null ? undefined : writeTimestamp(BigInt(maxTimestamp)),
    chain,
    nonce,
  }
}

/** Milliseconds since 1970 as a protobuf timestamp. */
export function writeTimestamp(ms: bigint): { seconds: bigint; nanos: number } {
  return { seconds: ms / 1000n, nanos: Number(ms % 1000n) * 1_000_000 }
}

function msOrNull(timestamp: { seconds: bigint; nanos: number } | undefined): string | null {
  return timestamp === undefined
    ? null
    : String(timestamp.seconds * 1000n + BigInt(Math.floor(timestamp.nanos / 1e6)))
}

function textOrNull(value: bigint | undefined): string | null {
  return value === undefined ? null : String(value)
}

function bigOrUndefined(value: string | null): bigint | undefined {
  return value === null ? undefined : BigInt(value)
}

function orOpen(value: string): bigint | undefined {
  return value === '0' ? undefined : BigInt(value)
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw invalid(`${what} is missing`)
  return value
}

function invalid(message: string): GrpcError {
  return new GrpcError('INVALID_ARGUMENT', message)
}
