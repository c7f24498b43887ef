/**
 * The published code of a ledger: the VM with its packages, and what can be said about functions and types.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { SquidError } from '@squid/formats/errors'
import { type CompiledModule, deserializeModule, type SignatureToken } from '@squid/move/binary'
import { stdNatives } from '@squid/move/natives'
import { checkPackage } from '@squid/move/verify'
import { type DatatypeType, type Type, TypeResolutionError, Vm } from '@squid/move/vm'
import { suiNatives } from '../natives/index.ts'
import { parseAddress } from '../objects/address.ts'
import type { LedgerObject } from '../objects/object.ts'
import { parseTypeText } from '../objects/type-text.ts'
import { Lru } from '../store/lru.ts'
import type { ExecutionContext } from '../runtime/execution-context.ts'
import type {
  DatatypeDescriptor,
  FieldDescriptor,
  FunctionDescriptor,
  OpenSignature,
  OpenType,
} from './descriptors.ts'

/** Stands where no transaction runs: natives that ask for one have been called by mistake. */
const NO_CONTEXT = new Proxy({} as ExecutionContext, {
  get: (_, property) => {
    throw new Error(`no transaction runs, but ${String(property)} was asked for`)
  },
})

function at<T>(table: readonly T[], index: number): T {
  const item = table[index]
  if (item === undefined) throw new Error(`index ${index} of a checked module is out of range`)
  return item
}

function datatypeNameOf(module: CompiledModule, handleIndex: number): { typeName: string; name: string } {
  const handle = at(module.datatypeHandles, handleIndex)
  const owner = at(module.moduleHandles, handle.module)
  const name = at(module.identifiers, handle.name)
  return {
    name,
    typeName: `${at(module.addresses, owner.address)}::${at(module.identifiers, owner.name)}::${name}`,
  }
}

function openType(module: CompiledModule, token: SignatureToken): OpenType {
  switch (token.kind) {
    case 'vector':
      return { kind: 'vector', element: openType(module, token.element) }
    case 'datatype':
      return {
        kind: 'datatype',
        typeName: datatypeNameOf(module, token.handle).typeName,
        typeArguments: token.typeArguments.map(argument => openType(module, argument)),
      }
    case 'typeParameter':
      return token
    case 'reference':
    case 'mutableReference':
      throw new Error('a reference inside a type')
    default:
      return { kind: token.kind }
  }
}

function openSignature(module: CompiledModule, token: SignatureToken): OpenSignature {
  if (token.kind === 'reference') return { reference: 'immutable', body: openType(module, token.to) }
  if (token.kind === 'mutableReference') return { reference: 'mutable', body: openType(module, token.to) }
  return { reference: 'none', body: openType(module, token) }
}

/** Modules in a package object, by name. */
export function modulesOfPackage(contents: Uint8Array): Map<string, Uint8Array> {
  const { moduleMap } = bcs.MovePackage.parse(contents)
  return new Map([...moduleMap].map(([name, bytes]) => [name, Uint8Array.from(bytes)]))
}

/** Names of every datatype that a module defines, in the order of its tables: structs, then enums. */
export function datatypeNames(module: CompiledModule): string[] {
  return [...module.structs, ...module.enums].map(({ handle }) => datatypeNameOf(module, handle).name)
}

/** All loaded packages. */
export class Code {
  readonly vm: Vm<ExecutionContext> = new Vm<ExecutionContext>({
    natives: { ...stdNatives<ExecutionContext>(), ...suiNatives },
    context: NO_CONTEXT,
  })
  readonly #packages = new Map<string, readonly string[]>()
  readonly #types = new Lru<string, Type>(4096)

  /**
   * Checks and loads a package whose dependencies are loaded.
   * @throws {SquidError} `GENESIS` when a module is damaged, unsafe or of another address
   */
  load(packageId: string, modules: readonly Uint8Array[]): readonly CompiledModule[] {
    try {
      const read = modules.map(bytes => deserializeModule(bytes))
      const stray = read.find(module => module.address !== packageId)
      if (stray !== undefined)
        throw new SquidError('GENESIS', `module ${stray.name} has the address ${stray.address}`)
      const checked = checkPackage(read, (address, name) => this.vm.module(address, name))
      this.vm.addModules(checked)
      this.#packages.set(packageId, read.map(module => module.name).sort())
      return read
    } catch (error) {
      throw new SquidError('GENESIS', `package ${packageId} cannot be loaded: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  /** Names of the modules of a package, sorted. */
  moduleNames(packageId: string): readonly string[] | undefined {
    return this.#packages.get(packageId)
  }

  /**
   * The type of a canonical or short text.
   * @throws {SquidError} `MOVE_TYPE`
   */
  type(text: string): Type {
    let type = this.#types.get(text)
    if (type === undefined) {
      try {
        type = this.vm.type(parseTypeText(text))
      } catch (error) {
        if (!(error instanceof TypeResolutionError)) throw error
        throw new SquidError('MOVE_TYPE', `there is no type ${text}: ${error.message}`, { cause: error })
      }
      this.#types.set(text, type)
    }
    return type
  }

  /** The type of a stored object. */
  readonly objectType = (text: string): DatatypeType => this.type(text) as DatatypeType

  /** The type of an object's value; undefined for packages. */
  typeOf({ data }: LedgerObject): DatatypeType | undefined {
    return data.kind === 'move' ? this.objectType(data.type) : undefined
  }

  functionDescriptor(packageId: string, moduleName: string, name: string): FunctionDescriptor | undefined {
    const address = parseAddress(packageId)
    const module = this.vm.module(address, moduleName)
    const info = this.vm.function(address, moduleName, name)
    if (module === undefined || info === undefined) return undefined
    const handle = at(module.functionHandles, at(module.functions, info.index).handle)
    const signature = (index: number): OpenSignature[] =>
      at(module.signatures, index).map(token => openSignature(module, token))
    return {
      packageId: address,
      module: moduleName,
      name,
      visibility: info.visibility,
      isEntry: info.isEntry,
      typeParameters: handle.typeParameters,
      parameters: signature(handle.parameters),
      returns: signature(handle.returns),
    }
  }

  datatypeDescriptor(packageId: string, moduleName: string, name: string): DatatypeDescriptor | undefined {
    const address = parseAddress(packageId)
    const module = this.vm.module(address, moduleName)
    if (module === undefined) return undefined
    const isNamed = ({ handle }: { handle: number }): boolean => datatypeNameOf(module, handle).name === name
    const struct = module.structs.find(isNamed)
    const definition = struct ?? module.enums.find(isNamed)
    if (definition === undefined) return undefined
    const { abilities, typeParameters } = at(module.datatypeHandles, definition.handle)
    const describe = (fields: readonly { name: number; type: SignatureToken }[]): FieldDescriptor[] =>
      fields.map(field => ({ name: at(module.identifiers, field.name), type: openType(module, field.type) }))
    return {
      packageId: address,
      module: moduleName,
      name,
      kind: struct === undefined ? 'enum' : 'struct',
      abilities,
      typeParameters,
      fields: describe(struct?.fields ?? []),
      variants:
        'variants' in definition
          ? definition.variants.map(variant => ({
              name: at(module.identifiers, variant.name),
              fields: describe(variant.fields),
            }))
          : [],
    }
  }
}
