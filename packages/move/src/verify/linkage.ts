/**
 * Handles say truly what the module that they name defines.
 * Spec: `dependencies.rs` of move-bytecode-verifier: a definition may be less demanding than the handle says
 * (fewer constraints, more abilities, more phantoms), never more.
 * @module
 */
import {
  type AbilitySet,
  type CompiledModule,
  type DatatypeHandle,
  type FunctionDefinition,
  type FunctionHandle,
  hasAbilities,
  type SignatureToken,
} from '../binary/index.ts'
import { VerificationError } from './errors.ts'
import type { ModuleView } from './module-view.ts'

interface DefinedDatatype {
  readonly handle: DatatypeHandle
}

/** Definitions of a module by name. */
interface Definitions {
  readonly module: CompiledModule
  readonly datatypes: ReadonlyMap<string, DefinedDatatype>
  readonly functions: ReadonlyMap<string, { definition: FunctionDefinition; handle: FunctionHandle }>
}

function nameAt(module: CompiledModule, index: number): string {
  return module.identifiers[index] as string
}

function definitionsOf(module: CompiledModule): Definitions {
  const datatypes = new Map<string, DefinedDatatype>()
  for (const { handle: index } of [...module.structs, ...module.enums]) {
    const handle = module.datatypeHandles[index] as DatatypeHandle
    datatypes.set(nameAt(module, handle.name), { handle })
  }
  const functions = new Map<string, { definition: FunctionDefinition; handle: FunctionHandle }>()
  for (const definition of module.functions) {
    const handle = module.functionHandles[definition.handle] as FunctionHandle
    functions.set(nameAt(module, handle.name), { definition, handle })
  }
  return { module, datatypes, functions }
}

/** `0x…::name` of the module that a module handle names. */
function moduleNameAt(module: CompiledModule, index: number): string {
  const handle = module.moduleHandles[index]
  return `${module.addresses[handle?.address ?? 0]}::${module.identifiers[handle?.name ?? 0]}`
}

/** True when two types of two modules are the same, datatypes compared by full name. */
function sameType(
  a: CompiledModule,
  left: SignatureToken,
  b: CompiledModule,
  right: SignatureToken,
): boolean {
  switch (left.kind) {
    case 'vector':
      return right.kind === 'vector' && sameType(a, left.element, b, right.element)
    case 'reference':
    case 'mutableReference':
      return right.kind === left.kind && sameType(a, left.to, b, right.to)
    case 'typeParameter':
      return right.kind === 'typeParameter' && left.index === right.index
    case 'datatype': {
      if (right.kind !== 'datatype') return false
      const [x, y] = [a.datatypeHandles[left.handle], b.datatypeHandles[right.handle]]
      return (
        x !== undefined &&
        y !== undefined &&
        moduleNameAt(a, x.module) === moduleNameAt(b, y.module) &&
        nameAt(a, x.name) === nameAt(b, y.name) &&
        sameTypes(a, left.typeArguments, b, right.typeArguments)
      )
    }
    default:
      return left.kind === right.kind
  }
}

function sameTypes(
  a: CompiledModule,
  left: readonly SignatureToken[],
  b: CompiledModule,
  right: readonly SignatureToken[],
): boolean {
  return (
    left.length === right.length &&
    left.every((token, i) => sameType(a, token, b, right[i] as SignatureToken))
  )
}

/** Each defined constraint is also declared. */
function coversConstraints(declared: readonly AbilitySet[], defined: readonly AbilitySet[]): boolean {
  return declared.length === defined.length && declared.every((set, i) => hasAbilities(set, defined[i] ?? 0))
}

class LinkageChecker {
  readonly #view: ModuleView
  readonly #dependencies: ReadonlyMap<string, Definitions>

  constructor(view: ModuleView, dependencies: ReadonlyMap<string, CompiledModule>) {
    this.#view = view
    const entries = [...dependencies, [view.place.module, view.module] as const]
    this.#dependencies = new Map(entries.map(([name, module]) => [name, definitionsOf(module)]))
  }

  check(): void {
    const { module } = this.#view
    for (const handle of module.datatypeHandles) this.#datatype(handle)
    for (const handle of module.functionHandles) this.#function(handle)
  }

  #fail(message: string): never {
    throw new VerificationError('linkage', message, this.#view.place)
  }

  #definitions(moduleHandle: number): Definitions {
    const name = this.#view.moduleName(moduleHandle)
    return this.#dependencies.get(name) ?? this.#fail(`module ${name} is missing`)
  }

  #datatype(handle: DatatypeHandle): void {
    const name = `${this.#view.moduleName(handle.module)}::${this.#view.identifier(handle.name)}`
    const defined = this.#definitions(handle.module).datatypes.get(this.#view.identifier(handle.name))?.handle
    if (defined === undefined) return this.#fail(`datatype ${name} does not exist`)
    if (!hasAbilities(defined.abilities, handle.abilities)) this.#fail(`datatype ${name} has fewer abilities`)
    const { typeParameters } = handle
    const isCovered = coversConstraints(
      typeParameters.map(({ constraints }) => constraints),
      defined.typeParameters.map(({ constraints }) => constraints),
    )
    const arePhantoms = typeParameters.every(
      ({ isPhantom }, i) => !isPhantom || defined.typeParameters[i]?.isPhantom === true,
    )
    if (!isCovered || !arePhantoms) this.#fail(`datatype ${name} has other type parameters`)
  }

  #function(handle: FunctionHandle): void {
    const name = `${this.#view.moduleName(handle.module)}::${this.#view.identifier(handle.name)}`
    const owner = this.#definitions(handle.module)
    const defined = owner.functions.get(this.#view.identifier(handle.name))
    if (defined === undefined) return this.#fail(`function ${name} does not exist`)
    if (owner.module !== this.#view.module && !this.#isVisible(owner.module, defined.definition))
      this.#fail(`function ${name} may not be called from here`)
    if (!coversConstraints(handle.typeParameters, defined.handle.typeParameters))
      this.#fail(`function ${name} has other type parameters`)
    const same = (declared: number, index: number): boolean =>
      sameTypes(
        this.#view.module,
        this.#view.signature(declared),
        owner.module,
        owner.module.signatures[index] ?? [],
      )
    if (!same(handle.parameters, defined.handle.parameters))
      this.#fail(`function ${name} has other parameters`)
    if (!same(handle.returns, defined.handle.returns)) this.#fail(`function ${name} has other results`)
  }

  #isVisible(owner: CompiledModule, { visibility }: FunctionDefinition): boolean {
    if (visibility !== 'friend') return visibility === 'public'
    const self = this.#view.place.module
    return owner.friends.some(
      ({ address, name }) => `${owner.addresses[address]}::${owner.identifiers[name]}` === self,
    )
  }
}

/** @throws {VerificationError} when a handle is not what `dependencies` (by `0x…::name`) define */
export function checkLinkage(view: ModuleView, dependencies: ReadonlyMap<string, CompiledModule>): void {
  new LinkageChecker(view, dependencies).check()
}
