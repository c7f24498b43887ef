/**
 * Makes and describes fully instantiated types. Each type exists once, so that identity is equality.
 * @module
 */
import {
  type AbilitySet,
  ABILITY,
  abilityNames,
  type CompiledModule,
  hasAbilities,
  instanceAbilities,
  PRIMITIVE_ABILITIES,
  type PrimitiveKind,
  REFERENCE_ABILITIES,
  type SignatureToken,
} from '../binary/index.ts'
import { at, identifierAt, type LoadedDatatype, type ModuleRegistry } from './module-registry.ts'
import {
  type DatatypeType,
  type Field,
  type Type,
  TypeResolutionError,
  type TypeTag,
  type Variant,
} from './types.ts'

/** Most parts (constructors and primitives) that an instance may have. */
const MAX_TYPE_NODES = 256
/** Deepest nesting of values, as on Sui. */
export const MAX_VALUE_DEPTH = 128
/** Deepest nesting of a type tag from outside, as in the reference. */
const MAX_TAG_DEPTH = 16

const addressPattern = /^0x[0-9a-fA-F]{1,64}$/

/** `0x` and 64 lower-case hex digits. */
function normalizeAddress(address: string): string {
  if (!addressPattern.test(address))
    throw new TypeResolutionError('unknownModule', `${JSON.stringify(address)} is not an address`)
  return `0x${address.slice(2).toLowerCase().padStart(64, '0')}`
}

/** True for types whose values are not arrays or references. */
export function isScalar(type: Type): boolean {
  return type.kind !== 'vector' && type.kind !== 'struct' && type.kind !== 'enum' && !isReference(type)
}

export function isReference(type: Type): boolean {
  return type.kind === 'reference' || type.kind === 'mutableReference'
}

export class TypeTable {
  readonly #modules: ModuleRegistry
  readonly #types = new Map<string, Type>()
  readonly #nodes = new Map<Type, number>()
  readonly #depths = new Map<Type, number>()
  readonly #flat = new Map<Type, boolean>()
  readonly #variants = new Map<Type, readonly Variant[]>()

  constructor(modules: ModuleRegistry) {
    this.#modules = modules
  }

  primitive(kind: PrimitiveKind): Type {
    return this.#intern(kind, () => ({ kind, key: kind }), [])
  }

  vector(element: Type): Type {
    const key = `vector<${element.key}>`
    return this.#intern(key, () => ({ kind: 'vector', element, key }), [element])
  }

  reference(kind: 'reference' | 'mutableReference', to: Type): Type {
    const key = kind === 'reference' ? `&${to.key}` : `&mut ${to.key}`
    return this.#intern(key, () => ({ kind, to, key }), [to])
  }

  /** An instance; the number and abilities of the arguments are not looked at. */
  datatype(datatype: LoadedDatatype, typeArguments: readonly Type[]): DatatypeType {
    const { address, name: module } = datatype.owner.module
    const { kind, name } = datatype
    const list = typeArguments.length === 0 ? '' : `<${typeArguments.map(type => type.key).join(',')}>`
    const key = `${address}::${module}::${name}${list}`
    const make = (): DatatypeType => {
      const given = typeArguments.map(argument => this.abilities(argument))
      const abilities = instanceAbilities(datatype.handle.abilities, datatype.handle.typeParameters, given)
      return { kind, address, module, name, typeArguments, abilities, key }
    }
    return this.#intern(key, make, typeArguments) as DatatypeType
  }

  #intern(key: string, make: () => Type, parts: readonly Type[]): Type {
    const known = this.#types.get(key)
    if (known !== undefined) return known
    const nodes = parts.reduce((sum, part) => sum + (this.#nodes.get(part) ?? 1), 1)
    if (nodes > MAX_TYPE_NODES)
      throw new TypeResolutionError('tooComplex', `a type has more than ${MAX_TYPE_NODES} parts`)
    const type = Object.freeze(make())
    this.#types.set(key, type)
    this.#nodes.set(type, nodes)
    return type
  }

  /** The type that a token of a checked module stands for. */
  resolve(module: CompiledModule, token: SignatureToken, typeArguments: readonly Type[]): Type {
    switch (token.kind) {
      case 'vector':
        return this.vector(this.resolve(module, token.element, typeArguments))
      case 'reference':
      case 'mutableReference':
        return this.reference(token.kind, this.resolve(module, token.to, typeArguments))
      case 'typeParameter':
        return at(typeArguments, token.index)
      case 'datatype':
        return this.datatype(
          this.#modules.datatypeByHandle(module, token.handle),
          token.typeArguments.map(argument => this.resolve(module, argument, typeArguments)),
        )
      default:
        return this.primitive(token.kind)
    }
  }

  /** The types that a signature of a checked module lists. */
  signature(module: CompiledModule, index: number, typeArguments: readonly Type[]): Type[] {
    return at(module.signatures, index).map(token => this.resolve(module, token, typeArguments))
  }

  /** @throws {TypeResolutionError} on what is not loaded, on wrong arity and on missing abilities */
  fromTag(tag: TypeTag, depth = 0): Type {
    if (depth > MAX_TAG_DEPTH)
      throw new TypeResolutionError('tooComplex', `a type tag nests deeper than ${MAX_TAG_DEPTH}`)
    if (typeof tag === 'string') return this.primitive(tag)
    if ('vector' in tag) return this.vector(this.fromTag(tag.vector, depth + 1))
    const { module, name, typeParams } = tag.struct
    const address = normalizeAddress(tag.struct.address)
    const loaded = this.#modules.find(address, module)
    if (loaded === undefined)
      throw new TypeResolutionError('unknownModule', `module ${address}::${module} does not exist`)
    const datatype = loaded.datatypes.get(name)
    if (datatype === undefined)
      throw new TypeResolutionError('unknownType', `type ${address}::${module}::${name} does not exist`)
    const typeArguments = typeParams.map(parameter => this.fromTag(parameter, depth + 1))
    this.checkArguments(
      `type ${module}::${name}`,
      datatype.handle.typeParameters.map(parameter => parameter.constraints),
      typeArguments,
    )
    return this.datatype(datatype, typeArguments)
  }

  /** @throws {TypeResolutionError} when there are too few, too many, or one lacks an ability */
  checkArguments(what: string, constraints: readonly AbilitySet[], typeArguments: readonly Type[]): void {
    if (constraints.length !== typeArguments.length)
      throw new TypeResolutionError(
        'arity',
        `${what} takes ${constraints.length} type arguments, not ${typeArguments.length}`,
      )
    for (const [i, argument] of typeArguments.entries()) {
      const needed = constraints[i] ?? 0
      if (isReference(argument))
        throw new TypeResolutionError('constraint', `${what}: a reference is no type argument`)
      if (hasAbilities(this.abilities(argument), needed)) continue
      const missing = abilityNames(needed & ~this.abilities(argument)).join(', ')
      throw new TypeResolutionError('constraint', `${what}: ${argument.key} lacks ${missing}`)
    }
  }

  tag(type: Type): TypeTag {
    switch (type.kind) {
      case 'vector':
        return { vector: this.tag(type.element) }
      case 'struct':
      case 'enum': {
        const { address, module, name } = type
        const typeParams = type.typeArguments.map(argument => this.tag(argument))
        return { struct: { address, module, name, typeParams } }
      }
      case 'reference':
      case 'mutableReference':
        throw new TypeResolutionError('unknownType', 'a reference has no type tag')
      default:
        return type.kind
    }
  }

  abilities(type: Type): AbilitySet {
    switch (type.kind) {
      case 'vector':
        return PRIMITIVE_ABILITIES & this.abilities(type.element)
      case 'struct':
      case 'enum':
        return type.abilities
      case 'reference':
      case 'mutableReference':
        return REFERENCE_ABILITIES
      case 'signer':
        return ABILITY.drop
      default:
        return PRIMITIVE_ABILITIES
    }
  }

  /** The variants of an enum in the order of their tags; for a struct, one that is named like it. */
  variants(type: DatatypeType): readonly Variant[] {
    let variants = this.#variants.get(type)
    if (variants === undefined) {
      const owner = this.#modules.find(type.address, type.module)
      const datatype = owner?.datatypes.get(type.name)
      if (owner === undefined || datatype === undefined)
        throw new TypeResolutionError('unknownType', `type ${type.key} does not exist`)
      variants = datatype.variants.map(variant => ({
        name: variant.name,
        fields: variant.fields.map(field => ({
          name: identifierAt(owner.module, field.name),
          type: this.resolve(owner.module, field.type, type.typeArguments),
        })),
      }))
      this.#variants.set(type, variants)
    }
    return variants
  }

  /** The fields of a struct. */
  fields(type: DatatypeType): readonly Field[] {
    return at(this.variants(type), 0).fields
  }

  /** How deeply values of the type nest; a primitive is 1. */
  depth(type: Type): number {
    const known = this.#depths.get(type)
    if (known !== undefined) return known
    let depth = 1
    if (type.kind === 'vector') depth += this.depth(type.element)
    else if (type.kind === 'struct' || type.kind === 'enum') {
      const fields = this.variants(type).flatMap(variant => variant.fields)
      depth += Math.max(0, ...fields.map(field => this.depth(field.type)))
    }
    this.#depths.set(type, depth)
    return depth
  }

  /** True when a value is one array of scalars, so that a shallow copy is a copy. */
  isFlat(type: Type): boolean {
    const known = this.#flat.get(type)
    if (known !== undefined) return known
    let flat = false
    if (type.kind === 'vector') flat = isScalar(type.element)
    else if (type.kind === 'struct' || type.kind === 'enum')
      flat = this.variants(type).every(variant => variant.fields.every(field => isScalar(field.type)))
    this.#flat.set(type, flat)
    return flat
  }
}
