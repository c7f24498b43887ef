/**
 * The loaded modules, with their functions and datatypes by name.
 * @module
 */
import assert from 'node:assert/strict'
import type {
  AbilitySet,
  CompiledModule,
  DatatypeHandle,
  FieldDefinition,
  FunctionDefinition,
  FunctionHandle,
  Visibility,
} from '../binary/index.ts'
import { type CheckedModule, dependenciesOf } from '../verify/index.ts'

/** What is known of a function without its types. */
export interface FunctionInfo {
  readonly address: string
  readonly module: string
  readonly name: string
  readonly visibility: Visibility
  readonly isEntry: boolean
  readonly isNative: boolean
  /** One set of needed abilities for each type parameter. */
  readonly typeParameters: readonly AbilitySet[]
  /** Index into the module's function definitions. */
  readonly index: number
}

/** A function with its module; `info` is the same object whenever it is asked for. */
export interface LoadedFunction {
  readonly owner: LoadedModule
  readonly info: FunctionInfo
  readonly definition: FunctionDefinition
  readonly handle: FunctionHandle
}

/** A struct or enum with its module. A struct has one entry in `variants`. */
export interface LoadedDatatype {
  readonly owner: LoadedModule
  readonly kind: 'struct' | 'enum'
  readonly name: string
  readonly handle: DatatypeHandle
  readonly variants: readonly { readonly name: string; readonly fields: readonly FieldDefinition[] }[]
}

export interface LoadedModule {
  readonly module: CheckedModule
  readonly functions: ReadonlyMap<string, LoadedFunction>
  readonly datatypes: ReadonlyMap<string, LoadedDatatype>
}

/** The text at an index that the checks know to be in range. */
export function identifierAt(module: CompiledModule, index: number): string {
  return at(module.identifiers, index)
}

/** The item at an index that the checks know to be in range. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert(item !== undefined, `index ${index} out of range in checked bytecode`)
  return item
}

function load(module: CheckedModule): LoadedModule {
  const functions = new Map<string, LoadedFunction>()
  const datatypes = new Map<string, LoadedDatatype>()
  const owner: LoadedModule = { module, functions, datatypes }
  for (const [index, definition] of module.functions.entries()) {
    const handle = at(module.functionHandles, definition.handle)
    const name = identifierAt(module, handle.name)
    const info: FunctionInfo = Object.freeze({
      address: module.address,
      module: module.name,
      name,
      visibility: definition.visibility,
      isEntry: definition.isEntry,
      isNative: definition.code === null,
      typeParameters: handle.typeParameters,
      index,
    })
    functions.set(name, { owner, info, definition, handle })
  }
  for (const definition of module.structs) {
    const handle = at(module.datatypeHandles, definition.handle)
    const name = identifierAt(module, handle.name)
    datatypes.set(name, {
      owner,
      kind: 'struct',
      name,
      handle,
      variants: [{ name, fields: definition.fields ?? [] }],
    })
  }
  for (const definition of module.enums) {
    const handle = at(module.datatypeHandles, definition.handle)
    const name = identifierAt(module, handle.name)
    const variants = definition.variants.map(variant => ({
      name: identifierAt(module, variant.name),
      fields: variant.fields,
    }))
    datatypes.set(name, { owner, kind: 'enum', name, handle, variants })
  }
  return owner
}

export class ModuleRegistry {
  readonly #modules = new Map<string, LoadedModule>()

  /** Adds checked modules, dependencies first. */
  add(modules: readonly CheckedModule[]): void {
    for (const module of modules) {
      const key = `${module.address}::${module.name}`
      assert(!this.#modules.has(key), `module ${key} is already loaded`)
      for (const dependency of dependenciesOf(module)) {
        const loaded = this.find(dependency.address, dependency.name)
        assert(
          loaded?.module === dependency,
          `module ${key} was checked against a ${dependency.name} that is not the one loaded`,
        )
      }
      this.#modules.set(key, load(module))
    }
  }

  find(address: string, name: string): LoadedModule | undefined {
    return this.#modules.get(`${address}::${name}`)
  }

  /** The module that a handle of `module` names. */
  byHandle(module: CompiledModule, handle: number): LoadedModule {
    const { address, name } = at(module.moduleHandles, handle)
    const loaded = this.find(at(module.addresses, address), identifierAt(module, name))
    assert(loaded !== undefined, 'checked bytecode names a module that is not loaded')
    return loaded
  }

  datatypeByHandle(module: CompiledModule, index: number): LoadedDatatype {
    const handle = at(module.datatypeHandles, index)
    const datatype = this.byHandle(module, handle.module).datatypes.get(identifierAt(module, handle.name))
    assert(datatype !== undefined, 'checked bytecode names a datatype that does not exist')
    return datatype
  }

  functionByHandle(module: CompiledModule, index: number): LoadedFunction {
    const handle = at(module.functionHandles, index)
    const found = this.byHandle(module, handle.module).functions.get(identifierAt(module, handle.name))
    assert(found !== undefined, 'checked bytecode names a function that does not exist')
    return found
  }
}
