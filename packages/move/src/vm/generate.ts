/**
 * Turns one instance of a checked function into the source of one JavaScript function.
 *
 * Checked bytecode has an empty operand stack at block borders and statically known types, so a block
 * becomes straight-line code over variables named after the stack position (`s0`, `s1`, …), and blocks
 * become the cases of a `switch` in an endless loop. A function frame therefore needs no more variables than
 * its deepest stack has entries. A reference on the stack is not an object but a pair of variables, container
 * and index (`s0`, `i0`); it becomes a {@link Ref} when it is stored, passed or returned. Locals live in
 * boxes (one-element arrays) only where they are borrowed. Gas is taken once a block; a failing instruction
 * names its offset as a constant, so that knowing where costs nothing while nothing fails.
 *
 * Only digits and the fixed texts of this file enter the source: names and data from bytecode never do;
 * constants and callees are reached through arrays.
 * @module
 */
import type { CodeUnit, CompiledModule, Instruction } from '../binary/index.ts'
import { at, type LoadedDatatype, type LoadedFunction, type ModuleRegistry } from './module-registry.ts'
import { isReference, isScalar, MAX_VALUE_DEPTH, type TypeTable } from './type-table.ts'
import type { DatatypeType, Type } from './types.ts'
import type { Value } from './value.ts'

/** A callee of the generated function. */
interface Callee {
  readonly target: LoadedFunction
  readonly typeArguments: readonly Type[]
}

/** What is needed to make the function. */
export interface GeneratedFunction {
  /** Body of a function of the parameters in {@link GENERATED_PARAMETERS} that returns the function. */
  readonly source: string
  /** `K` in the source. */
  readonly constants: readonly (Value | readonly number[])[]
  /** `link(n)` in the source gives the function for entry n. */
  readonly callees: readonly Callee[]
}

/**
 * `K` constants, `link` callees, `g` gas, `d` call depth, `x` failing ends, `o` copies and comparisons,
 * `Ref` the reference class.
 */
export const GENERATED_PARAMETERS = ['K', 'link', 'g', 'd', 'x', 'o', 'Ref'] as const

/** Frames count as one for every so many variables, so that the JavaScript stack never decides. */
const VARIABLES_PER_FRAME_UNIT = 48

const BITS: Readonly<Record<string, number>> = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, u256: 256 }

function isWide(type: Type): boolean {
  return type.kind === 'u64' || type.kind === 'u128' || type.kind === 'u256'
}

/** The largest value of an integer type, as source text. */
function maxText(type: Type): string {
  const max = (1n << BigInt(BITS[type.kind] as number)) - 1n
  return isWide(type) ? `${max}n` : `${max}`
}

/** An entry of the operand stack. A reference is either an object (`text`) or a pair. */
interface Operand {
  readonly type: Type
  readonly text: string
  /** Set for a reference that is a pair: `text` is then the container. */
  readonly index?: string
}

/** Where the code of a constant comes from. */
export interface GenerateContext {
  readonly modules: ModuleRegistry
  readonly types: TypeTable
  /** The decoded constants of the module. */
  constant(module: CompiledModule, index: number): { readonly type: Type; readonly value: Value }
}

const COMPARISONS: Readonly<Record<string, string>> = { Lt: '<', Gt: '>', Le: '<=', Ge: '>=' }
const BITWISE: Readonly<Record<string, string>> = { BitOr: '|', BitAnd: '&', Xor: '^' }
const CASTS: Readonly<Record<string, 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256'>> = {
  CastU8: 'u8',
  CastU16: 'u16',
  CastU32: 'u32',
  CastU64: 'u64',
  CastU128: 'u128',
  CastU256: 'u256',
}
const LITERALS: Readonly<Record<string, 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256'>> = {
  LdU8: 'u8',
  LdU16: 'u16',
  LdU32: 'u32',
  LdU64: 'u64',
  LdU128: 'u128',
  LdU256: 'u256',
}

/** Offsets at which a block starts. */
function blockStarts(code: CodeUnit): number[] {
  const starts = new Set([0])
  for (const [offset, { op, index }] of code.instructions.entries()) {
    if (op === 'BrTrue' || op === 'BrFalse' || op === 'Branch') starts.add(index)
    if (op === 'VariantSwitch') for (const target of at(code.jumpTables, index).offsets) starts.add(target)
    if (/^(?:Br|Ret$|Abort$|VariantSwitch$)/.test(op)) starts.add(offset + 1)
  }
  return [...starts].filter(start => start < code.instructions.length).sort((a, b) => a - b)
}

/** Locals that a reference is taken of. */
function borrowedLocals(code: CodeUnit): Set<number> {
  const borrows = code.instructions.filter(({ op }) => op === 'MutBorrowLoc' || op === 'ImmBorrowLoc')
  return new Set(borrows.map(({ index }) => index))
}

class FunctionGenerator {
  readonly #context: GenerateContext
  readonly #types: TypeTable
  readonly #module: CompiledModule
  readonly #code: CodeUnit
  readonly #typeArguments: readonly Type[]
  readonly #self: LoadedFunction
  readonly #parameters: readonly Type[]
  readonly #returnCount: number
  readonly #locals: readonly Type[]
  readonly #boxed: ReadonlySet<number>
  readonly #constants: (Value | readonly number[])[] = []
  readonly #constantIndex = new Map<number, number>()
  readonly #callees: Callee[] = []
  readonly #calleeIndex = new Map<string, number>()
  readonly #out: string[] = []
  #stack: Operand[] = []
  #slots = 0
  #indexSlots = 0
  #mostArguments = 0
  /** Offset of the instruction at hand. */
  #pc = 0

  constructor(
    context: GenerateContext,
    self: LoadedFunction,
    code: CodeUnit,
    typeArguments: readonly Type[],
  ) {
    this.#context = context
    this.#types = context.types
    this.#module = self.owner.module
    this.#self = self
    this.#code = code
    this.#typeArguments = typeArguments
    this.#parameters = this.#signature(self.handle.parameters)
    this.#returnCount = at(this.#module.signatures, self.handle.returns).length
    this.#locals = [...this.#parameters, ...this.#signature(code.locals)]
    this.#boxed = borrowedLocals(code)
  }

  generate(): GeneratedFunction {
    const { instructions } = this.#code
    const starts = blockStarts(this.#code)
    const isLoop = starts.length > 1 || instructions.some(({ op }) => op === 'Branch')
    for (const [i, start] of starts.entries()) {
      const end = starts[i + 1] ?? instructions.length
      if (isLoop) this.#out.push(`case ${start}:`)
      this.#pc = start
      this.#out.push(`if((g.remaining-=${end - start})<0)x.outOfGas(${start});`)
      for (let pc = start; pc < end; pc++) {
        this.#pc = pc
        this.#instruction(at(instructions, pc))
      }
      this.#stack = []
    }
    const body = this.#out.join('')
    const code = isLoop ? `let pc=0;for(;;)switch(pc){${body}}` : body
    return {
      source: `"use strict";const D=${this.#frameUnits()};${this.#linkage()}return function self(${this.#parameterList()}){${this.#prologue()}${code}}`,
      constants: this.#constants,
      callees: this.#callees,
    }
  }

  /** One lazily linked variable for each callee: `(f0??k0())(…)`. */
  #linkage(): string {
    return this.#callees.map((_, i) => `let f${i};const k${i}=()=>f${i}=link(${i});`).join('')
  }

  #parameterList(): string {
    return this.#parameters.map((_, i) => (this.#boxed.has(i) ? `p${i}` : `l${i}`)).join(',')
  }

  #prologue(): string {
    const boxes: string[] = []
    const variables = ['t', 'n', 'm']
    for (const i of this.#locals.keys()) {
      const isParameter = i < this.#parameters.length
      if (this.#boxed.has(i)) boxes.push(`l${i}=[${isParameter ? `p${i}` : 'undefined'}]`)
      else if (!isParameter) variables.push(`l${i}`)
    }
    for (let i = 0; i < this.#slots; i++) variables.push(`s${i}`)
    for (let i = 0; i < this.#indexSlots; i++) variables.push(`i${i}`)
    const constants = boxes.length === 0 ? '' : `const ${boxes.join(',')};`
    return `if((d.frames+=D)>d.limit)x.stackOverflow();${constants}let ${variables.join(',')};`
  }

  #frameUnits(): number {
    const variables = this.#locals.length + this.#slots + this.#indexSlots + this.#mostArguments
    return Math.max(1, Math.ceil(variables / VARIABLES_PER_FRAME_UNIT))
  }

  // --- operand stack

  #emit(text: string): void {
    this.#out.push(text)
  }

  /** The variable of the stack position that comes next. */
  #slot(): string {
    const depth = this.#stack.length
    this.#slots = Math.max(this.#slots, depth + 1)
    return `s${depth}`
  }

  #indexSlot(): string {
    const depth = this.#stack.length
    this.#indexSlots = Math.max(this.#indexSlots, depth + 1)
    return `i${depth}`
  }

  #push(type: Type, text: string): void {
    const slot = this.#slot()
    if (slot !== text) this.#emit(`${slot}=${text};`)
    this.#stack.push({ type, text: slot })
  }

  /** Pushes a text that has no effect and never changes. */
  #pushPure(type: Type, text: string): void {
    this.#stack.push({ type, text })
  }

  /** Pushes a reference to `container[index]`; both texts must be stable while the entry lives. */
  #pushPair(kind: 'reference' | 'mutableReference', to: Type, container: string, index: string): void {
    this.#stack.push({ type: this.#types.reference(kind, to), text: container, index })
  }

  #pop(): Operand {
    const operand = this.#stack.pop()
    if (operand === undefined) throw new Error('checked bytecode popped an empty stack')
    return operand
  }

  #popTexts(count: number): string[] {
    const texts: string[] = []
    for (let i = 0; i < count; i++) texts.unshift(this.#materialize(this.#pop()))
    return texts
  }

  /** The operand as one value: a pair becomes an object. */
  #materialize(operand: Operand): string {
    return operand.index === undefined ? operand.text : `new Ref(${operand.text},${operand.index})`
  }

  /** What a reference refers to. */
  #target(operand: Operand): string {
    return operand.index === undefined
      ? `${operand.text}.container[${operand.text}.index]`
      : `${operand.text}[${operand.index}]`
  }

  #pointee(operand: Operand): Type {
    const { type } = operand
    if (type.kind !== 'reference' && type.kind !== 'mutableReference')
      throw new Error('checked bytecode used a value as a reference')
    return type.to
  }

  #copy(type: Type, text: string): string {
    if (isScalar(type) || isReference(type)) return text
    return this.#types.isFlat(type) ? `o.copyFlat(${text})` : `o.copyDeep(${text})`
  }

  #local(index: number): string {
    return this.#boxed.has(index) ? `l${index}[0]` : `l${index}`
  }

  // --- tables

  #signature(index: number): Type[] {
    return this.#types.signature(this.#module, index, this.#typeArguments)
  }

  #elementType(index: number): Type {
    return at(this.#signature(index), 0)
  }

  #datatype(handle: number, typeArguments: readonly Type[]): DatatypeType {
    const datatype: LoadedDatatype = this.#context.modules.datatypeByHandle(this.#module, handle)
    return this.#types.datatype(datatype, typeArguments)
  }

  #struct(index: number): DatatypeType {
    return this.#datatype(at(this.#module.structs, index).handle, [])
  }

  #structInstance(index: number): DatatypeType {
    const { target, typeArguments } = at(this.#module.structInstantiations, index)
    return this.#datatype(at(this.#module.structs, target).handle, this.#signature(typeArguments))
  }

  #variant(index: number): { type: DatatypeType; tag: number } {
    const { enum: definition, variant: tag } = at(this.#module.variantHandles, index)
    return { type: this.#datatype(at(this.#module.enums, definition).handle, []), tag }
  }

  #variantInstance(index: number): { type: DatatypeType; tag: number } {
    const handle = at(this.#module.variantInstantiations, index)
    const { target, typeArguments } = at(this.#module.enumInstantiations, handle.enum)
    const type = this.#datatype(at(this.#module.enums, target).handle, this.#signature(typeArguments))
    return { type, tag: handle.variant }
  }

  #constantSlot(index: number, value: Value | readonly number[]): number {
    let slot = this.#constantIndex.get(index)
    if (slot === undefined) {
      slot = this.#constants.push(value) - 1
      this.#constantIndex.set(index, slot)
    }
    return slot
  }

  // --- instructions

  #instruction(instruction: Instruction): void {
    const { op, index, value } = instruction
    switch (op) {
      case 'Pop':
        this.#pop()
        return
      case 'Ret':
        return this.#return()
      case 'BrTrue':
        return this.#emit(`if(${this.#pop().text}){pc=${index};continue;}`)
      case 'BrFalse':
        return this.#emit(`if(!${this.#pop().text}){pc=${index};continue;}`)
      case 'Branch':
        if (index !== this.#pc + 1) this.#emit(`pc=${index};continue;`)
        return
      case 'VariantSwitch':
        return this.#variantSwitch(index)
      case 'Abort':
        return this.#emit(`x.abort(${this.#pop().text},${this.#pc});`)
      case 'Nop':
        return
      case 'LdU8':
      case 'LdU16':
      case 'LdU32':
      case 'LdU64':
      case 'LdU128':
      case 'LdU256': {
        const type = this.#types.primitive(LITERALS[op] as 'u8')
        return this.#pushPure(type, isWide(type) ? `${value}n` : `${value}`)
      }
      case 'LdTrue':
      case 'LdFalse':
        return this.#pushPure(this.#types.primitive('bool'), op === 'LdTrue' ? 'true' : 'false')
      case 'LdConst':
        return this.#loadConstant(index)
      case 'CopyLoc': {
        const type = at(this.#locals, index)
        return this.#push(type, this.#copy(type, this.#local(index)))
      }
      case 'MoveLoc':
        return this.#push(at(this.#locals, index), this.#local(index))
      case 'StLoc':
        return this.#emit(`${this.#local(index)}=${this.#materialize(this.#pop())};`)
      case 'MutBorrowLoc':
      case 'ImmBorrowLoc': {
        const kind = op === 'MutBorrowLoc' ? 'mutableReference' : 'reference'
        return this.#pushPair(kind, at(this.#locals, index), `l${index}`, '0')
      }
      case 'MutBorrowField':
      case 'ImmBorrowField':
        return this.#borrowField(op === 'MutBorrowField' ? 'mutableReference' : 'reference', index)
      case 'MutBorrowFieldGeneric':
      case 'ImmBorrowFieldGeneric': {
        const { target } = at(this.#module.fieldInstantiations, index)
        return this.#borrowField(op === 'MutBorrowFieldGeneric' ? 'mutableReference' : 'reference', target)
      }
      case 'ReadRef': {
        const reference = this.#pop()
        const type = this.#pointee(reference)
        return this.#push(type, this.#copy(type, this.#target(reference)))
      }
      case 'WriteRef': {
        const target = this.#target(this.#pop())
        return this.#emit(`${target}=${this.#pop().text};`)
      }
      case 'FreezeRef': {
        const reference = this.#pop()
        const type = this.#types.reference('reference', this.#pointee(reference))
        this.#stack.push({ ...reference, type })
        return
      }
      case 'Call':
        return this.#call(index, [])
      case 'CallGeneric': {
        const { target, typeArguments } = at(this.#module.functionInstantiations, index)
        return this.#call(target, this.#signature(typeArguments))
      }
      case 'Pack':
        return this.#pack(this.#struct(index), 0)
      case 'PackGeneric':
        return this.#pack(this.#structInstance(index), 0)
      case 'Unpack':
        return this.#unpack(this.#struct(index), 0)
      case 'UnpackGeneric':
        return this.#unpack(this.#structInstance(index), 0)
      case 'PackVariant':
      case 'PackVariantGeneric': {
        const { type, tag } = op === 'PackVariant' ? this.#variant(index) : this.#variantInstance(index)
        return this.#pack(type, tag)
      }
      case 'UnpackVariant':
      case 'UnpackVariantGeneric': {
        const { type, tag } = op === 'UnpackVariant' ? this.#variant(index) : this.#variantInstance(index)
        return this.#unpack(type, tag)
      }
      case 'UnpackVariantImmRef':
      case 'UnpackVariantMutRef':
        return this.#unpackReference(op === 'UnpackVariantImmRef', this.#variant(index))
      case 'UnpackVariantGenericImmRef':
      case 'UnpackVariantGenericMutRef':
        return this.#unpackReference(op === 'UnpackVariantGenericImmRef', this.#variantInstance(index))
      case 'VecPack':
      case 'VecLen':
      case 'VecImmBorrow':
      case 'VecMutBorrow':
      case 'VecPushBack':
      case 'VecPopBack':
      case 'VecUnpack':
      case 'VecSwap':
        return this.#vectorInstruction(instruction)
      default:
        return this.#operator(op)
    }
  }

  #return(): void {
    const results = this.#popTexts(this.#returnCount)
    this.#emit('d.frames-=D;')
    if (results.length === 0) this.#emit('return;')
    else this.#emit(results.length === 1 ? `return ${results[0]};` : `return[${results.join(',')}];`)
  }

  #variantSwitch(table: number): void {
    const { offsets } = at(this.#code.jumpTables, table)
    // Jump tables share the slots of the constants; negative numbers keep them apart.
    const slot = this.#constantSlot(-1 - table, offsets)
    this.#emit(`pc=K[${slot}][${this.#target(this.#pop())}[0]];continue;`)
  }

  #loadConstant(index: number): void {
    const { type, value } = this.#context.constant(this.#module, index)
    if (typeof value === 'bigint') return this.#pushPure(type, `${value}n`)
    if (typeof value === 'number' || typeof value === 'boolean') return this.#pushPure(type, `${value}`)
    const text = `K[${this.#constantSlot(index, value)}]`
    if (typeof value === 'string') return this.#pushPure(type, text)
    this.#push(type, this.#copy(type, text))
  }

  #borrowField(kind: 'reference' | 'mutableReference', handle: number): void {
    const { field } = at(this.#module.fieldHandles, handle)
    const reference = this.#pop()
    const owner = this.#pointee(reference) as DatatypeType
    const slot = this.#slot()
    this.#emit(`${slot}=${this.#target(reference)};`)
    this.#pushPair(kind, at(this.#types.fields(owner), field).type, slot, `${field}`)
  }

  #call(handle: number, typeArguments: readonly Type[]): void {
    const target = this.#context.modules.functionByHandle(this.#module, handle)
    const { parameters, returns } = target.handle
    const module = target.owner.module
    const count = at(module.signatures, parameters).length
    this.#mostArguments = Math.max(this.#mostArguments, count)
    const args = this.#popTexts(count).join(',')
    const results = this.#types.signature(module, returns, typeArguments)
    const call = `${this.#callee(target, typeArguments)}(${args})`
    if (results.length === 0) return this.#emit(`${call};`)
    if (results.length === 1) return this.#push(at(results, 0), call)
    this.#emit(`t=${call};`)
    for (const [i, type] of results.entries()) this.#push(type, `t[${i}]`)
  }

  #callee(target: LoadedFunction, typeArguments: readonly Type[]): string {
    const isSelf = target === this.#self && typeArguments.every((type, i) => type === this.#typeArguments[i])
    if (isSelf) return 'self'
    const { address, module, name } = target.info
    const key = `${address}::${module}::${name}<${typeArguments.map(type => type.key).join(',')}>`
    let slot = this.#calleeIndex.get(key)
    if (slot === undefined) {
      slot = this.#callees.push({ target, typeArguments }) - 1
      this.#calleeIndex.set(key, slot)
    }
    return `(f${slot}??k${slot}())`
  }

  #limitDepth(type: Type): void {
    if (this.#types.depth(type) > MAX_VALUE_DEPTH) this.#emit(`x.valueDepth(${this.#pc});`)
  }

  #pack(type: DatatypeType, tag: number): void {
    const { fields } = at(this.#types.variants(type), tag)
    const parts = this.#popTexts(fields.length)
    if (type.kind === 'enum') parts.unshift(`${tag}`)
    this.#limitDepth(type)
    this.#push(type, `[${parts.join(',')}]`)
  }

  /** Evaluates `text` into `t`, for what takes several values out of it. */
  #hold(text: string): void {
    this.#emit(`t=${text};`)
  }

  #unpack(type: DatatypeType, tag: number): void {
    this.#hold(this.#pop().text)
    if (type.kind === 'enum') this.#emit(`if(t[0]!==${tag})x.variant(${this.#pc});`)
    const first = type.kind === 'enum' ? 1 : 0
    const { fields } = at(this.#types.variants(type), tag)
    for (const [i, field] of fields.entries()) this.#push(field.type, `t[${first + i}]`)
  }

  #unpackReference(immutable: boolean, { type, tag }: { type: DatatypeType; tag: number }): void {
    this.#hold(this.#target(this.#pop()))
    this.#emit(`if(t[0]!==${tag})x.variant(${this.#pc});`)
    const { fields } = at(this.#types.variants(type), tag)
    for (const [i, field] of fields.entries()) {
      const slot = this.#slot()
      this.#emit(`${slot}=t;`)
      this.#pushPair(immutable ? 'reference' : 'mutableReference', field.type, slot, `${i + 1}`)
    }
  }

  #vectorInstruction({ op, index, value }: Instruction): void {
    const element = this.#elementType(index)
    switch (op) {
      case 'VecPack': {
        const type = this.#types.vector(element)
        const items = this.#popTexts(Number(value))
        this.#limitDepth(type)
        return this.#push(type, `[${items.join(',')}]`)
      }
      case 'VecLen':
        return this.#push(this.#types.primitive('u64'), `BigInt(${this.#target(this.#pop())}.length)`)
      case 'VecImmBorrow':
      case 'VecMutBorrow': {
        const position = this.#pop().text
        this.#emit(`n=Number(${position});`)
        this.#hold(this.#target(this.#pop()))
        this.#emit(`if(n>=t.length)x.index(${this.#pc});`)
        const [slot, indexSlot] = [this.#slot(), this.#indexSlot()]
        this.#emit(`${slot}=t;${indexSlot}=n;`)
        return this.#pushPair(
          op === 'VecImmBorrow' ? 'reference' : 'mutableReference',
          element,
          slot,
          indexSlot,
        )
      }
      case 'VecPushBack': {
        const item = this.#pop().text
        return this.#emit(`${this.#target(this.#pop())}.push(${item});`)
      }
      case 'VecPopBack':
        this.#hold(this.#target(this.#pop()))
        this.#emit(`if(t.length===0)x.popEmpty(${this.#pc});`)
        return this.#push(element, 't.pop()')
      case 'VecUnpack': {
        const count = Number(value)
        this.#hold(this.#pop().text)
        this.#emit(`if(t.length!==${count})x.unpackLength(${this.#pc});`)
        for (let i = 0; i < count; i++) this.#push(element, `t[${i}]`)
        return
      }
      default: {
        const right = this.#pop().text
        const left = this.#pop().text
        this.#hold(this.#target(this.#pop()))
        this.#emit(`n=Number(${left});m=Number(${right});`)
        this.#emit(`if(n>=t.length||m>=t.length)x.index(${this.#pc});`)
        const slot = this.#slot()
        return this.#emit(`${slot}=t[n];t[n]=t[m];t[m]=${slot};`)
      }
    }
  }

  // --- operators

  #operator(op: Instruction['op']): void {
    const castTo = CASTS[op]
    if (castTo !== undefined) return this.#cast(this.#types.primitive(castTo))
    if (op === 'Not') return this.#push(this.#types.primitive('bool'), `!${this.#pop().text}`)
    const right = this.#pop()
    const left = this.#pop()
    switch (op) {
      case 'Add':
        return this.#checked(left, `${left.text}+${right.text}`, slot => `${slot}>${maxText(left.type)}`)
      case 'Mul':
        return this.#checked(left, `${left.text}*${right.text}`, slot => `${slot}>${maxText(left.type)}`)
      case 'Sub':
        return this.#checked(
          left,
          `${left.text}-${right.text}`,
          slot => `${slot}<${isWide(left.type) ? '0n' : '0'}`,
        )
      case 'Div':
      case 'Mod':
        return this.#divide(op, left, right)
      case 'BitOr':
      case 'BitAnd':
      case 'Xor': {
        const text = `${left.text}${BITWISE[op]}${right.text}`
        return this.#push(left.type, left.type.kind === 'u32' ? `(${text})>>>0` : text)
      }
      case 'Shl':
      case 'Shr':
        return this.#shift(op, left, right)
      case 'Or':
        return this.#push(left.type, `${left.text}||${right.text}`)
      case 'And':
        return this.#push(left.type, `${left.text}&&${right.text}`)
      case 'Eq':
      case 'Neq':
        return this.#compareEqual(op === 'Eq', left, right)
      default:
        return this.#push(
          this.#types.primitive('bool'),
          `${left.text}${COMPARISONS[op] as string}${right.text}`,
        )
    }
  }

  #checked({ type }: Operand, text: string, isOut: (slot: string) => string): void {
    this.#push(type, text)
    this.#emit(`if(${isOut(`s${this.#stack.length - 1}`)})x.arithmetic(${this.#pc});`)
  }

  #divide(op: 'Div' | 'Mod', left: Operand, right: Operand): void {
    const wide = isWide(left.type)
    this.#emit(`if(${right.text}===${wide ? '0n' : '0'})x.arithmetic(${this.#pc});`)
    if (op === 'Mod') return this.#push(left.type, `${left.text}%${right.text}`)
    this.#push(left.type, wide ? `${left.text}/${right.text}` : `(${left.text}/${right.text})>>>0`)
  }

  #shift(op: 'Shl' | 'Shr', left: Operand, right: Operand): void {
    const bits = BITS[left.type.kind] as number
    if (bits < 256) this.#emit(`if(${right.text}>=${bits})x.arithmetic(${this.#pc});`)
    if (isWide(left.type)) {
      const amount = `BigInt(${right.text})`
      const text =
        op === 'Shr' ? `${left.text}>>${amount}` : `BigInt.asUintN(${bits},${left.text}<<${amount})`
      return this.#push(left.type, text)
    }
    if (op === 'Shr') return this.#push(left.type, `${left.text}>>>${right.text}`)
    const shifted = `${left.text}<<${right.text}`
    this.#push(left.type, bits === 32 ? `(${shifted})>>>0` : `(${shifted})&${maxText(left.type)}`)
  }

  #cast(to: Type): void {
    const operand = this.#pop()
    const from = operand.type
    if ((BITS[to.kind] as number) < (BITS[from.kind] as number)) {
      const max = maxText(to)
      const limit = isWide(from) && !max.endsWith('n') ? `${max}n` : max
      this.#emit(`if(${operand.text}>${limit})x.arithmetic(${this.#pc});`)
    }
    if (isWide(from) === isWide(to)) return this.#push(to, operand.text)
    this.#push(to, isWide(to) ? `BigInt(${operand.text})` : `Number(${operand.text})`)
  }

  #compareEqual(wantEqual: boolean, left: Operand, right: Operand): void {
    const bool = this.#types.primitive('bool')
    const isRef = isReference(left.type)
    const type = isRef ? this.#pointee(left) : left.type
    const [a, b] = isRef ? [this.#target(left), this.#target(right)] : [left.text, right.text]
    if (isScalar(type)) return this.#push(bool, `${a}${wantEqual ? '===' : '!=='}${b}`)
    this.#push(bool, `${wantEqual ? '' : '!'}o.equal(${a},${b})`)
  }
}

/** Generates the source for one instance of a function that has code. */
export function generateFunction(
  context: GenerateContext,
  self: LoadedFunction,
  code: CodeUnit,
  typeArguments: readonly Type[],
): GeneratedFunction {
  return new FunctionGenerator(context, self, code, typeArguments).generate()
}
