/**
 * Writes random Move modules that compile, end, and use what the VM must get right: integers of every width,
 * structs, enums, generics, vectors, references, loops and matches. Some of them abort; that is wanted.
 *
 * Each module has `public fun run(): vector<u8>`, which returns the BCS of what it computed.
 * @module
 */

/** A deterministic source of numbers (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let x = this.#state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % bound
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

const INTEGERS = ['u8', 'u16', 'u32', 'u64', 'u128', 'u256'] as const
type IntegerKind = (typeof INTEGERS)[number]
const BITS: Readonly<Record<IntegerKind, number>> = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, u256: 256 }

type ProgramType =
  | { readonly kind: IntegerKind | 'bool' | 'address' }
  | { readonly kind: 'vector' | 'box' | 'maybe'; readonly of: ProgramType }
  | { readonly kind: 'struct' | 'enum'; readonly name: string }

interface Field {
  readonly name: string
  readonly type: ProgramType
}

interface Variant {
  readonly name: string
  readonly isPositional: boolean
  readonly fields: readonly Field[]
}

interface Variable {
  readonly text: string
  readonly type: ProgramType
  /** Whether it can be assigned, and borrowed mutably. */
  readonly isPlace: boolean
}

interface Declaration {
  readonly name: string
  readonly parameters: readonly ProgramType[]
  readonly result: ProgramType
  /** Its first parameter is a mutable reference to this. */
  readonly mutates: ProgramType | null
}

const U64: ProgramType = { kind: 'u64' }
const BOOL: ProgramType = { kind: 'bool' }

const HELPERS = `
    public struct Box<T> has copy, drop, store { item: T, items: vector<T>, count: u64 }
    public enum Maybe<T> has copy, drop, store { None, Some(T), Pair { left: T, right: T } }

    fun boxed<T: copy + drop + store>(item: T, n: u64): Box<T> {
        let mut items = vector[];
        let mut i = 0;
        while (i < n) { items.push_back(item); i = i + 1 };
        Box { item, items, count: n }
    }
    fun element<T: copy>(v: &vector<T>, i: u64): T { v[i] }
    fun element_or<T: copy + drop>(v: &vector<T>, i: u64, other: T): T { if (i < v.length()) v[i] else other }
    fun item_of<T: copy + drop>(b: &Box<T>): T { if (b.items.is_empty()) b.item else b.items[b.items.length() - 1] }
    fun some_or<T: copy + drop>(m: &Maybe<T>, other: T): T {
        match (m) { Maybe::None => other, Maybe::Some(x) => *x, Maybe::Pair { left: _, right } => *right }
    }
    fun refill<T: copy + drop>(m: &mut Maybe<T>, x: T) {
        match (m) {
            Maybe::None => *m = Maybe::Some(x),
            Maybe::Some(y) => *y = x,
            Maybe::Pair { left, right } => { *right = *left; *left = x },
        }
    }
    fun none<T>(): Maybe<T> { Maybe::None }
    fun put<T: drop>(place: &mut T, x: T) { *place = x }
    fun opaque(b: bool): bool { b }
    fun choose<T: drop>(first: bool, a: T, b: T): T { if (first) a else b }
`

function typeText(type: ProgramType): string {
  switch (type.kind) {
    case 'vector':
      return `vector<${typeText(type.of)}>`
    case 'box':
      return `Box<${typeText(type.of)}>`
    case 'maybe':
      return `Maybe<${typeText(type.of)}>`
    case 'struct':
    case 'enum':
      return type.name
    default:
      return type.kind
  }
}

function sameType(a: ProgramType, b: ProgramType): boolean {
  return typeText(a) === typeText(b)
}

class ProgramWriter {
  readonly #random: Random
  readonly #structs = new Map<string, readonly Field[]>()
  readonly #enums = new Map<string, readonly Variant[]>()
  readonly #functions: Declaration[] = []
  #variables: Variable[] = []
  #names = 0
  #loopDepth = 0

  constructor(random: Random) {
    this.#random = random
  }

  module(path: string): string {
    const parts = [this.#datatypes()]
    const functions = 1 + this.#random.below(3)
    for (let i = 0; i < functions; i++) parts.push(this.#function(`f${i}`))
    parts.push(this.#run())
    return `#[allow(all, lint(all))]\nmodule ${path} {${HELPERS}\n${parts.join('\n')}\n}\n`
  }

  // --- types

  #integer(): ProgramType {
    return { kind: this.#random.pick(INTEGERS) }
  }

  #type(depth: number): ProgramType {
    const roll = this.#random.below(depth <= 0 ? 6 : 12)
    if (roll < 4) return this.#integer()
    if (roll === 4) return BOOL
    if (roll === 5) return this.#random.chance(30) ? { kind: 'address' } : U64
    if (roll < 8) return { kind: 'vector', of: this.#type(depth - 1) }
    if (roll === 8) return { kind: 'box', of: this.#type(depth - 1) }
    if (roll === 9) return { kind: 'maybe', of: this.#type(depth - 1) }
    const names = roll === 10 ? [...this.#structs.keys()] : [...this.#enums.keys()]
    if (names.length === 0) return this.#integer()
    return { kind: roll === 10 ? 'struct' : 'enum', name: this.#random.pick(names) }
  }

  #fields(count: number): Field[] {
    return Array.from({ length: count }, (_, i) => ({ name: `x${i}`, type: this.#type(1) }))
  }

  #datatypes(): string {
    const out: string[] = []
    for (const name of ['A', 'B']) {
      const fields = this.#fields(1 + this.#random.below(4))
      this.#structs.set(name, fields)
      out.push(`    public struct ${name} has copy, drop, store { ${fieldList(fields)} }`)
    }
    const variants: Variant[] = []
    const count = 1 + this.#random.below(4)
    for (let i = 0; i < count; i++) {
      const isPositional = this.#random.chance(50)
      variants.push({ name: `V${i}`, isPositional, fields: this.#fields(this.#random.below(3)) })
    }
    this.#enums.set('E', variants)
    out.push(`    public enum E has copy, drop, store { ${variants.map(variantDeclaration).join(', ')} }`)
    return out.join('\n')
  }

  // --- expressions

  #name(): string {
    return `v${this.#names++}`
  }

  #literal(kind: IntegerKind): string {
    const bits = BigInt(BITS[kind])
    const max = (1n << bits) - 1n
    const roll = this.#random.below(14)
    let value = BigInt(this.#random.below(7))
    if (roll === 8) value = max - BigInt(this.#random.below(3))
    if (roll === 9)
      for (let i = 0; i < BITS[kind]; i += 16) value = (value << 16n) | BigInt(this.#random.below(65536))
    return `${value & max}${kind}`
  }

  /** A variable, or a part of one, of this type. */
  #known(type: ProgramType): string | undefined {
    const found = this.#variables.filter(variable => sameType(variable.type, type)).map(({ text }) => text)
    for (const variable of this.#variables) {
      if (variable.type.kind === 'struct')
        for (const field of this.#structs.get(variable.type.name) ?? [])
          if (sameType(field.type, type)) found.push(`${variable.text}.${field.name}`)
      if (variable.type.kind === 'vector') {
        if (sameType(variable.type.of, type)) found.push(this.#element(variable.text, type))
        if (type.kind === 'u64') found.push(`${variable.text}.length()`)
      }
      if (variable.type.kind === 'box' && sameType(variable.type.of, type))
        found.push(`${variable.text}.item`)
    }
    return found.length === 0 ? undefined : this.#random.pick(found)
  }

  /** An element of a vector, which is there or seldom not. */
  #element(vector: string, type: ProgramType): string {
    if (this.#random.chance(6)) return `element(&${vector}, ${this.#index()})`
    return `element_or(&${vector}, ${this.#index()}, ${this.#construct(type, 0)})`
  }

  #index(): string {
    return `${this.#random.below(3)}`
  }

  #expression(type: ProgramType, depth: number): string {
    if (depth > 0 && this.#random.chance(12))
      return `(if (${this.#condition(depth - 1)}) ${this.#expression(type, depth - 1)} else ${this.#expression(type, depth - 1)})`
    if (depth > 0 && this.#random.chance(8))
      return `choose(${[BOOL, type, type].map(part => this.#expression(part, depth - 1)).join(', ')})`
    if (depth > 0 && this.#random.chance(15)) {
      const call = this.#call(type, depth)
      if (call !== undefined) return call
    }
    if (depth > 0 && this.#random.chance(8)) return this.#takeOut(type, depth)
    if (depth > 0 && this.#random.chance(8)) return this.#match(type, depth)
    if (this.#random.chance(depth > 0 ? 30 : 70)) {
      const known = this.#known(type)
      if (known !== undefined) return known
    }
    return this.#construct(type, depth)
  }

  /** A condition that the compiler cannot fold, or it would leave little to run. */
  #condition(depth: number): string {
    return `opaque(${this.#expression(BOOL, depth)})`
  }

  #call(type: ProgramType, depth: number): string | undefined {
    const usable = this.#functions.filter(fn => fn.mutates === null && sameType(fn.result, type))
    if (usable.length === 0) return undefined
    const fn = this.#random.pick(usable)
    return `${fn.name}(${fn.parameters.map(part => this.#expression(part, depth - 1)).join(', ')})`
  }

  /** A value taken out of something generic. */
  #takeOut(type: ProgramType, depth: number): string {
    const value = this.#expression(type, depth - 1)
    switch (this.#random.below(4)) {
      case 0:
        return `element_or(&vector[${value}], ${this.#index()}, ${this.#expression(type, depth - 1)})`
      case 1:
        return `item_of(&boxed(${value}, ${this.#index()}))`
      case 2:
        return `some_or(&${this.#construct({ kind: 'maybe', of: type }, depth - 1)}, ${value})`
      default:
        return `{ let ${this.#letBox(type, depth)}; item }`
    }
  }

  #letBox(type: ProgramType, depth: number): string {
    return `Box { item, items: _, count: _ } = boxed<${typeText(type)}>(${this.#expression(type, depth - 1)}, 1)`
  }

  #match(type: ProgramType, depth: number): string {
    const variants = this.#enums.get('E') ?? []
    const subject = this.#expression({ kind: 'enum', name: 'E' }, depth - 1)
    const byValue = this.#random.chance(40)
    const arms = variants.map(variant => {
      const bound = variant.fields.map(field => ({ field, name: this.#name() }))
      const names = bound.map(({ field, name }) => (variant.isPositional ? name : `${field.name}: ${name}`))
      const before = this.#variables
      const inner = bound.map(({ field, name }): Variable => ({
        text: byValue ? name : `(*${name})`,
        type: field.type,
        isPlace: false,
      }))
      this.#variables = [...before, ...inner]
      const body = this.#expression(type, depth - 1)
      this.#variables = before
      return `E::${variant.name}${patternList(variant, names)} => ${body}`
    })
    return `(match (${byValue ? '' : '&'}${subject}) { ${arms.join(', ')} })`
  }

  #construct(type: ProgramType, depth: number): string {
    switch (type.kind) {
      case 'bool':
        return this.#boolean(depth)
      case 'address':
        return `@0x${this.#random.below(0xffff).toString(16)}`
      case 'vector': {
        const length = this.#random.below(4)
        const items = Array.from({ length }, () => this.#expression(type.of, depth - 1))
        return `vector<${typeText(type.of)}>[${items.join(', ')}]`
      }
      case 'box':
        return `boxed<${typeText(type.of)}>(${this.#expression(type.of, depth - 1)}, ${this.#index()})`
      case 'maybe':
        return this.#maybe(type.of, depth)
      case 'struct': {
        const fields = this.#structs.get(type.name) ?? []
        const values = fields.map(field => `${field.name}: ${this.#expression(field.type, depth - 1)}`)
        return `${type.name} { ${values.join(', ')} }`
      }
      case 'enum':
        return this.#variantValue(type.name, depth)
      default:
        return this.#arithmetic(type.kind, depth)
    }
  }

  #maybe(of: ProgramType, depth: number): string {
    const name = `Maybe<${typeText(of)}>`
    const value = (): string => this.#expression(of, depth - 1)
    const roll = this.#random.below(3)
    if (roll === 0) return `none<${typeText(of)}>()`
    return roll === 1 ? `${name}::Some(${value()})` : `${name}::Pair { left: ${value()}, right: ${value()} }`
  }

  #variantValue(name: string, depth: number): string {
    const variant = this.#random.pick(this.#enums.get(name) ?? [])
    const values = variant.fields.map(field => {
      const value = this.#expression(field.type, depth - 1)
      return variant.isPositional ? value : `${field.name}: ${value}`
    })
    return `${name}::${variant.name}${patternList(variant, values)}`
  }

  #boolean(depth: number): string {
    if (depth <= 0) return this.#random.chance(50) ? 'true' : 'false'
    const pair = (type: ProgramType, op: string): string =>
      `(${this.#expression(type, depth - 1)} ${op} ${this.#expression(type, depth - 1)})`
    const roll = this.#random.below(6)
    if (roll < 2) return pair(this.#integer(), this.#random.pick(['<', '>', '<=', '>=']))
    if (roll < 4) return pair(this.#type(1), this.#random.pick(['==', '!=']))
    if (roll === 4) return pair(BOOL, this.#random.pick(['&&', '||']))
    return `!${this.#expression(BOOL, depth - 1)}`
  }

  #arithmetic(kind: IntegerKind, depth: number): string {
    if (depth <= 0) return this.#literal(kind)
    const value = (): string => this.#expression({ kind }, depth - 1)
    const roll = this.#random.below(16)
    if (roll < 3) return this.#literal(kind)
    if (roll === 3 || (roll === 4 && this.#random.chance(30))) return `(${value()} + ${value()})`
    if (roll === 4) return `((${value()} >> 1u8) + (${value()} >> 1u8))`
    if (roll === 5) return `((${value()} % 15${kind}) * (${value()} % 17${kind}))`
    // Mostly sound, so that programs go on for a while.
    if (roll === 6) return `((${value()} | 64${kind}) - (${value()} % 65${kind}))`
    if (roll === 7 && this.#random.chance(25))
      return `(${value()} ${this.#random.pick(['-', '*'])} ${value()})`
    if (roll < 10) return `(${value()} ${this.#random.pick(['/', '%'])} (${value()} | 1${kind}))`
    if (roll === 10 && this.#random.chance(20))
      return `(${value()} ${this.#random.pick(['/', '%'])} ${value()})`
    if (roll < 13) return `(${value()} ${this.#random.pick(['&', '|', '^'])} ${value()})`
    if (roll === 13) return this.#shift(kind, value())
    const from = this.#random.pick(INTEGERS)
    const inner = this.#expression({ kind: from }, depth - 1)
    if (BITS[from] <= BITS[kind] || this.#random.chance(6)) return `(${inner} as ${kind})`
    return `((${inner} & ${(1n << BigInt(BITS[kind])) - 1n}${from}) as ${kind})`
  }

  #shift(kind: IntegerKind, value: string): string {
    const bits = this.#random.chance(5) ? 256 : BITS[kind]
    return `(${value} ${this.#random.pick(['<<', '>>'])} ${this.#random.below(bits)}u8)`
  }

  // --- statements

  /** Declares a variable with a value. */
  #declare(type: ProgramType, depth: number): string {
    const text = this.#name()
    const value = this.#expression(type, depth)
    this.#variables.push({ text, type, isPlace: true })
    return `let mut ${text}: ${typeText(type)} = ${value};`
  }

  #places(): Variable[] {
    return this.#variables.filter(variable => variable.isPlace)
  }

  /** Something assignable: a variable or a part of one. */
  #place(): { text: string; type: ProgramType } | undefined {
    const places = this.#places().flatMap(({ text, type }) => {
      const parts: { text: string; type: ProgramType }[] = [{ text, type }]
      if (type.kind === 'struct')
        for (const field of this.#structs.get(type.name) ?? [])
          parts.push({ text: `${text}.${field.name}`, type: field.type })
      if (type.kind === 'vector' && this.#random.chance(20))
        parts.push({ text: `${text}[${this.#index()}]`, type: type.of })
      if (type.kind === 'box') parts.push({ text: `${text}.item`, type: type.of })
      return parts
    })
    return places.length === 0 ? undefined : this.#random.pick(places)
  }

  #assign(): string {
    const place = this.#place()
    if (place === undefined) return this.#declare(this.#type(2), 2)
    const value = this.#name()
    const expression = this.#expression(place.type, 2)
    const start = `let ${value}: ${typeText(place.type)} = ${expression};`
    // The compiler (1.71) panics on branches that it finds to do nothing, so nothing is assigned to itself.
    switch (expression === place.text ? 0 : this.#random.below(3)) {
      case 0:
        return `${start} put(&mut ${place.text}, ${value});`
      case 1: {
        const reference = this.#name()
        return `${start} let ${reference} = &mut ${place.text}; *${reference} = ${value};`
      }
      default:
        return place.text.endsWith(']')
          ? `${start} *(&mut ${place.text}) = ${value};`
          : `${start} ${place.text} = ${value};`
    }
  }

  #changeVector(): string {
    const vectors = this.#places().filter(variable => variable.type.kind === 'vector')
    if (vectors.length === 0) return this.#declare({ kind: 'vector', of: this.#type(1) }, 2)
    const { text, type } = this.#random.pick(vectors)
    const of = (type as { readonly of: ProgramType }).of
    const value = this.#name()
    switch (this.#random.below(9)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return `let ${value} = ${this.#expression(of, 1)}; ${text}.push_back(${value});`
      case 5:
      case 6:
        return `if (!${text}.is_empty()) { let ${value} = ${text}.pop_back(); ${text}.push_back(${value}) };`
      case 7:
        return `let ${value} = ${text}.length(); if (${value} > 1) ${text}.swap(0, ${value} - 1);`
      default:
        if (this.#random.chance(60)) return `${text}.reverse();`
        this.#variables.push({ text: value, type: of, isPlace: true })
        return `let mut ${value} = ${text}.pop_back();`
    }
  }

  #mutate(): string {
    const usable = this.#functions.filter(
      fn => fn.mutates !== null && this.#places().some(place => sameType(place.type, fn.mutates ?? BOOL)),
    )
    const maybes = this.#places().filter(place => place.type.kind === 'maybe')
    if (maybes.length > 0 && (usable.length === 0 || this.#random.chance(40))) {
      const { text, type } = this.#random.pick(maybes)
      const value = this.#name()
      return `let ${value} = ${this.#expression((type as { readonly of: ProgramType }).of, 1)}; refill(&mut ${text}, ${value});`
    }
    if (usable.length === 0) return this.#assign()
    const fn = this.#random.pick(usable)
    const place = this.#random.pick(this.#places().filter(({ type }) => sameType(type, fn.mutates ?? BOOL)))
    const names = fn.parameters.map(type => ({ name: this.#name(), type }))
    const values = names.map(({ name, type }) => `let ${name} = ${this.#expression(type, 1)};`).join(' ')
    const result = this.#name()
    const call = `${fn.name}(${[`&mut ${place.text}`, ...names.map(({ name }) => name)].join(', ')})`
    this.#variables.push({ text: result, type: fn.result, isPlace: true })
    return `${values} let mut ${result} = ${call};`
  }

  /** Statements with variables of their own. */
  #block(count: number, extra = ''): string {
    const before = this.#variables
    this.#variables = [...before]
    const body = this.#statements(count)
    this.#variables = before
    return `{ ${extra} ${body} }`
  }

  #loop(): string {
    const counter = this.#name()
    this.#loopDepth++
    const before = this.#variables
    this.#variables = [...before, { text: counter, type: U64, isPlace: false }]
    const leave = this.#random.chance(40)
      ? `if (${counter} % 3 == ${this.#random.below(3)}) ${this.#random.pick(['break', 'continue'])};`
      : ''
    const body = this.#block(1 + this.#random.below(2), `${counter} = ${counter} + 1; ${leave}`)
    this.#variables = before
    this.#loopDepth--
    return `let mut ${counter} = 0u64; while (${counter} < ${1 + this.#random.below(4)}) ${body};`
  }

  #statement(): string {
    const roll = this.#random.below(20)
    if (roll < 6) return this.#declare(this.#type(2), 3)
    if (roll < 10) return this.#assign()
    if (roll < 13) return this.#changeVector()
    if (roll < 15) return this.#mutate()
    if (roll === 15 && this.#loopDepth < 2) return this.#loop()
    if (roll < 18) return `if (${this.#condition(2)}) ${this.#block(1)} else ${this.#block(1)};`
    if (roll === 18 && this.#random.chance(12))
      return `assert!(${this.#condition(1)}, ${this.#random.below(1000)});`
    return this.#declare(this.#type(1), 2)
  }

  #statements(count: number): string {
    return Array.from({ length: count }, () => this.#statement()).join('\n        ')
  }

  // --- functions

  #function(name: string): string {
    const mutates = this.#random.chance(40) ? this.#type(1) : null
    const result = this.#type(1)
    const parameters = Array.from({ length: this.#random.below(3) }, () => this.#type(1))
    const list = parameters.map((type, i) => `mut p${i}: ${typeText(type)}`)
    this.#variables = parameters.map((type, i) => ({ text: `p${i}`, type, isPlace: true }))
    if (mutates !== null) {
      list.unshift(`place: &mut ${typeText(mutates)}`)
      this.#variables.push({ text: '(*place)', type: mutates, isPlace: false })
    }
    const body = this.#statements(1 + this.#random.below(3))
    const change = mutates === null ? '' : `let changed = ${this.#expression(mutates, 2)}; *place = changed;`
    const end = this.#expression(result, 2)
    this.#functions.push({ name, parameters, result, mutates })
    return `    fun ${name}(${list.join(', ')}): ${typeText(result)} {\n        ${body}\n        ${change}\n        ${end}\n    }`
  }

  #run(): string {
    this.#variables = []
    const body = this.#statements(4 + this.#random.below(6))
    const shown = this.#places().slice(-6)
    const out = shown.map(({ text }) => `out.append(std::bcs::to_bytes(&${text}));`).join(' ')
    return `    public fun run(): vector<u8> {\n        ${body}\n        let mut out = vector<u8>[];\n        ${out}\n        out\n    }`
  }
}

function fieldList(fields: readonly Field[]): string {
  return fields.map(field => `${field.name}: ${typeText(field.type)}`).join(', ')
}

function variantDeclaration(variant: Variant): string {
  const { name, isPositional, fields } = variant
  if (fields.length === 0) return name
  return isPositional
    ? `${name}(${fields.map(field => typeText(field.type)).join(', ')})`
    : `${name} { ${fieldList(fields)} }`
}

function patternList(variant: Variant, parts: readonly string[]): string {
  if (parts.length === 0) return ''
  return variant.isPositional ? `(${parts.join(', ')})` : ` { ${parts.join(', ')} }`
}

/** Source of a random module, for instance at `oracle::p7`. */
export function randomModule(path: string, random: Random): string {
  return new ProgramWriter(random).module(path)
}
