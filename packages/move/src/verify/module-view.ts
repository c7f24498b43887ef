/**
 * A module whose indices are known to be in range, with what the checks ask of it.
 * @module
 */
import {
  type AbilitySet,
  ABILITY,
  type CompiledModule,
  type DatatypeHandle,
  type FunctionHandle,
  instanceAbilities,
  PRIMITIVE_ABILITIES,
  REFERENCE_ABILITIES,
  type SignatureToken,
} from '../binary/index.ts'
import { VerificationError, type VerificationPlace } from './errors.ts'

/** Parts of types that all checks of one module may build; ordinary modules need a few thousand. */
const MAX_INSTANTIATED_NODES = 5_000_000

export const BOOL: SignatureToken = { kind: 'bool' }
export const U8: SignatureToken = { kind: 'u8' }
export const U64: SignatureToken = { kind: 'u64' }

export function isReferenceToken(
  token: SignatureToken,
): token is Extract<SignatureToken, { kind: 'reference' | 'mutableReference' }> {
  return token.kind === 'reference' || token.kind === 'mutableReference'
}

const integers: ReadonlySet<string> = new Set(['u8', 'u16', 'u32', 'u64', 'u128', 'u256'])

export function isInteger(token: SignatureToken): boolean {
  return integers.has(token.kind)
}

/** True when two types of one module are the same. */
export function equalTokens(a: SignatureToken, b: SignatureToken): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'vector':
      return b.kind === 'vector' && equalTokens(a.element, b.element)
    case 'reference':
    case 'mutableReference':
      return b.kind === a.kind && equalTokens(a.to, b.to)
    case 'typeParameter':
      return b.kind === 'typeParameter' && a.index === b.index
    case 'datatype':
      return b.kind === 'datatype' && a.handle === b.handle && equalLists(a.typeArguments, b.typeArguments)
    default:
      return a.kind === b.kind
  }
}

function equalLists(a: readonly SignatureToken[], b: readonly SignatureToken[]): boolean {
  return a.length === b.length && a.every((token, i) => equalTokens(token, b[i] as SignatureToken))
}

/** A type in words, with names. */
export function describeToken(module: CompiledModule, token: SignatureToken): string {
  switch (token.kind) {
    case 'vector':
      return `vector<${describeToken(module, token.element)}>`
    case 'reference':
      return `&${describeToken(module, token.to)}`
    case 'mutableReference':
      return `&mut ${describeToken(module, token.to)}`
    case 'typeParameter':
      return `T${token.index}`
    case 'datatype': {
      const name = module.identifiers[module.datatypeHandles[token.handle]?.name ?? 0] ?? ''
      const list = token.typeArguments.map(argument => describeToken(module, argument)).join(', ')
      return list === '' ? name : `${name}<${list}>`
    }
    default:
      return token.kind
  }
}

export class ModuleView {
  readonly module: CompiledModule
  readonly place: VerificationPlace
  #nodes = 0

  constructor(module: CompiledModule, place: VerificationPlace) {
    this.module = module
    this.place = place
  }

  /** The item at an index that the bounds check has seen. */
  at<T>(table: readonly T[], index: number): T {
    return table[index] as T
  }

  signature(index: number): readonly SignatureToken[] {
    return this.at(this.module.signatures, index)
  }

  datatypeHandle(index: number): DatatypeHandle {
    return this.at(this.module.datatypeHandles, index)
  }

  functionHandle(index: number): FunctionHandle {
    return this.at(this.module.functionHandles, index)
  }

  identifier(index: number): string {
    return this.at(this.module.identifiers, index)
  }

  /** `0x…::name` of a module handle. */
  moduleName(handle: number): string {
    const { address, name } = this.at(this.module.moduleHandles, handle)
    return `${this.at(this.module.addresses, address)}::${this.identifier(name)}`
  }

  /** Abilities of a type where type parameters have the given ones. */
  abilities(token: SignatureToken, typeParameters: readonly AbilitySet[]): AbilitySet {
    switch (token.kind) {
      case 'vector':
        return PRIMITIVE_ABILITIES & this.abilities(token.element, typeParameters)
      case 'reference':
      case 'mutableReference':
        return REFERENCE_ABILITIES
      case 'signer':
        return ABILITY.drop
      case 'typeParameter':
        return typeParameters[token.index] ?? 0
      case 'datatype': {
        const handle = this.datatypeHandle(token.handle)
        const given = token.typeArguments.map(argument => this.abilities(argument, typeParameters))
        return instanceAbilities(handle.abilities, handle.typeParameters, given)
      }
      default:
        return PRIMITIVE_ABILITIES
    }
  }

  /** The type with its type parameters replaced. */
  instantiate(token: SignatureToken, typeArguments: readonly SignatureToken[]): SignatureToken {
    if (typeArguments.length === 0) return token
    if (++this.#nodes > MAX_INSTANTIATED_NODES)
      throw new VerificationError('limit', 'the types of this module are too complex', this.place)
    switch (token.kind) {
      case 'vector':
        return { kind: 'vector', element: this.instantiate(token.element, typeArguments) }
      case 'reference':
      case 'mutableReference':
        return { kind: token.kind, to: this.instantiate(token.to, typeArguments) }
      case 'typeParameter':
        return this.#counted(typeArguments[token.index] ?? token)
      case 'datatype':
        if (token.typeArguments.length === 0) return token
        return {
          kind: 'datatype',
          handle: token.handle,
          typeArguments: token.typeArguments.map(argument => this.instantiate(argument, typeArguments)),
        }
      default:
        return token
    }
  }

  /** Shared, not copied, but compared node by node later: so it counts as if it were built. */
  #counted(token: SignatureToken): SignatureToken {
    this.#nodes += countNodes(token)
    return token
  }
}

/** Constructors and primitives in a type. */
export function countNodes(token: SignatureToken): number {
  switch (token.kind) {
    case 'vector':
      return 1 + countNodes(token.element)
    case 'reference':
    case 'mutableReference':
      return 1 + countNodes(token.to)
    case 'datatype':
      return token.typeArguments.reduce((sum, argument) => sum + countNodes(argument), 1)
    default:
      return 1
  }
}
