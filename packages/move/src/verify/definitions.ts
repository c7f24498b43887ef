/**
 * What a module declares is well formed: names, fields, abilities, constants, and types where they stand.
 * @module
 */
import { DecodeError } from '@squid/formats/errors'
import {
  type AbilitySet,
  ALL_ABILITIES,
  abilityNames,
  type CompiledModule,
  type FieldDefinition,
  hasAbilities,
  requiredOfFields,
  type SignatureToken,
} from '../binary/index.ts'
import { checkConstantData } from './constant-data.ts'
import { VerificationError, type VerificationRule } from './errors.ts'
import { countNodes, describeToken, isReferenceToken, type ModuleView } from './module-view.ts'

/** Sui's limits for what a module declares. */
const MAX = {
  datatypes: 200,
  functions: 1000,
  fields: 32,
  variants: 127,
  functionParameters: 128,
  typeArguments: 32,
  typeNodes: 256,
} as const

export class DefinitionChecker {
  readonly #view: ModuleView
  readonly #module: CompiledModule

  constructor(view: ModuleView) {
    this.#view = view
    this.#module = view.module
  }

  check(): void {
    this.#names()
    this.#limits()
    this.#functionHandles()
    this.#datatypes()
    this.#recursion()
    this.#constants()
    this.#functions()
  }

  #fail(rule: VerificationRule, message: string, functionIndex?: number): never {
    const { place } = this.#view
    throw new VerificationError(
      rule,
      message,
      functionIndex === undefined ? place : { ...place, functionIndex },
    )
  }

  #unique(keys: readonly string[], what: string): void {
    const seen = new Set<string>()
    for (const key of keys) {
      if (seen.has(key)) this.#fail('duplicate', `${what} ${key} appears twice`)
      seen.add(key)
    }
  }

  #names(): void {
    const m = this.#module
    const named = (handle: { module: number; name: number }): string => `${handle.module}::${handle.name}`
    this.#unique(m.identifiers, 'identifier')
    this.#unique(m.addresses, 'address')
    this.#unique(
      m.moduleHandles.map(handle => `${handle.address}::${handle.name}`),
      'module handle',
    )
    this.#unique(m.datatypeHandles.map(named), 'datatype handle')
    this.#unique(m.functionHandles.map(named), 'function handle')
    this.#unique(
      [...m.structs, ...m.enums].map(({ handle }) => `${handle}`),
      'datatype definition',
    )
    this.#unique(
      m.functions.map(({ handle }) => `${handle}`),
      'function definition',
    )
    for (const { handle } of [...m.structs, ...m.enums])
      if (this.#view.datatypeHandle(handle).module !== m.selfModule)
        this.#fail('definition', 'a datatype of another module is defined here')
    for (const { handle } of m.functions)
      if (this.#view.functionHandle(handle).module !== m.selfModule)
        this.#fail('definition', 'a function of another module is defined here')
  }

  #limits(): void {
    const m = this.#module
    const tooMany = (count: number, max: number, what: string): void => {
      if (count > max) this.#fail('limit', `${count} ${what}, more than ${max}`)
    }
    tooMany(m.structs.length + m.enums.length, MAX.datatypes, 'datatypes')
    tooMany(m.functions.length, MAX.functions, 'functions')
    for (const signature of m.signatures)
      for (const token of signature) tooMany(countNodes(token), MAX.typeNodes, 'parts in a type')
    const instantiations = [m.functionInstantiations, m.structInstantiations, m.enumInstantiations]
    for (const { typeArguments } of [...instantiations.flat(), ...m.fieldInstantiations])
      tooMany(this.#view.signature(typeArguments).length, MAX.typeArguments, 'type arguments')
    for (const { parameters } of m.functionHandles)
      tooMany(this.#view.signature(parameters).length, MAX.functionParameters, 'parameters')
  }

  // --- types where they stand

  /** Checks a type that may be a reference only when `allowReference`. */
  checkType(
    token: SignatureToken,
    typeParameters: readonly AbilitySet[],
    allowReference: boolean,
    functionIndex?: number,
  ): void {
    switch (token.kind) {
      case 'reference':
      case 'mutableReference':
        if (!allowReference) this.#fail('signature', 'a reference may not stand here', functionIndex)
        return this.checkType(token.to, typeParameters, false, functionIndex)
      case 'vector':
        return this.checkType(token.element, typeParameters, false, functionIndex)
      case 'datatype': {
        for (const argument of token.typeArguments)
          this.checkType(argument, typeParameters, false, functionIndex)
        const constraints = this.#view
          .datatypeHandle(token.handle)
          .typeParameters.map(parameter => parameter.constraints)
        return this.#checkConstraints(token.typeArguments, constraints, typeParameters, functionIndex)
      }
      default:
        return
    }
  }

  #checkConstraints(
    typeArguments: readonly SignatureToken[],
    constraints: readonly AbilitySet[],
    typeParameters: readonly AbilitySet[],
    functionIndex?: number,
  ): void {
    if (typeArguments.length !== constraints.length)
      this.#fail(
        'signature',
        `${constraints.length} type arguments are needed, not ${typeArguments.length}`,
        functionIndex,
      )
    for (const [i, argument] of typeArguments.entries()) {
      const needed = constraints[i] ?? 0
      const has = this.#view.abilities(argument, typeParameters)
      if (hasAbilities(has, needed)) continue
      const missing = abilityNames(needed & ~has).join(', ')
      this.#fail('ability', `${describeToken(this.#module, argument)} lacks ${missing}`, functionIndex)
    }
  }

  /** Checks the type arguments with which an instruction instantiates something. */
  checkTypeArguments(
    typeArguments: readonly SignatureToken[],
    constraints: readonly AbilitySet[],
    typeParameters: readonly AbilitySet[],
    functionIndex: number,
  ): void {
    for (const argument of typeArguments) this.checkType(argument, typeParameters, false, functionIndex)
    this.#checkConstraints(typeArguments, constraints, typeParameters, functionIndex)
  }

  #functionHandles(): void {
    for (const handle of this.#module.functionHandles)
      for (const token of [
        ...this.#view.signature(handle.parameters),
        ...this.#view.signature(handle.returns),
      ])
        this.checkType(token, handle.typeParameters, true)
  }

  #functions(): void {
    for (const [functionIndex, { handle, code }] of this.#module.functions.entries()) {
      if (code === null) continue
      const { typeParameters } = this.#view.functionHandle(handle)
      for (const token of this.#view.signature(code.locals))
        this.checkType(token, typeParameters, true, functionIndex)
    }
  }

  // --- datatypes

  #datatypes(): void {
    for (const { handle, fields } of this.#module.structs) {
      if (fields === null) return this.#fail('definition', 'native structs are not supported')
      if (fields.length === 0) this.#fail('definition', 'a struct has no field')
      this.#fields(handle, fields)
    }
    for (const { handle, variants } of this.#module.enums) {
      if (variants.length === 0) this.#fail('definition', 'an enum has no variant')
      if (variants.length > MAX.variants) this.#fail('limit', `more than ${MAX.variants} variants`)
      this.#unique(
        variants.map(({ name }) => this.#view.identifier(name)),
        'variant',
      )
      for (const { fields } of variants) this.#fields(handle, fields)
    }
  }

  #fields(handle: number, fields: readonly FieldDefinition[]): void {
    const { abilities, typeParameters } = this.#view.datatypeHandle(handle)
    if (fields.length > MAX.fields) this.#fail('limit', `more than ${MAX.fields} fields`)
    this.#unique(
      fields.map(({ name }) => this.#view.identifier(name)),
      'field',
    )
    const constraints = typeParameters.map(parameter => parameter.constraints)
    // An instance loses what its arguments cannot support, so here they may have everything.
    const everything = typeParameters.map(() => ALL_ABILITIES)
    for (const { name, type } of fields) {
      this.checkType(type, constraints, false)
      this.#phantoms(type, typeParameters)
      const missing = requiredOfFields(abilities) & ~this.#view.abilities(type, everything)
      if (missing !== 0)
        this.#fail(
          'ability',
          `field ${this.#view.identifier(name)} lacks ${abilityNames(missing).join(', ')}`,
        )
    }
  }

  /** A phantom type parameter may stand only where a phantom is declared. */
  #phantoms(token: SignatureToken, own: readonly { readonly isPhantom: boolean }[]): void {
    switch (token.kind) {
      case 'typeParameter':
        if (own[token.index]?.isPhantom === true)
          this.#fail('definition', `phantom type parameter ${token.index} is used in a field`)
        return
      case 'vector':
        return this.#phantoms(token.element, own)
      case 'datatype': {
        const { typeParameters } = this.#view.datatypeHandle(token.handle)
        for (const [i, argument] of token.typeArguments.entries())
          if (!(argument.kind === 'typeParameter' && typeParameters[i]?.isPhantom === true))
            this.#phantoms(argument, own)
        return
      }
      default:
        return
    }
  }

  /** No datatype of this module reaches itself through fields, type arguments included. */
  #recursion(): void {
    const fieldsOf = new Map<number, readonly FieldDefinition[]>()
    for (const { handle, fields } of this.#module.structs) fieldsOf.set(handle, fields ?? [])
    for (const { handle, variants } of this.#module.enums)
      fieldsOf.set(
        handle,
        variants.flatMap(({ fields }) => fields),
      )
    const done = new Set<number>()
    const visit = (handle: number, path: ReadonlySet<number>): void => {
      if (done.has(handle)) return
      if (path.has(handle)) this.#fail('recursion', 'a datatype contains itself')
      const longer = new Set(path).add(handle)
      for (const { type } of fieldsOf.get(handle) ?? [])
        for (const inner of datatypesIn(type)) if (fieldsOf.has(inner)) visit(inner, longer)
      done.add(handle)
    }
    for (const handle of fieldsOf.keys()) visit(handle, new Set())
  }

  // --- constants

  #constants(): void {
    for (const [index, { type, data }] of this.#module.constants.entries()) {
      try {
        checkConstantData(type, data)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        this.#fail('definition', `constant ${index}: ${error.message}`)
      }
    }
  }
}

/** The handles of all datatypes that a type mentions. */
function datatypesIn(token: SignatureToken): number[] {
  if (token.kind === 'vector') return datatypesIn(token.element)
  if (isReferenceToken(token)) return datatypesIn(token.to)
  return token.kind === 'datatype' ? [token.handle, ...token.typeArguments.flatMap(datatypesIn)] : []
}
