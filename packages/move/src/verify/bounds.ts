/**
 * Every index of every table points at something. Checked first: all later checks look up without asking.
 * @module
 */
import type {
  CodeUnit,
  CompiledModule,
  FieldDefinition,
  FunctionDefinition,
  OperandKind,
  SignatureToken,
} from '../binary/index.ts'
import { opcodeRow } from '../binary/index.ts'
import { VerificationError, type VerificationPlace } from './errors.ts'

class BoundsChecker {
  readonly #module: CompiledModule
  #place: VerificationPlace

  constructor(module: CompiledModule, place: VerificationPlace) {
    this.#module = module
    this.#place = place
  }

  check(): void {
    this.#handles()
    this.#instantiations()
    this.#definitions()
    for (const [functionIndex, definition] of this.#module.functions.entries()) {
      this.#place = { module: this.#place.module, functionIndex }
      this.#function(definition)
    }
  }

  #in(table: readonly unknown[], index: number, what: string): void {
    if (index < table.length) return
    throw new VerificationError('index', `${what} ${index} does not exist`, this.#place)
  }

  #token(token: SignatureToken, typeParameterCount: number | null): void {
    switch (token.kind) {
      case 'vector':
        return this.#token(token.element, typeParameterCount)
      case 'reference':
      case 'mutableReference':
        return this.#token(token.to, typeParameterCount)
      case 'typeParameter':
        // In the shared signature pool the user decides; each use is checked again with its own count.
        if (typeParameterCount !== null && token.index >= typeParameterCount)
          throw new VerificationError('index', `type parameter ${token.index} does not exist`, this.#place)
        return
      case 'datatype': {
        this.#in(this.#module.datatypeHandles, token.handle, 'datatype handle')
        const wanted = this.#module.datatypeHandles[token.handle]?.typeParameters.length ?? 0
        if (token.typeArguments.length !== wanted)
          throw new VerificationError(
            'signature',
            `datatype takes ${wanted} type arguments, not ${token.typeArguments.length}`,
            this.#place,
          )
        for (const argument of token.typeArguments) this.#token(argument, typeParameterCount)
        return
      }
      default:
        return
    }
  }

  /** A use of a signature where `typeParameterCount` type parameters are in scope. */
  #signature(index: number, typeParameterCount: number, what: string): void {
    this.#in(this.#module.signatures, index, what)
    for (const token of this.#module.signatures[index] ?? []) this.#token(token, typeParameterCount)
  }

  #handles(): void {
    const m = this.#module
    this.#in(m.moduleHandles, m.selfModule, 'own module handle')
    for (const handle of [...m.moduleHandles, ...m.friends]) {
      this.#in(m.addresses, handle.address, 'address')
      this.#in(m.identifiers, handle.name, 'identifier')
    }
    for (const handle of m.datatypeHandles) {
      this.#in(m.moduleHandles, handle.module, 'module handle')
      this.#in(m.identifiers, handle.name, 'identifier')
    }
    for (const signature of m.signatures) for (const token of signature) this.#token(token, null)
    for (const handle of m.functionHandles) {
      this.#in(m.moduleHandles, handle.module, 'module handle')
      this.#in(m.identifiers, handle.name, 'identifier')
      this.#signature(handle.parameters, handle.typeParameters.length, 'parameters')
      this.#signature(handle.returns, handle.typeParameters.length, 'results')
    }
    for (const constant of m.constants) this.#token(constant.type, 0)
  }

  #instantiations(): void {
    const m = this.#module
    const tables = [
      [m.functionInstantiations, m.functionHandles, 'function handle'],
      [m.structInstantiations, m.structs, 'struct'],
      [m.enumInstantiations, m.enums, 'enum'],
      [m.fieldInstantiations, m.fieldHandles, 'field handle'],
    ] as const
    for (const [instantiations, targets, what] of tables) {
      for (const { target, typeArguments } of instantiations) {
        this.#in(targets, target, what)
        this.#in(m.signatures, typeArguments, 'type arguments')
      }
    }
    for (const { struct, field } of m.fieldHandles) {
      this.#in(m.structs, struct, 'struct')
      this.#in(m.structs[struct]?.fields ?? [], field, 'field')
    }
    for (const { enum: index, variant } of m.variantHandles) this.#variant(index, variant)
    for (const { enum: index, variant } of m.variantInstantiations) {
      this.#in(m.enumInstantiations, index, 'enum instantiation')
      this.#variant(m.enumInstantiations[index]?.target ?? 0, variant)
    }
  }

  #variant(index: number, variant: number): void {
    this.#in(this.#module.enums, index, 'enum')
    this.#in(this.#module.enums[index]?.variants ?? [], variant, 'variant')
  }

  #definitions(): void {
    const m = this.#module
    for (const { handle, fields } of m.structs) {
      this.#in(m.datatypeHandles, handle, 'datatype handle')
      this.#fields(fields ?? [], handle)
    }
    for (const { handle, variants } of m.enums) {
      this.#in(m.datatypeHandles, handle, 'datatype handle')
      for (const { name, fields } of variants) {
        this.#in(m.identifiers, name, 'identifier')
        this.#fields(fields, handle)
      }
    }
  }

  #fields(fields: readonly FieldDefinition[], owner: number): void {
    const count = this.#module.datatypeHandles[owner]?.typeParameters.length ?? 0
    for (const { name, type } of fields) {
      this.#in(this.#module.identifiers, name, 'identifier')
      this.#token(type, count)
    }
  }

  #function({ handle, acquires, code }: FunctionDefinition): void {
    const m = this.#module
    this.#in(m.functionHandles, handle, 'function handle')
    for (const index of acquires) this.#in(m.structs, index, 'struct')
    if (code === null) return
    const { parameters = 0, typeParameters = [] } = m.functionHandles[handle] ?? {}
    this.#signature(code.locals, typeParameters.length, 'locals')
    const localCount = (m.signatures[parameters]?.length ?? 0) + (m.signatures[code.locals]?.length ?? 0)
    if (localCount > 255) throw new VerificationError('limit', 'more than 255 locals', this.#place)
    this.#code(code, localCount, typeParameters.length)
  }

  #code(code: CodeUnit, localCount: number, typeParameterCount: number): void {
    const m = this.#module
    for (const { enum: index, offsets } of code.jumpTables) {
      this.#in(m.enums, index, 'enum')
      for (const offset of offsets) this.#in(code.instructions, offset, 'jump target')
    }
    const tables: Partial<Record<OperandKind, readonly unknown[]>> = {
      offset: code.instructions,
      local: { length: localCount } as readonly unknown[],
      constant: m.constants,
      function: m.functionHandles,
      functionInstantiation: m.functionInstantiations,
      struct: m.structs,
      structInstantiation: m.structInstantiations,
      field: m.fieldHandles,
      fieldInstantiation: m.fieldInstantiations,
      variant: m.variantHandles,
      variantInstantiation: m.variantInstantiations,
      signature: m.signatures,
      signatureAndCount: m.signatures,
      jumpTable: code.jumpTables,
    }
    const { functionIndex = 0, module } = this.#place
    for (const [instruction, { op, index }] of code.instructions.entries()) {
      const { operand } = opcodeRow(op)
      const table = tables[operand]
      if (table === undefined) continue
      this.#place = { module, functionIndex, instruction }
      this.#in(table, index, operand)
      const typeArguments = this.#typeArguments(operand, index)
      if (typeArguments !== undefined) this.#signature(typeArguments, typeParameterCount, 'type arguments')
    }
  }

  /** The signature with which an instruction instantiates something. */
  #typeArguments(operand: OperandKind, index: number): number | undefined {
    const m = this.#module
    switch (operand) {
      case 'functionInstantiation':
        return m.functionInstantiations[index]?.typeArguments
      case 'structInstantiation':
        return m.structInstantiations[index]?.typeArguments
      case 'fieldInstantiation':
        return m.fieldInstantiations[index]?.typeArguments
      case 'variantInstantiation':
        return m.enumInstantiations[m.variantInstantiations[index]?.enum ?? 0]?.typeArguments
      case 'signature':
      case 'signatureAndCount':
        return index
      default:
        return undefined
    }
  }
}

/** @throws {VerificationError} when an index points at nothing */
export function checkBounds(module: CompiledModule, place: VerificationPlace): void {
  new BoundsChecker(module, place).check()
}
