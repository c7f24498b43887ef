/**
 * What generated code calls: copies, comparisons, and the ends that are not a return.
 * @module
 */
import { type CodeLocation, type ExecutionFailure, type FailureKind, VECTOR_SUB_STATUS } from './failure.ts'
import { Ref, type Value } from './value.ts'

/** Most frames, the running one included; the reference's, as `test/move-oracle.test.ts` finds it. */
export const MAX_CALL_DEPTH = 1024

/** Gas in instruction units. The embedder sets what remains; below zero the call has failed. */
export interface Gas {
  remaining: number
}

/** How deep the running calls are, in units of frames. */
export interface CallDepth {
  frames: number
  readonly limit: number
}

/** Carries a failure from where it happens to `Vm.call`; never leaves the VM. */
export class ExecutionStop extends Error {
  override name = 'ExecutionStop'
  readonly failure: ExecutionFailure

  constructor(failure: ExecutionFailure) {
    super(failure.message)
    this.failure = failure
  }
}

// Programs fail often and on purpose; nobody reads the JavaScript stack of that.
function stop(failure: ExecutionFailure): never {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    throw new ExecutionStop(failure)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function describeLocation(location: CodeLocation): string {
  return `${location.address}::${location.module}::${location.functionName} at instruction ${location.instruction}`
}

/** Ends the running call. */
export function stopWith(
  kind: FailureKind,
  location: CodeLocation | null,
  what: string,
  subStatus?: number,
): never {
  const message = location === null ? what : `${what} in ${describeLocation(location)}`
  return stop({ kind, location, message, ...(subStatus === undefined ? {} : { subStatus }) })
}

/** Ends the running call with an abort. */
export function stopWithAbort(code: bigint, location: CodeLocation): never {
  return stop({ kind: 'abort', code, location, message: `abort ${code} in ${describeLocation(location)}` })
}

/** The failing ends of one function; each takes the offset of the instruction. */
export class FailureExits {
  readonly #function: Omit<CodeLocation, 'instruction'>

  constructor(location: Omit<CodeLocation, 'instruction'>) {
    this.#function = location
  }

  at(instruction: number): CodeLocation {
    return { ...this.#function, instruction }
  }

  abort(code: bigint, instruction: number): never {
    return stopWithAbort(code, this.at(instruction))
  }

  arithmetic(instruction: number): never {
    return stopWith('arithmetic', this.at(instruction), 'arithmetic error')
  }

  index(instruction: number): never {
    return stopWith('vector', this.at(instruction), 'vector index out of range', VECTOR_SUB_STATUS.index)
  }

  popEmpty(instruction: number): never {
    return stopWith('vector', this.at(instruction), 'pop from an empty vector', VECTOR_SUB_STATUS.popEmpty)
  }

  unpackLength(instruction: number): never {
    return stopWith(
      'vector',
      this.at(instruction),
      'vector of another length',
      VECTOR_SUB_STATUS.unpackLength,
    )
  }

  variant(instruction: number): never {
    return stopWith('variantMismatch', this.at(instruction), 'enum is another variant')
  }

  outOfGas(instruction: number): never {
    return stopWith('outOfGas', this.at(instruction), 'out of gas')
  }

  stackOverflow(): never {
    return stopWith('stackOverflow', this.at(0), 'calls nest too deeply')
  }

  valueDepth(instruction: number): never {
    return stopWith('valueDepth', this.at(instruction), 'value nests too deeply')
  }
}

/** Takes `units`, ends the call when there are not enough. */
export function charge(gas: Gas, units: number): void {
  if ((gas.remaining -= units) < 0) stopWith('outOfGas', null, 'out of gas')
}

function copyValue(value: Value): Value {
  if (!Array.isArray(value)) return value
  const copy: Value[] = []
  for (const item of value) copy.push(copyValue(item))
  return copy
}

/** Elements in a value and all that is in it. */
function countValue(value: Value): number {
  if (!Array.isArray(value)) return 1
  let count = 1
  for (const item of value) count += countValue(item)
  return count
}

function equalValues(left: Value, right: Value): boolean {
  if (left instanceof Ref) return equalValues(left.value, (right as Ref).value)
  if (!Array.isArray(left)) return left === right
  const other = right as Value[]
  if (left.length !== other.length) return false
  for (const [i, item] of left.entries()) if (!equalValues(item, other[i] as Value)) return false
  return true
}

/**
 * The functions that cost by size, bound to one gas counter. Doubling a value by copying it again and again
 * would otherwise make memory grow with the exponent of the gas spent.
 */
export interface SizedOperations {
  /** Copies an array of scalars. */
  copyFlat(value: Value[]): Value[]
  copyDeep(value: Value): Value
  /** Compares what references refer to, never the references. */
  equal(left: Value, right: Value): boolean
}

export function createSizedOperations(gas: Gas): SizedOperations {
  return {
    copyFlat(value) {
      charge(gas, value.length)
      return value.slice()
    },
    copyDeep(value) {
      charge(gas, countValue(value))
      return copyValue(value)
    },
    equal(left, right) {
      charge(gas, countValue(left instanceof Ref ? left.value : left))
      return equalValues(left, right)
    },
  }
}
