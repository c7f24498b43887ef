/**
 * Reads a compiled module's interface out of its bytecode, in the notation of `vectors/*\/interface.json`, and
 * compares it with what is recorded there.
 *
 * @module
 */
import { deserialize } from '@mysten/move-bytecode-template'
import type { CompiledPackage } from './compiled-package.ts'

/** One module as `interface.json` has it. */
export interface ModuleInterface {
  readonly structs: Readonly<Record<string, DatatypeInterface>>
  readonly enums?: Readonly<Record<string, DatatypeInterface>>
  /** Name → `public entry <T0: key>(&mut 0x2::object::UID, T0): u64`. */
  readonly functions: Readonly<Record<string, string>>
  readonly u64Constants?: readonly number[]
}

/** A struct has `fields`, an enum `variants`. */
interface DatatypeInterface {
  readonly abilities: readonly string[]
  readonly typeParameters?: readonly string[]
  readonly fields?: readonly string[]
  readonly variants?: readonly string[]
}

/** What comparing finds, one line each. */
export interface Comparison {
  /** In both, but not alike; or only ours, where strangers could use it. */
  readonly differences: readonly string[]
  /** In the recorded interface only. */
  readonly missing: readonly string[]
}

const ABILITIES = ['copy', 'drop', 'store', 'key'] as const

type Token =
  | string
  | { Vector: Token }
  | { Reference: Token }
  | { MutableReference: Token }
  | { Datatype: number }
  | { DatatypeInstantiation: [number, Token[]] }
  | { TypeParameter: number }

interface FieldJson {
  readonly name: number
  readonly signature: Token
}

interface ModuleJson {
  readonly module_handles: readonly { readonly address: number; readonly name: number }[]
  readonly datatype_handles: readonly {
    readonly module: number
    readonly name: number
    readonly abilities: number
    readonly type_parameters: readonly { readonly constraints: number; readonly is_phantom: boolean }[]
  }[]
  readonly function_handles: readonly {
    readonly name: number
    readonly parameters: number
    readonly return_: number
    readonly type_parameters: readonly number[]
  }[]
  readonly friend_decls: readonly unknown[]
  readonly signatures: readonly (readonly Token[])[]
  readonly identifiers: readonly string[]
  readonly address_identifiers: readonly string[]
  readonly constant_pool: readonly { readonly type_: Token; readonly data: readonly number[] }[]
  readonly struct_defs: readonly {
    readonly struct_handle: number
    readonly field_information: 'Native' | { readonly Declared: readonly FieldJson[] }
  }[]
  readonly enum_defs: readonly {
    readonly enum_handle: number
    readonly variants: readonly { readonly variant_name: number; readonly fields: readonly FieldJson[] }[]
  }[]
  readonly function_defs: readonly {
    readonly function: number
    readonly visibility: 'Private' | 'Public' | 'Friend'
    readonly is_entry: boolean
    readonly code?: unknown
  }[]
}

/**
 * Interfaces of all modules of a package.
 * @param names what to call other packages: id → name, short hex where there is none
 */
export function readInterfaces(
  compiled: CompiledPackage,
  names: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, ModuleInterface> {
  return new Map(
    compiled.modules.map(({ name, bytecode }) => [
      name,
      readInterface(Buffer.from(bytecode, 'base64'), names),
    ]),
  )
}

function readInterface(bytecode: Uint8Array, names: Readonly<Record<string, string>>): ModuleInterface {
  const module = deserialize(bytecode) as ModuleJson
  const text = new Notation(module, names)
  const constants = module.constant_pool.filter(({ type_ }) => type_ === 'U64')
  const enums = Object.fromEntries(module.enum_defs.map(definition => text.enumeration(definition)))
  return {
    structs: Object.fromEntries(module.struct_defs.map(definition => text.struct(definition))),
    functions: Object.fromEntries(module.function_defs.map(definition => text.function(definition))),
    ...(module.enum_defs.length > 0 && { enums }),
    ...(constants.length > 0 && { u64Constants: constants.map(({ data }) => littleEndian(data)) }),
  }
}

/** As JSON holds it: rounded above 2^53. */
function littleEndian(bytes: readonly number[]): number {
  return Number(bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n))
}

/** Writes one module's tables as text. */
class Notation {
  readonly #module: ModuleJson
  readonly #names: Readonly<Record<string, string>>

  constructor(module: ModuleJson, names: Readonly<Record<string, string>>) {
    this.#module = module
    this.#names = names
  }

  struct(definition: ModuleJson['struct_defs'][number]): [string, DatatypeInterface] {
    const information = definition.field_information
    const fields = information === 'Native' ? [] : information.Declared
    const { name, head } = this.#datatype(definition.struct_handle)
    return [name, { ...head, fields: fields.map(field => this.#field(field)) }]
  }

  enumeration(definition: ModuleJson['enum_defs'][number]): [string, DatatypeInterface] {
    const { name, head } = this.#datatype(definition.enum_handle)
    const variants = definition.variants.map(({ variant_name, fields }) => {
      const list = fields.map(field => this.#field(field)).join(', ')
      return `${this.#identifier(variant_name)}(${list})`
    })
    return [name, { ...head, variants }]
  }

  function(definition: ModuleJson['function_defs'][number]): [string, string] {
    const handle = at(this.#module.function_handles, definition.function)
    const visibility = { Private: 'private', Public: 'public', Friend: 'package' }[definition.visibility]
    const words = [
      visibility,
      ...(definition.is_entry ? ['entry'] : []),
      ...(definition.code ? [] : ['native']),
    ]
    const generics = handle.type_parameters.map((constraints, i) => parameter(i, constraints))
    const parameters = this.#types(handle.parameters).join(', ')
    const results = this.#types(handle.return_)
    const returned = results.length > 1 ? `(${results.join(', ')})` : (results[0] ?? '')
    const front = words.join(' ') + (generics.length > 0 ? ` <${generics.join(', ')}>` : '')
    return [this.#identifier(handle.name), `${front}(${parameters})${returned && `: ${returned}`}`]
  }

  #datatype(index: number): { name: string; head: DatatypeInterface } {
    const handle = at(this.#module.datatype_handles, index)
    const parameters = handle.type_parameters.map(
      ({ constraints, is_phantom }, i) => (is_phantom ? 'phantom ' : '') + parameter(i, constraints),
    )
    const abilities = abilitiesOf(handle.abilities)
    const head = parameters.length > 0 ? { abilities, typeParameters: parameters } : { abilities }
    return { name: this.#identifier(handle.name), head }
  }

  #field({ name, signature }: FieldJson): string {
    return `${this.#identifier(name)}: ${this.#type(signature)}`
  }

  #types(signature: number): string[] {
    return at(this.#module.signatures, signature).map(token => this.#type(token))
  }

  #type(token: Token): string {
    if (typeof token === 'string') return token.toLowerCase()
    if ('Vector' in token) return `vector<${this.#type(token.Vector)}>`
    if ('Reference' in token) return `&${this.#type(token.Reference)}`
    if ('MutableReference' in token) return `&mut ${this.#type(token.MutableReference)}`
    if ('TypeParameter' in token) return `T${token.TypeParameter}`
    if ('Datatype' in token) return this.#qualified(token.Datatype)
    const [index, typeArguments] = token.DatatypeInstantiation
    return `${this.#qualified(index)}<${typeArguments.map(argument => this.#type(argument)).join(', ')}>`
  }

  #qualified(index: number): string {
    const handle = at(this.#module.datatype_handles, index)
    const module = at(this.#module.module_handles, handle.module)
    const address = `0x${at(this.#module.address_identifiers, module.address)}`
    const name = this.#names[address] ?? `0x${BigInt(address).toString(16)}`
    return `${name}::${this.#identifier(module.name)}::${this.#identifier(handle.name)}`
  }

  #identifier(index: number): string {
    return at(this.#module.identifiers, index)
  }
}

function at<T>(table: readonly T[], index: number): T {
  const entry = table[index]
  if (entry === undefined) throw new RangeError(`the module has no entry ${index}`)
  return entry
}

function abilitiesOf(bits: number): string[] {
  return ABILITIES.filter((_, bit) => (bits & (1 << bit)) !== 0)
}

function parameter(index: number, constraints: number): string {
  const abilities = abilitiesOf(constraints)
  return `T${index}${abilities.length > 0 ? `: ${abilities.join(' + ')}` : ''}`
}

/** Compares a package's modules with the recorded ones. Private functions of ours are nobody's concern. */
export function compareInterfaces(
  ours: ReadonlyMap<string, ModuleInterface>,
  recorded: Readonly<Record<string, ModuleInterface>>,
): Comparison {
  const differences: string[] = []
  const missing: string[] = []
  for (const [name, wanted] of Object.entries(recorded)) {
    const module = ours.get(name)
    if (module === undefined) {
      missing.push(name)
      continue
    }
    const found = compareModule(module, wanted)
    differences.push(...found.differences.map(line => `${name}::${line}`))
    missing.push(...found.missing.map(line => `${name}::${line}`))
  }
  for (const name of ours.keys()) if (recorded[name] === undefined) differences.push(`${name} is only ours`)
  return { differences, missing }
}

function compareModule(ours: ModuleInterface, wanted: ModuleInterface): Comparison {
  const differences: string[] = []
  const missing: string[] = []
  const compare = (
    mine: Readonly<Record<string, unknown>>,
    theirs: Readonly<Record<string, unknown>>,
  ): void => {
    for (const [name, value] of Object.entries(theirs)) {
      if (mine[name] === undefined) missing.push(name)
      else if (notation(mine[name]) !== notation(value)) {
        differences.push(`${name} is ${notation(mine[name])}, not ${notation(value)}`)
      }
    }
    for (const [name, value] of Object.entries(mine)) {
      const hidden = typeof value === 'string' && value.startsWith('private')
      if (theirs[name] === undefined && !hidden) differences.push(`${name} is only ours`)
    }
  }
  compare({ ...ours.structs, ...ours.enums }, { ...wanted.structs, ...wanted.enums })
  compare(ours.functions, wanted.functions)
  compareConstants(ours.u64Constants ?? [], wanted.u64Constants ?? [], differences, missing)
  return { differences, missing }
}

/** Constants have no names in bytecode: each value that is recorded should be there, and no other. */
function compareConstants(
  ours: readonly number[],
  wanted: readonly number[],
  differences: string[],
  missing: string[],
): void {
  for (const value of wanted) if (!ours.includes(value)) missing.push(`constant ${value}`)
  for (const value of ours) if (!wanted.includes(value)) differences.push(`constant ${value} is only ours`)
}

/** Types of values without fields are recorded as having none or the compiler's `dummy_field`. */
function notation(value: unknown): string {
  return typeof value === 'string'
    ? value
    : JSON.stringify(value, Object.keys(Object(value) as object).toSorted())
}
