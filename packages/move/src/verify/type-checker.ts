/**
 * Types of operands, block by block: every instruction finds what it takes on the stack, and the stack is
 * empty where a block starts and ends. Generic code is checked once, with its type parameters as types.
 * Spec: `type_safety.rs` and `stack_usage_verifier.rs` of move-bytecode-verifier.
 * @module
 */
import {
  type AbilitySet,
  ABILITY,
  type CodeUnit,
  type FieldDefinition,
  hasAbilities,
  type Instruction,
  type SignatureToken,
} from '../binary/index.ts'
import type { Block } from './control-flow.ts'
import type { DefinitionChecker } from './definitions.ts'
import { VerificationError, type VerificationRule } from './errors.ts'
import {
  BOOL,
  describeToken,
  equalTokens,
  isInteger,
  isReferenceToken,
  type ModuleView,
  U64,
  U8,
} from './module-view.ts'

/** Entries that the operand stack of one function may have, as on Sui. */
const MAX_STACK = 1024

const CASTS = {
  CastU8: 'u8',
  CastU16: 'u16',
  CastU32: 'u32',
  CastU64: 'u64',
  CastU128: 'u128',
  CastU256: 'u256',
} as const

const LITERALS = {
  LdU8: 'u8',
  LdU16: 'u16',
  LdU32: 'u32',
  LdU64: 'u64',
  LdU128: 'u128',
  LdU256: 'u256',
} as const

/** A struct, or one variant of an enum, as an instruction names it. */
interface Target {
  readonly handle: number
  readonly fields: readonly FieldDefinition[]
  readonly typeArguments: readonly SignatureToken[]
}

export class TypeChecker {
  readonly #view: ModuleView
  readonly #definitions: DefinitionChecker
  readonly #functionIndex: number
  readonly #code: CodeUnit
  readonly #typeParameters: readonly AbilitySet[]
  readonly #returns: readonly SignatureToken[]
  readonly #locals: readonly SignatureToken[]
  #stack: SignatureToken[] = []
  #pc = 0

  constructor(view: ModuleView, definitions: DefinitionChecker, functionIndex: number, code: CodeUnit) {
    this.#view = view
    this.#definitions = definitions
    this.#functionIndex = functionIndex
    this.#code = code
    const definition = view.at(view.module.functions, functionIndex)
    const handle = view.functionHandle(definition.handle)
    this.#typeParameters = handle.typeParameters
    this.#returns = view.signature(handle.returns)
    this.#locals = [...view.signature(handle.parameters), ...view.signature(code.locals)]
  }

  /** The types of parameters and further locals. */
  get locals(): readonly SignatureToken[] {
    return this.#locals
  }

  check(blocks: readonly Block[]): void {
    for (const { start, end } of blocks) {
      this.#stack = []
      for (this.#pc = start; this.#pc < end; this.#pc++)
        this.#instruction(this.#view.at(this.#code.instructions, this.#pc))
      this.#pc = end - 1
      if (this.#stack.length > 0) this.#fail('stack', 'operands are left where the block ends')
    }
  }

  #fail(rule: VerificationRule, message: string): never {
    const { module } = this.#view.place
    throw new VerificationError(rule, message, {
      module,
      functionIndex: this.#functionIndex,
      instruction: this.#pc,
    })
  }

  // --- stack

  #push(token: SignatureToken): void {
    if (this.#stack.length >= MAX_STACK) this.#fail('limit', `more than ${MAX_STACK} operands`)
    this.#stack.push(token)
  }

  #pop(): SignatureToken {
    return this.#stack.pop() ?? this.#fail('stack', 'an operand is missing')
  }

  #popExactly(wanted: SignatureToken): void {
    const found = this.#pop()
    if (!equalTokens(found, wanted)) this.#mismatch(describeToken(this.#view.module, wanted), found)
  }

  #popAll(wanted: readonly SignatureToken[]): void {
    for (const token of wanted.toReversed()) this.#popExactly(token)
  }

  #popInteger(): SignatureToken {
    const found = this.#pop()
    return isInteger(found) ? found : this.#mismatch('an integer', found)
  }

  /** Pops a reference; gives what it refers to. A mutable one will do where any is asked for. */
  #popReference(kind: 'any' | 'reference' | 'mutableReference'): SignatureToken {
    const found = this.#pop()
    if (!isReferenceToken(found) || (kind !== 'any' && found.kind !== kind))
      return this.#mismatch(kind === 'any' ? 'a reference' : `a ${kind}`, found)
    return found.to
  }

  #mismatch(wanted: string, found: SignatureToken): never {
    return this.#fail('type', `${wanted} is needed, not ${describeToken(this.#view.module, found)}`)
  }

  #needAbility(token: SignatureToken, ability: keyof typeof ABILITY): void {
    if (hasAbilities(this.#view.abilities(token, this.#typeParameters), ABILITY[ability])) return
    this.#fail('ability', `${describeToken(this.#view.module, token)} lacks ${ability}`)
  }

  // --- what instructions name

  #local(index: number): SignatureToken {
    return this.#view.at(this.#locals, index)
  }

  /** Type arguments of an instantiating instruction, checked against what they instantiate. */
  #typeArguments(signature: number, constraints: readonly AbilitySet[]): readonly SignatureToken[] {
    const typeArguments = this.#view.signature(signature)
    this.#definitions.checkTypeArguments(
      typeArguments,
      constraints,
      this.#typeParameters,
      this.#functionIndex,
    )
    return typeArguments
  }

  /** Makes sure that an instruction is the generic form exactly for generic things. */
  #needGeneric(isGeneric: boolean, typeParameters: readonly unknown[]): void {
    if (isGeneric !== typeParameters.length > 0)
      this.#fail('signature', 'generic and plain form of the instruction are confused')
  }

  #datatypeArguments(handle: number, signature: number | null): readonly SignatureToken[] {
    const { typeParameters } = this.#view.datatypeHandle(handle)
    this.#needGeneric(signature !== null, typeParameters)
    if (signature === null) return []
    return this.#typeArguments(
      signature,
      typeParameters.map(parameter => parameter.constraints),
    )
  }

  #struct(index: number, signature: number | null): Target {
    const { handle, fields } = this.#view.at(this.#view.module.structs, index)
    return { handle, fields: fields ?? [], typeArguments: this.#datatypeArguments(handle, signature) }
  }

  #structInstance(index: number): Target {
    const { target, typeArguments } = this.#view.at(this.#view.module.structInstantiations, index)
    return this.#struct(target, typeArguments)
  }

  #variant(enumIndex: number, variant: number, signature: number | null): Target {
    const { handle, variants } = this.#view.at(this.#view.module.enums, enumIndex)
    const { fields } = this.#view.at(variants, variant)
    return { handle, fields, typeArguments: this.#datatypeArguments(handle, signature) }
  }

  #plainVariant(index: number): Target {
    const handle = this.#view.at(this.#view.module.variantHandles, index)
    return this.#variant(handle.enum, handle.variant, null)
  }

  #variantInstance(index: number): Target {
    const handle = this.#view.at(this.#view.module.variantInstantiations, index)
    const { target, typeArguments } = this.#view.at(this.#view.module.enumInstantiations, handle.enum)
    return this.#variant(target, handle.variant, typeArguments)
  }

  #typeOf({ handle, typeArguments }: Target): SignatureToken {
    return { kind: 'datatype', handle, typeArguments }
  }

  #fieldTypes({ fields, typeArguments }: Target): SignatureToken[] {
    return fields.map(({ type }) => this.#view.instantiate(type, typeArguments))
  }

  /** The element type that a vector instruction names. */
  #element(signature: number): SignatureToken {
    const tokens = this.#view.signature(signature)
    const [element] = tokens
    if (element === undefined || tokens.length !== 1)
      return this.#fail('signature', 'a vector instruction needs one element type')
    this.#definitions.checkType(element, this.#typeParameters, false, this.#functionIndex)
    return element
  }

  // --- instructions

  #instruction(instruction: Instruction): void {
    const { op, index } = instruction
    switch (op) {
      case 'Nop':
      case 'Branch':
        return
      case 'Pop':
        return this.#needAbility(this.#pop(), 'drop')
      case 'Ret':
        return this.#popAll(this.#returns)
      case 'BrTrue':
      case 'BrFalse':
        return this.#popExactly(BOOL)
      case 'VariantSwitch':
        return this.#variantSwitch(index)
      case 'Abort':
        return this.#popExactly(U64)
      case 'LdU8':
      case 'LdU16':
      case 'LdU32':
      case 'LdU64':
      case 'LdU128':
      case 'LdU256':
        return this.#push({ kind: LITERALS[op] })
      case 'LdTrue':
      case 'LdFalse':
        return this.#push(BOOL)
      case 'LdConst':
        return this.#push(this.#view.at(this.#view.module.constants, index).type)
      case 'CopyLoc':
        this.#needAbility(this.#local(index), 'copy')
        return this.#push(this.#local(index))
      case 'MoveLoc':
        return this.#push(this.#local(index))
      case 'StLoc':
        return this.#popExactly(this.#local(index))
      case 'MutBorrowLoc':
      case 'ImmBorrowLoc': {
        const to = this.#local(index)
        if (isReferenceToken(to)) this.#mismatch('a local that is no reference', to)
        return this.#push({ kind: op === 'MutBorrowLoc' ? 'mutableReference' : 'reference', to })
      }
      case 'Call': {
        this.#needGeneric(false, this.#view.functionHandle(index).typeParameters)
        return this.#call(index, [])
      }
      case 'CallGeneric': {
        const { target, typeArguments } = this.#view.at(this.#view.module.functionInstantiations, index)
        const { typeParameters } = this.#view.functionHandle(target)
        this.#needGeneric(true, typeParameters)
        return this.#call(target, this.#typeArguments(typeArguments, typeParameters))
      }
      case 'Pack':
        return this.#pack(this.#struct(index, null))
      case 'PackGeneric':
        return this.#pack(this.#structInstance(index))
      case 'PackVariant':
        return this.#pack(this.#plainVariant(index))
      case 'PackVariantGeneric':
        return this.#pack(this.#variantInstance(index))
      case 'Unpack':
        return this.#unpack(this.#struct(index, null))
      case 'UnpackGeneric':
        return this.#unpack(this.#structInstance(index))
      case 'UnpackVariant':
        return this.#unpack(this.#plainVariant(index))
      case 'UnpackVariantGeneric':
        return this.#unpack(this.#variantInstance(index))
      case 'UnpackVariantImmRef':
        return this.#unpackReference('reference', this.#plainVariant(index))
      case 'UnpackVariantMutRef':
        return this.#unpackReference('mutableReference', this.#plainVariant(index))
      case 'UnpackVariantGenericImmRef':
        return this.#unpackReference('reference', this.#variantInstance(index))
      case 'UnpackVariantGenericMutRef':
        return this.#unpackReference('mutableReference', this.#variantInstance(index))
      default:
        return this.#referenceInstruction(instruction)
    }
  }

  #referenceInstruction(instruction: Instruction): void {
    const { op, index } = instruction
    switch (op) {
      case 'MutBorrowField':
        return this.#borrowField('mutableReference', index, null)
      case 'ImmBorrowField':
        return this.#borrowField('reference', index, null)
      case 'MutBorrowFieldGeneric':
      case 'ImmBorrowFieldGeneric': {
        const { target, typeArguments } = this.#view.at(this.#view.module.fieldInstantiations, index)
        const kind = op === 'MutBorrowFieldGeneric' ? 'mutableReference' : 'reference'
        return this.#borrowField(kind, target, typeArguments)
      }
      case 'ReadRef': {
        const to = this.#popReference('any')
        this.#needAbility(to, 'copy')
        return this.#push(to)
      }
      case 'WriteRef': {
        const to = this.#popReference('mutableReference')
        this.#needAbility(to, 'drop')
        return this.#popExactly(to)
      }
      case 'FreezeRef':
        return this.#push({ kind: 'reference', to: this.#popReference('mutableReference') })
      case 'VecPack':
      case 'VecUnpack':
      case 'VecLen':
      case 'VecImmBorrow':
      case 'VecMutBorrow':
      case 'VecPushBack':
      case 'VecPopBack':
      case 'VecSwap':
        return this.#vectorInstruction(instruction)
      default:
        return this.#operator(op)
    }
  }

  #variantSwitch(table: number): void {
    const { enum: index, offsets } = this.#view.at(this.#code.jumpTables, table)
    const { handle, variants } = this.#view.at(this.#view.module.enums, index)
    const to = this.#popReference('reference')
    if (to.kind !== 'datatype' || to.handle !== handle) this.#mismatch('the enum of the jump table', to)
    if (offsets.length !== variants.length)
      this.#fail('controlFlow', `a jump table of ${offsets.length} branches for ${variants.length} variants`)
  }

  #call(handle: number, typeArguments: readonly SignatureToken[]): void {
    const { parameters, returns } = this.#view.functionHandle(handle)
    this.#popAll(this.#view.signature(parameters).map(token => this.#view.instantiate(token, typeArguments)))
    for (const token of this.#view.signature(returns))
      this.#push(this.#view.instantiate(token, typeArguments))
  }

  #pack(target: Target): void {
    this.#popAll(this.#fieldTypes(target))
    this.#push(this.#typeOf(target))
  }

  #unpack(target: Target): void {
    this.#popExactly(this.#typeOf(target))
    for (const type of this.#fieldTypes(target)) this.#push(type)
  }

  #unpackReference(kind: 'reference' | 'mutableReference', target: Target): void {
    this.#popExactly({ kind, to: this.#typeOf(target) })
    for (const to of this.#fieldTypes(target)) this.#push({ kind, to })
  }

  #borrowField(kind: 'reference' | 'mutableReference', index: number, signature: number | null): void {
    const { struct, field } = this.#view.at(this.#view.module.fieldHandles, index)
    const target = this.#struct(struct, signature)
    const owner = this.#popReference(kind === 'reference' ? 'any' : kind)
    const wanted = this.#typeOf(target)
    if (!equalTokens(owner, wanted)) this.#mismatch(describeToken(this.#view.module, wanted), owner)
    const { type } = this.#view.at(target.fields, field)
    this.#push({ kind, to: this.#view.instantiate(type, target.typeArguments) })
  }

  #popVector(kind: 'any' | 'mutableReference', element: SignatureToken): void {
    const found = this.#popReference(kind)
    const wanted: SignatureToken = { kind: 'vector', element }
    if (!equalTokens(found, wanted)) this.#mismatch(describeToken(this.#view.module, wanted), found)
  }

  #vectorInstruction({ op, index, value }: Instruction): void {
    const element = this.#element(index)
    switch (op) {
      case 'VecPack':
        for (let i = 0n; i < value; i++) this.#popExactly(element)
        return this.#push({ kind: 'vector', element })
      case 'VecUnpack':
        this.#popExactly({ kind: 'vector', element })
        for (let i = 0n; i < value; i++) this.#push(element)
        return
      case 'VecLen':
        this.#popVector('any', element)
        return this.#push(U64)
      case 'VecImmBorrow':
        this.#popExactly(U64)
        this.#popVector('any', element)
        return this.#push({ kind: 'reference', to: element })
      case 'VecMutBorrow':
        this.#popExactly(U64)
        this.#popVector('mutableReference', element)
        return this.#push({ kind: 'mutableReference', to: element })
      case 'VecPushBack':
        this.#popExactly(element)
        return this.#popVector('mutableReference', element)
      case 'VecPopBack':
        this.#popVector('mutableReference', element)
        return this.#push(element)
      default:
        this.#popExactly(U64)
        this.#popExactly(U64)
        return this.#popVector('mutableReference', element)
    }
  }

  #operator(op: Instruction['op']): void {
    switch (op) {
      case 'CastU8':
      case 'CastU16':
      case 'CastU32':
      case 'CastU64':
      case 'CastU128':
      case 'CastU256':
        this.#popInteger()
        return this.#push({ kind: CASTS[op] })
      case 'Add':
      case 'Sub':
      case 'Mul':
      case 'Mod':
      case 'Div':
      case 'BitOr':
      case 'BitAnd':
      case 'Xor': {
        const right = this.#popInteger()
        this.#popExactly(right)
        return this.#push(right)
      }
      case 'Shl':
      case 'Shr':
        this.#popExactly(U8)
        return this.#push(this.#popInteger())
      case 'Lt':
      case 'Gt':
      case 'Le':
      case 'Ge':
        this.#popExactly(this.#popInteger())
        return this.#push(BOOL)
      case 'Eq':
      case 'Neq': {
        const right = this.#pop()
        this.#needAbility(right, 'drop')
        this.#popExactly(right)
        return this.#push(BOOL)
      }
      case 'Or':
      case 'And':
        this.#popExactly(BOOL)
        this.#popExactly(BOOL)
        return this.#push(BOOL)
      case 'Not':
        this.#popExactly(BOOL)
        return this.#push(BOOL)
      default:
        // Every op code has a case; a new one that lacks it is refused rather than let through.
        return this.#fail('definition', `${op} is not supported`)
    }
  }
}
