/**
 * Modules written by hand, for tests that need exactly these instructions. Function `i` of the description
 * is function handle and definition `i`, datatypes likewise (structs, then enums).
 * @module
 */
import type {
  AbilitySet,
  CompiledModule,
  Constant,
  DatatypeTypeParameter,
  FieldHandle,
  Instantiation,
  Instruction,
  JumpTable,
  Opcode,
  SignatureToken,
  VariantHandle,
  Visibility,
} from '../binary/index.ts'

export interface FunctionDescription {
  readonly name: string
  readonly visibility?: Visibility
  readonly typeParameters?: readonly AbilitySet[]
  readonly parameters?: readonly SignatureToken[]
  readonly returns?: readonly SignatureToken[]
  readonly locals?: readonly SignatureToken[]
  /** Null for a native function. */
  readonly code: readonly Instruction[] | null
  readonly jumpTables?: readonly JumpTable[]
}

export interface DatatypeDescription {
  readonly name: string
  readonly abilities?: AbilitySet
  readonly typeParameters?: readonly DatatypeTypeParameter[]
}

export interface StructDescription extends DatatypeDescription {
  readonly fields: readonly SignatureToken[]
}

export interface EnumDescription extends DatatypeDescription {
  readonly variants: readonly (readonly SignatureToken[])[]
}

export interface ModuleDescription {
  readonly address?: string
  readonly name?: string
  readonly functions?: readonly FunctionDescription[]
  readonly structs?: readonly StructDescription[]
  readonly enums?: readonly EnumDescription[]
  readonly constants?: readonly Constant[]
  /** Further signatures; the first has index 0. */
  readonly signatures?: readonly (readonly SignatureToken[])[]
  readonly fieldHandles?: readonly FieldHandle[]
  readonly fieldInstantiations?: readonly Instantiation[]
  readonly functionInstantiations?: readonly Instantiation[]
  readonly structInstantiations?: readonly Instantiation[]
  readonly enumInstantiations?: readonly Instantiation[]
  readonly variantHandles?: readonly VariantHandle[]
  readonly variantInstantiations?: readonly VariantHandle[]
}

/** One instruction. */
export function instruction(op: Opcode, index = 0, value = 0n): Instruction {
  return { op, index, value }
}

/** Collects equal entries of a table once. */
class Pool<T> {
  readonly items: T[] = []
  readonly #keys = new Map<string, number>()

  add(item: T): number {
    const key = JSON.stringify(item)
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    this.#keys.set(key, this.items.length)
    return this.items.push(item) - 1
  }
}

/** Makes a module of a description; it need not be a correct one. */
export function assembleModule(description: ModuleDescription): CompiledModule {
  const {
    address = `0x${'42'.padStart(64, '0')}`,
    name = 'm',
    functions = [],
    structs = [],
    enums = [],
  } = description
  const identifiers = new Pool<string>()
  const signatures = new Pool<readonly SignatureToken[]>()
  for (const signature of description.signatures ?? []) signatures.add(signature)
  const field = (type: SignatureToken, i: number): { name: number; type: SignatureToken } => ({
    name: identifiers.add(`f${i}`),
    type,
  })
  const selfName = identifiers.add(name)
  return {
    version: 7,
    address,
    name,
    selfModule: 0,
    moduleHandles: [{ address: 0, name: selfName }],
    addresses: [address],
    datatypeHandles: [...structs, ...enums].map(datatype => ({
      module: 0,
      name: identifiers.add(datatype.name),
      abilities: datatype.abilities ?? 0,
      typeParameters: datatype.typeParameters ?? [],
    })),
    functionHandles: functions.map(fn => ({
      module: 0,
      name: identifiers.add(fn.name),
      parameters: signatures.add(fn.parameters ?? []),
      returns: signatures.add(fn.returns ?? []),
      typeParameters: fn.typeParameters ?? [],
    })),
    structs: structs.map(({ fields }, handle) => ({ handle, fields: fields.map(field) })),
    enums: enums.map(({ variants }, i) => ({
      handle: structs.length + i,
      variants: variants.map((fields, v) => ({ name: identifiers.add(`V${v}`), fields: fields.map(field) })),
    })),
    functions: functions.map(({ visibility = 'public', code, locals = [], jumpTables = [] }, handle) => ({
      handle,
      visibility,
      isEntry: false,
      acquires: [],
      code: code && { locals: signatures.add(locals), instructions: code, jumpTables },
    })),
    constants: description.constants ?? [],
    fieldHandles: description.fieldHandles ?? [],
    fieldInstantiations: description.fieldInstantiations ?? [],
    functionInstantiations: description.functionInstantiations ?? [],
    structInstantiations: description.structInstantiations ?? [],
    enumInstantiations: description.enumInstantiations ?? [],
    variantHandles: description.variantHandles ?? [],
    variantInstantiations: description.variantInstantiations ?? [],
    friends: [],
    metadata: [],
    signatures: signatures.items,
    identifiers: identifiers.items,
  }
}
