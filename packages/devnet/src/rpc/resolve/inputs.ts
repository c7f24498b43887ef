/**
 * Filling in object inputs of which the client knows only the id: version, digest, and for shared objects whether the
 * transaction may change them, which follows from the functions that it calls.
 * @module
 */
import type { Ledger, LedgerObject, OpenSignature } from '@squid/sui/ledger'
import type { Argument, CallArg, Command, OpenObject, OpenTransaction } from '../convert/transaction.ts'
import { GrpcError } from '../web/status.ts'

const RECEIVING = `0x${'2'.padStart(64, '0')}::transfer::Receiving`

/** How a command uses one of its arguments. */
type Use = 'read' | 'change' | 'receive'

/**
 * The inputs of a transaction, complete.
 * @throws {GrpcError} `NOT_FOUND` or `INVALID_ARGUMENT` naming the object that cannot be an input
 */
export function resolveInputs(ledger: Ledger, transaction: OpenTransaction): CallArg[] {
  return transaction.inputs.map((input, index) => {
    if (input.$kind !== 'OpenObject') return input
    return resolveObject(ledger, input, () => usesOf(ledger, transaction.commands, index))
  })
}

function resolveObject(ledger: Ledger, input: OpenObject, uses: () => ReadonlySet<Use>): CallArg {
  const object = ledger.object(input.objectId)
  if (object === undefined) throw new GrpcError('NOT_FOUND', `Object ${input.objectId} not found`)
  switch (object.owner.kind) {
    case 'shared': {
      const { initialSharedVersion } = object.owner
      if (input.version !== undefined && input.version !== initialSharedVersion)
        throw refused(input, `it is shared since version ${initialSharedVersion}, not ${input.version}`)
      const mutable = input.mutable ?? uses().has('change')
      const shared = { objectId: object.id, initialSharedVersion: String(initialSharedVersion), mutable }
      return { $kind: 'Object', Object: { $kind: 'SharedObject', SharedObject: shared } }
    }
    case 'object':
      throw refused(input, `it belongs to object ${object.owner.parent}: name that one`)
    case 'address':
      return uses().has('receive') ? receiving(input, object) : owned(input, object)
    default:
      return owned(input, object)
  }
}

function owned(input: OpenObject, object: LedgerObject): CallArg {
  return {
    $kind: 'Object',
    Object: { $kind: 'ImmOrOwnedObject', ImmOrOwnedObject: reference(input, object) },
  }
}

function receiving(input: OpenObject, object: LedgerObject): CallArg {
  return { $kind: 'Object', Object: { $kind: 'Receiving', Receiving: reference(input, object) } }
}

/** The object's present reference; what the client says of it must agree. */
function reference(
  input: OpenObject,
  object: LedgerObject,
): { objectId: string; version: string; digest: string } {
  if (input.version !== undefined && input.version !== object.version)
    throw refused(input, `its version is ${object.version}, not ${input.version}`)
  if (input.digest !== undefined && input.digest !== object.digest)
    throw refused(input, `its digest is ${object.digest}, not ${input.digest}`)
  return { objectId: object.id, version: String(object.version), digest: object.digest }
}

/** Every way in which the commands use input `index`. */
function usesOf(ledger: Ledger, commands: readonly Command[], index: number): ReadonlySet<Use> {
  const uses = new Set<Use>()
  const isInput = (argument: Argument): boolean => argument.$kind === 'Input' && argument.Input === index
  for (const command of commands) {
    if (command.MoveCall) {
      const positions = command.MoveCall.arguments.flatMap((argument, at) => (isInput(argument) ? [at] : []))
      if (positions.length === 0) continue
      const parameters = parametersOf(ledger, command.MoveCall)
      for (const position of positions) uses.add(useOf(parameters[position]))
    } else if (argumentsOf(command).some(isInput)) uses.add('change')
  }
  return uses
}

function useOf(parameter: OpenSignature | undefined): Use {
  if (parameter?.reference === 'immutable') return 'read'
  const isReceiving = parameter?.body.kind === 'datatype' && parameter.body.typeName === RECEIVING
  return isReceiving ? 'receive' : 'change'
}

function parametersOf(ledger: Ledger, call: NonNullable<Command['MoveCall']>): readonly OpenSignature[] {
  const descriptor = ledger.functionDescriptor(call.package, call.module, call.function)
  if (descriptor !== undefined) return descriptor.parameters
  throw new GrpcError('NOT_FOUND', `Function ${call.package}::${call.module}::${call.function} not found`)
}

/** Arguments of the built-in commands, all of which take objects by value or change them. */
function argumentsOf(command: Command): readonly Argument[] {
  if (command.TransferObjects) return command.TransferObjects.objects
  if (command.SplitCoins) return [command.SplitCoins.coin]
  if (command.MergeCoins) return [command.MergeCoins.destination, ...command.MergeCoins.sources]
  if (command.MakeMoveVec) return command.MakeMoveVec.elements
  return []
}

function refused(input: OpenObject, reason: string): GrpcError {
  return new GrpcError('INVALID_ARGUMENT', `Object ${input.objectId} cannot be an input: ${reason}`)
}
