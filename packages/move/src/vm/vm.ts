/**
 * A Move virtual machine. It loads checked modules, makes JavaScript of each function instance when it is
 * first called, and runs it. Synchronous and deterministic: what a call does depends on the loaded modules,
 * the natives, the arguments and the gas.
 * @module
 */
import assert from 'node:assert/strict'
import { compileFunction } from 'node:vm'
import { DecodeError } from '@squid/formats/errors'
import type { AbilitySet, CompiledModule } from '../binary/index.ts'
import type { CheckedModule } from '../verify/index.ts'
import { decodeValue, encodeValue, type Layouts } from './bcs.ts'
import { type CodeLocation, type ExecutionFailure, NativeAbort, NativeFailure } from './failure.ts'
import { GENERATED_PARAMETERS, generateFunction } from './generate.ts'
import { at, type FunctionInfo, type LoadedFunction, ModuleRegistry } from './module-registry.ts'
import { type NativeFunction, type NativeTable, Tuple } from './native.ts'
import {
  type CallDepth,
  charge,
  createSizedOperations,
  ExecutionStop,
  FailureExits,
  type Gas,
  MAX_CALL_DEPTH,
  type SizedOperations,
  stopWith,
  stopWithAbort,
} from './runtime.ts'
import { MAX_VALUE_DEPTH, TypeTable } from './type-table.ts'
import {
  type DatatypeType,
  type Field,
  type Type,
  TypeResolutionError,
  type TypeTag,
  type Variant,
} from './types.ts'
import { Ref, type Value } from './value.ts'

/** What a call came to. */
export type CallResult =
  { readonly ok: true; readonly values: Value[] } | { readonly ok: false; readonly failure: ExecutionFailure }

/** The instantiated types of a function. */
export interface FunctionSignature {
  readonly parameters: readonly Type[]
  readonly returns: readonly Type[]
}

export interface VmOptions<Context> {
  readonly natives: NativeTable<Context>
  readonly context: Context
}

/** Generated code or a wrapped native: no result, the result, or an array of several. */
type Executable = (...args: Value[]) => Value | Value[] | undefined

interface Constant {
  readonly type: Type
  readonly value: Value
}

/**
 * The depth limit keeps generated frames well within an ordinary JavaScript stack; an embedder that calls
 * from very deep inside its own still gets a failure and not an exception.
 */
const JS_STACK_EXHAUSTED: ExecutionFailure = {
  kind: 'stackOverflow',
  location: null,
  message: 'calls nest too deeply for the JavaScript stack',
}

function isStackExhausted(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}

/** `0x2` for `0x00…02`. */
function shortAddress(address: string): string {
  return address.replace(/^0x0*(?=.)/, '0x')
}

export class Vm<Context> {
  /** For natives; set by the embedder before a call. */
  context: Context
  /** Instruction units; the embedder sets what remains. */
  readonly gas: Gas = { remaining: 0 }
  readonly #natives: NativeTable<Context>
  readonly #modules = new ModuleRegistry()
  readonly #types = new TypeTable(this.#modules)
  readonly #instances = new Map<LoadedFunction, Map<string, Executable>>()
  readonly #constants = new Map<CompiledModule, Constant[]>()
  readonly #depth: CallDepth = { frames: 0, limit: MAX_CALL_DEPTH }
  readonly #operations: SizedOperations = createSizedOperations(this.gas)
  readonly #layouts: Layouts = type => this.#types.variants(type)

  constructor({ natives, context }: VmOptions<Context>) {
    this.#natives = natives
    this.context = context
  }

  /** Loads modules; each may use those loaded before it. Only what `checkModule` returned can be loaded. */
  addModules(modules: readonly CheckedModule[]): void {
    this.#modules.add(modules)
  }

  hasModule(address: string, name: string): boolean {
    return this.#modules.find(address, name) !== undefined
  }

  module(address: string, name: string): CheckedModule | undefined {
    return this.#modules.find(address, name)?.module
  }

  function(address: string, module: string, name: string): FunctionInfo | undefined {
    return this.#modules.find(address, module)?.functions.get(name)?.info
  }

  /** @throws {TypeResolutionError} when the type arguments do not fit the function */
  signature(fn: FunctionInfo, typeArguments: readonly Type[]): FunctionSignature {
    const { owner, handle } = this.#loaded(fn)
    this.#types.checkArguments(`function ${fn.module}::${fn.name}`, fn.typeParameters, typeArguments)
    return {
      parameters: this.#types.signature(owner.module, handle.parameters, typeArguments),
      returns: this.#types.signature(owner.module, handle.returns, typeArguments),
    }
  }

  /** @throws {TypeResolutionError} */
  type(tag: TypeTag): Type {
    return this.#types.fromTag(tag)
  }

  /** @throws {TypeResolutionError} for references, which have none */
  tag(type: Type): TypeTag {
    return this.#types.tag(type)
  }

  /** The type `&to`, or `&mut to`. */
  reference(kind: 'reference' | 'mutableReference', to: Type): Type {
    return this.#types.reference(kind, to)
  }

  /** The type `vector<element>`. */
  vector(element: Type): Type {
    return this.#types.vector(element)
  }

  abilities(type: Type): AbilitySet {
    return this.#types.abilities(type)
  }

  /** The fields of a struct, in order. */
  fields(type: DatatypeType): readonly Field[] {
    assert(type.kind === 'struct', `${type.key} is an enum`)
    return this.#types.fields(type)
  }

  /** The variants of an enum, in the order of their tags. */
  variants(type: DatatypeType): readonly Variant[] {
    assert(type.kind === 'enum', `${type.key} is a struct`)
    return this.#types.variants(type)
  }

  /**
   * Runs a function. Visibility is the embedder's business. The arguments must be of the parameters' types
   * and belong to the VM from now on.
   * @throws {TypeResolutionError} when the type arguments do not fit the function
   */
  call(fn: FunctionInfo, typeArguments: readonly Type[], args: readonly Value[]): CallResult {
    const { parameters, returns } = this.signature(fn, typeArguments)
    assert.equal(args.length, parameters.length, `arguments of ${fn.module}::${fn.name}`)
    const framesBefore = this.#depth.frames
    try {
      const result = this.#instance(this.#loaded(fn), typeArguments)(...args)
      if (returns.length === 0) return { ok: true, values: [] }
      return { ok: true, values: returns.length === 1 ? [result as Value] : (result as Value[]) }
    } catch (error) {
      if (error instanceof ExecutionStop) return { ok: false, failure: error.failure }
      if (isStackExhausted(error)) return { ok: false, failure: JS_STACK_EXHAUSTED }
      throw error
    } finally {
      this.#depth.frames = framesBefore
    }
  }

  /** Takes gas, for natives that do work in proportion to something. Ends the running call if too little remains. */
  charge(units: number): void {
    charge(this.gas, units)
  }

  /** BCS of a value, which must be of the type. */
  encode(type: Type, value: Value): Uint8Array {
    return encodeValue(type, value, this.#layouts)
  }

  /** @throws {DecodeError} when the bytes are not the canonical encoding of one value of the type */
  decode(type: Type, bytes: Uint8Array): Value {
    if (this.#types.depth(type) > MAX_VALUE_DEPTH) throw new DecodeError(`${type.key} nests too deeply`, 0)
    return decodeValue(type, bytes, this.#layouts)
  }

  #loaded(fn: FunctionInfo): LoadedFunction {
    const loaded = this.#modules.find(fn.address, fn.module)?.functions.get(fn.name)
    assert(loaded?.info === fn, `function ${fn.module}::${fn.name} is not of this VM`)
    return loaded
  }

  /** The executable of a function instance, made when first asked for. */
  #instance(fn: LoadedFunction, typeArguments: readonly Type[]): Executable {
    let instances = this.#instances.get(fn)
    if (instances === undefined) this.#instances.set(fn, (instances = new Map()))
    const key = typeArguments.map(type => type.key).join(',')
    let executable = instances.get(key)
    if (executable === undefined) {
      executable = this.#make(fn, typeArguments)
      instances.set(key, executable)
    }
    return executable
  }

  #make(fn: LoadedFunction, typeArguments: readonly Type[]): Executable {
    const { address, module, name: functionName, index: functionIndex } = fn.info
    const place = { address, module, functionIndex, functionName }
    const { code } = fn.definition
    if (code === null) return this.#wrapNative(fn, typeArguments, { ...place, instruction: 0 })
    try {
      const generated = generateFunction(
        { modules: this.#modules, types: this.#types, constant: (owner, i) => this.#constant(owner, i) },
        fn,
        code,
        typeArguments,
      )
      const link = (i: number): Executable => {
        const callee = at(generated.callees, i)
        return this.#instance(callee.target, callee.typeArguments)
      }
      const make = compileFunction(generated.source, [...GENERATED_PARAMETERS])
      const exits = new FailureExits(place)
      return make(
        generated.constants,
        link,
        this.gas,
        this.#depth,
        exits,
        this.#operations,
        Ref,
      ) as Executable
    } catch (error) {
      if (!(error instanceof TypeResolutionError)) throw error
      return stopWith('typeDepth', { ...place, instruction: 0 }, error.message)
    }
  }

  #wrapNative(fn: LoadedFunction, typeArguments: readonly Type[], location: CodeLocation): Executable {
    const { address, module, name } = fn.info
    const factory = this.#natives[`${shortAddress(address)}::${module}::${name}`]
    if (factory === undefined)
      return stopWith('missingNative', location, `native function ${module}::${name} is not supported`)
    const results = at(fn.owner.module.signatures, fn.handle.returns).length
    let native: NativeFunction | undefined
    return (...args) => {
      try {
        native ??= factory(this, typeArguments)
        const result = native(...args)
        if (results > 1) {
          assert(result instanceof Tuple && result.values.length === results, `results of ${module}::${name}`)
          return [...result.values]
        }
        assert(!(result instanceof Tuple) && (result === undefined) === (results === 0), `result of ${name}`)
        return result
      } catch (error) {
        if (error instanceof NativeAbort) return stopWithAbort(error.code, location)
        if (error instanceof NativeFailure)
          return stopWith(error.kind, location, error.message, error.subStatus)
        throw error
      }
    }
  }

  #constant(module: CompiledModule, index: number): Constant {
    let constants = this.#constants.get(module)
    if (constants === undefined) this.#constants.set(module, (constants = []))
    let constant = constants[index]
    if (constant === undefined) {
      const { type: token, data } = at(module.constants, index)
      const type = this.#types.resolve(module, token, [])
      constant = { type, value: this.decode(type, data) }
      constants[index] = constant
    }
    return constant
  }
}
