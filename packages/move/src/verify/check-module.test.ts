import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import {
  ABILITY,
  type CompiledModule,
  deserializeModule,
  DeserializationError,
  type Instruction,
  type SignatureToken,
} from '../binary/index.ts'
import {
  arithmeticModule,
  assembleModule,
  datatypeModule,
  encodeModule,
  type FunctionDescription,
  instruction as i,
  type ModuleDescription,
} from '../testing/index.ts'
import { Vm } from '../vm/index.ts'
import {
  type CheckedModule,
  checkModule,
  checkPackage,
  VerificationError,
  type VerificationRule,
} from './index.ts'

const none = (): undefined => undefined
const U8: SignatureToken = { kind: 'u8' }
const U64: SignatureToken = { kind: 'u64' }
const BOOL: SignatureToken = { kind: 'bool' }
const T: SignatureToken = { kind: 'typeParameter', index: 0 }
const struct = (handle = 0, ...typeArguments: SignatureToken[]): SignatureToken => ({
  kind: 'datatype',
  handle,
  typeArguments,
})
const reference = (to: SignatureToken): SignatureToken => ({ kind: 'reference', to })
const mutable = (to: SignatureToken): SignatureToken => ({ kind: 'mutableReference', to })
const vector = (element: SignatureToken): SignatureToken => ({ kind: 'vector', element })

/** Asserts that the check fails with this rule. */
function assertBroken(module: CompiledModule, rule: VerificationRule, message: RegExp): void {
  assert.throws(
    () => checkModule(module, none),
    (error: unknown) => {
      assert.ok(error instanceof VerificationError, String(error))
      assert.equal(error.rule, rule, error.message)
      assert.match(error.message, message)
      return true
    },
  )
}

/** A module with one function. */
function body(
  code: readonly Instruction[],
  more: Partial<FunctionDescription> & ModuleDescription = {},
): CompiledModule {
  return assembleModule({ ...more, functions: [{ ...more, name: 'f', code }] })
}

const HOT = { name: 'Hot', fields: [U64] }
const SHAPES = { name: 'Shape', abilities: ABILITY.copy | ABILITY.drop, variants: [[], [U64]] }

suite('checkModule', () => {
  test('takes correct modules, and what it gives is another object, frozen', () => {
    for (const module of [arithmeticModule(), datatypeModule()]) {
      const checked = checkModule(module, none)
      assert.notEqual(checked, module)
      assert.deepEqual(checked, module)
      assert.throws(() => Object.assign(checked.functions, [1]), TypeError)
    }
  })

  test('says where', () => {
    assert.throws(
      () => checkModule(body([i('Nop'), i('Pop'), i('Ret')]), none),
      (error: unknown) => {
        assert.ok(error instanceof VerificationError)
        assert.deepEqual(error.place, {
          module: `0x${'42'.padStart(64, '0')}::m`,
          functionIndex: 0,
          instruction: 1,
        })
        return true
      },
    )
  })

  type Case = readonly [name: string, module: CompiledModule, rule: VerificationRule, message: RegExp]
  const change = (changes: Partial<CompiledModule>): CompiledModule => ({ ...datatypeModule(), ...changes })
  const cases: readonly Case[] = [
    // indices
    ['an own handle out of range', change({ selfModule: 9 }), 'index', /own module handle 9/],
    ['an address out of range', change({ moduleHandles: [{ address: 3, name: 0 }] }), 'index', /address 3/],
    ['a name out of range', change({ moduleHandles: [{ address: 0, name: 99 }] }), 'index', /identifier 99/],
    ['another name than it says', change({ name: 'other' }), 'definition', /own module handle names another/],
    [
      'a field handle without struct',
      change({ fieldHandles: [{ struct: 4, field: 0 }] }),
      'index',
      /struct 4/,
    ],
    ['a field handle without field', change({ fieldHandles: [{ struct: 0, field: 2 }] }), 'index', /field 2/],
    [
      'a variant that is not there',
      change({ variantHandles: [{ enum: 0, variant: 2 }] }),
      'index',
      /variant 2/,
    ],
    [
      'a local out of range',
      body([i('CopyLoc', 1), i('Pop'), i('Ret')], { parameters: [U64] }),
      'index',
      /local 1/,
    ],
    ['a jump out of range', body([i('Branch', 7)]), 'index', /offset 7/],
    ['a jump table out of range', body([i('VariantSwitch', 0)]), 'index', /jumpTable 0/],
    ['a constant out of range', body([i('LdConst', 0), i('Pop'), i('Ret')]), 'index', /constant 0/],
    ['a callee out of range', body([i('Call', 3), i('Ret')]), 'index', /function 3/],
    [
      'a type parameter that nobody declares',
      body([i('Ret')], { parameters: [T] }),
      'index',
      /type parameter 0/,
    ],
    [
      'a datatype that is not there',
      body([i('Ret')], { parameters: [struct(5)] }),
      'index',
      /datatype handle 5/,
    ],
    [
      '256 locals',
      body([i('Ret')], { parameters: [U64], locals: Array.from({ length: 255 }, () => U64) }),
      'limit',
      /255 locals/,
    ],
    // definitions
    [
      'two functions of one name',
      assembleModule({
        functions: [
          { name: 'f', code: [i('Ret')] },
          { name: 'f', code: [i('Ret')] },
        ],
      }),
      'duplicate',
      /function handle/,
    ],
    ['two datatypes of one name', assembleModule({ structs: [HOT, HOT] }), 'duplicate', /datatype handle/],
    [
      'an identifier twice',
      change({ identifiers: [...datatypeModule().identifiers, 'm'] }),
      'duplicate',
      /identifier m/,
    ],
    [
      'a struct without fields',
      assembleModule({ structs: [{ name: 'S', fields: [] }] }),
      'definition',
      /no field/,
    ],
    [
      'a native struct',
      { ...assembleModule({ structs: [HOT] }), structs: [{ handle: 0, fields: null }] },
      'definition',
      /native structs/,
    ],
    [
      'an enum without variants',
      assembleModule({ enums: [{ name: 'E', variants: [] }] }),
      'definition',
      /no variant/,
    ],
    [
      '33 fields',
      assembleModule({ structs: [{ name: 'S', fields: Array.from({ length: 33 }, () => U8) }] }),
      'limit',
      /more than 32 fields/,
    ],
    [
      'a reference in a field',
      assembleModule({ structs: [{ name: 'S', fields: [reference(U64)] }] }),
      'signature',
      /reference may not/,
    ],
    [
      'a reference to a reference',
      body([i('Ret')], { locals: [reference(reference(U64))] }),
      'signature',
      /reference may not/,
    ],
    [
      'a vector of references',
      body([i('Ret')], { locals: [vector(mutable(U64))] }),
      'signature',
      /reference may not/,
    ],
    [
      'a datatype with too many arguments',
      body([i('Ret')], { structs: [HOT], locals: [struct(0, U64)] }),
      'signature',
      /takes 0 type arguments/,
    ],
    [
      'a field without store in a struct with store',
      assembleModule({ structs: [HOT, { name: 'S', abilities: ABILITY.store, fields: [struct()] }] }),
      'ability',
      /lacks store/,
    ],
    [
      'a field without store in a struct with key',
      assembleModule({ structs: [HOT, { name: 'S', abilities: ABILITY.key, fields: [struct()] }] }),
      'ability',
      /lacks store/,
    ],
    [
      'an argument that lacks what is asked',
      body([i('Ret')], {
        structs: [
          HOT,
          { name: 'G', typeParameters: [{ constraints: ABILITY.copy, isPhantom: false }], fields: [T] },
        ],
        locals: [struct(1, struct())],
      }),
      'ability',
      /Hot lacks copy/,
    ],
    [
      'a phantom parameter in a field',
      assembleModule({
        structs: [{ name: 'S', typeParameters: [{ constraints: 0, isPhantom: true }], fields: [T] }],
      }),
      'definition',
      /phantom type parameter 0/,
    ],
    [
      'a struct in itself',
      assembleModule({ structs: [{ name: 'S', fields: [vector(struct())] }] }),
      'recursion',
      /contains itself/,
    ],
    [
      'structs in each other',
      assembleModule({
        structs: [
          { name: 'A', fields: [struct(1)] },
          { name: 'B', fields: [struct(0)] },
        ],
      }),
      'recursion',
      /contains itself/,
    ],
    [
      'a struct in itself as a type argument',
      assembleModule({
        structs: [
          { name: 'A', fields: [struct(1, struct(0))] },
          { name: 'B', typeParameters: [{ constraints: 0, isPhantom: true }], fields: [U8] },
        ],
      }),
      'recursion',
      /contains itself/,
    ],
    [
      'a constant with too few bytes',
      assembleModule({ constants: [{ type: U64, data: Uint8Array.of(1) }] }),
      'definition',
      /constant 0: unexpected end/,
    ],
    [
      'a constant with too many bytes',
      assembleModule({ constants: [{ type: U8, data: Uint8Array.of(1, 2) }] }),
      'definition',
      /bytes after the value/,
    ],
    [
      'a constant that is no bool',
      assembleModule({ constants: [{ type: BOOL, data: Uint8Array.of(2) }] }),
      'definition',
      /bool is 0 or 1/,
    ],
    [
      'a constant of a struct',
      assembleModule({ structs: [HOT], constants: [{ type: struct(), data: new Uint8Array(8) }] }),
      'definition',
      /cannot be of this type/,
    ],
    [
      'a constant signer',
      assembleModule({ constants: [{ type: { kind: 'signer' }, data: new Uint8Array(32) }] }),
      'definition',
      /cannot be of this type/,
    ],
    // control flow
    ['a body without instructions', body([]), 'controlFlow', /without instructions/],
    ['a body that runs off its end', body([i('Nop')]), 'controlFlow', /runs off its end/],
    ['a conditional jump at the end', body([i('LdTrue'), i('BrTrue', 0)]), 'controlFlow', /runs off its end/],
    [
      '1025 blocks',
      body([...Array.from({ length: 1025 }, (_, n) => i('Branch', n + 1)), i('Ret')]),
      'limit',
      /1024 blocks/,
    ],
    // stack
    ['a pop of nothing', body([i('Pop'), i('Ret')]), 'stack', /operand is missing/],
    ['operands left behind', body([i('LdTrue'), i('Ret')]), 'stack', /operands are left/],
    [
      'operands left at a branch',
      body([i('LdTrue'), i('Branch', 2), i('Pop'), i('Ret')]),
      'stack',
      /operands are left/,
    ],
    [
      'operands of the block before',
      body([i('LdTrue'), i('LdTrue'), i('BrTrue', 3), i('Pop'), i('Ret')]),
      'stack',
      /operands are left/,
    ],
    ['a return without result', body([i('Ret')], { returns: [U64] }), 'stack', /operand is missing/],
    [
      '1025 operands',
      body([...Array.from({ length: 1025 }, () => i('LdTrue')), i('Ret')]),
      'limit',
      /1024 operands/,
    ],
    [
      'a vector of more elements than there are',
      body([i('VecPack', 0, 1n << 63n), i('Pop'), i('Ret')], { signatures: [[U64]] }),
      'stack',
      /operand is missing/,
    ],
    // types
    [
      'a result of another type',
      body([i('LdTrue'), i('Ret')], { returns: [U64] }),
      'type',
      /u64 is needed, not bool/,
    ],
    [
      'a sum of different widths',
      body([i('LdU8', 0, 1n), i('LdU64', 0, 1n), i('Add'), i('Pop'), i('Ret')]),
      'type',
      /u64 is needed, not u8/,
    ],
    [
      'a sum of booleans',
      body([i('LdTrue'), i('LdTrue'), i('Add'), i('Pop'), i('Ret')]),
      'type',
      /an integer is needed, not bool/,
    ],
    [
      'a shift by a u64',
      body([i('LdU64', 0, 1n), i('LdU64', 0, 1n), i('Shl'), i('Pop'), i('Ret')]),
      'type',
      /u8 is needed, not u64/,
    ],
    [
      'a jump on an integer',
      body([i('LdU8', 0, 1n), i('BrTrue', 0), i('Ret')]),
      'type',
      /bool is needed, not u8/,
    ],
    ['an abort with a bool', body([i('LdTrue'), i('Abort')]), 'type', /u64 is needed, not bool/],
    [
      'a cast of a bool',
      body([i('LdTrue'), i('CastU8'), i('Pop'), i('Ret')]),
      'type',
      /an integer is needed/,
    ],
    [
      'a comparison of different types',
      body([i('LdTrue'), i('LdU8', 0, 1n), i('Eq'), i('Pop'), i('Ret')]),
      'type',
      /u8 is needed, not bool/,
    ],
    ['a not of an integer', body([i('LdU8', 0, 1n), i('Not'), i('Pop'), i('Ret')]), 'type', /bool is needed/],
    [
      'a local of another type',
      body([i('LdTrue'), i('StLoc', 0), i('Ret')], { locals: [U64] }),
      'type',
      /u64 is needed, not bool/,
    ],
    [
      'an argument of another type',
      body([i('LdTrue'), i('Call', 0), i('Ret')], { parameters: [U64] }),
      'type',
      /u64 is needed, not bool/,
    ],
    [
      'a field of another type',
      body([i('LdTrue'), i('Pack', 0), i('Ret')], { structs: [HOT], returns: [struct()] }),
      'type',
      /u64 is needed, not bool/,
    ],
    [
      'an unpacked integer',
      body([i('LdU64', 0, 1n), i('Unpack', 0), i('Pop'), i('Ret')], { structs: [HOT] }),
      'type',
      /Hot is needed, not u64/,
    ],
    [
      'a read of a value',
      body([i('LdTrue'), i('ReadRef'), i('Pop'), i('Ret')]),
      'type',
      /a reference is needed/,
    ],
    [
      'a write through an immutable reference',
      body([i('LdU64', 0, 1n), i('ImmBorrowLoc', 0), i('WriteRef'), i('Ret')], { parameters: [U64] }),
      'type',
      /mutableReference is needed/,
    ],
    [
      'a write of another type',
      body([i('LdTrue'), i('MutBorrowLoc', 0), i('WriteRef'), i('Ret')], { parameters: [U64] }),
      'type',
      /u64 is needed, not bool/,
    ],
    [
      'a frozen immutable reference',
      body([i('ImmBorrowLoc', 0), i('FreezeRef'), i('Pop'), i('Ret')], { parameters: [U64] }),
      'type',
      /mutableReference is needed/,
    ],
    [
      'a borrowed reference',
      body([i('ImmBorrowLoc', 0), i('Pop'), i('Ret')], { parameters: [reference(U64)] }),
      'type',
      /no reference is needed/,
    ],
    [
      'a mutable field of an immutable struct',
      body([i('ImmBorrowLoc', 0), i('MutBorrowField', 0), i('Pop'), i('Ret')], {
        structs: [{ ...HOT, abilities: ABILITY.drop }],
        fieldHandles: [{ struct: 0, field: 0 }],
        parameters: [struct()],
      }),
      'type',
      /mutableReference is needed/,
    ],
    [
      'a push through an immutable reference',
      body([i('ImmBorrowLoc', 0), i('LdU64', 0, 1n), i('VecPushBack', 0), i('Ret')], {
        signatures: [[U64]],
        parameters: [vector(U64)],
      }),
      'type',
      /mutableReference is needed/,
    ],
    [
      'a vector index that is no u64',
      body([i('ImmBorrowLoc', 0), i('LdU8', 0, 1n), i('VecImmBorrow', 0), i('Pop'), i('Ret')], {
        signatures: [[U64]],
        parameters: [vector(U64)],
      }),
      'type',
      /u64 is needed, not u8/,
    ],
    [
      'a vector of another element',
      body([i('ImmBorrowLoc', 0), i('VecLen', 0), i('Pop'), i('Ret')], {
        signatures: [[U64]],
        parameters: [vector(U8)],
      }),
      'type',
      /vector<u64> is needed, not vector<u8>/,
    ],
    [
      'a vector instruction with two elements',
      body([i('VecPack', 0, 0n), i('Pop'), i('Ret')], { signatures: [[U64, U64]] }),
      'signature',
      /one element type/,
    ],
    [
      'a switch over an integer',
      body([i('ImmBorrowLoc', 0), i('VariantSwitch', 0), i('Ret')], {
        enums: [SHAPES],
        parameters: [U64],
        jumpTables: [{ enum: 0, offsets: [2, 2] }],
      }),
      'type',
      /enum of the jump table/,
    ],
    [
      'a switch that forgets a variant',
      body([i('ImmBorrowLoc', 0), i('VariantSwitch', 0), i('Ret')], {
        enums: [SHAPES],
        parameters: [struct()],
        jumpTables: [{ enum: 0, offsets: [2] }],
      }),
      'controlFlow',
      /1 branches for 2 variants/,
    ],
    [
      'a plain call of a generic function',
      body([i('MoveLoc', 0), i('Call', 0), i('Ret')], { typeParameters: [ABILITY.drop], parameters: [T] }),
      'signature',
      /generic and plain/,
    ],
    [
      'a generic call of a plain function',
      body([i('CallGeneric', 0), i('Ret')], {
        signatures: [[U64]],
        functionInstantiations: [{ target: 0, typeArguments: 0 }],
      }),
      'signature',
      /generic and plain/,
    ],
    [
      'a generic call with too few type arguments',
      body([i('MoveLoc', 0), i('CallGeneric', 0), i('Ret')], {
        signatures: [[]],
        typeParameters: [ABILITY.drop],
        parameters: [T],
        functionInstantiations: [{ target: 0, typeArguments: 0 }],
      }),
      'signature',
      /1 type arguments are needed/,
    ],
    // abilities
    [
      'a pop without drop',
      body([i('MoveLoc', 0), i('Pop'), i('Ret')], { structs: [HOT], parameters: [struct()] }),
      'ability',
      /Hot lacks drop/,
    ],
    [
      'a copy without copy',
      body([i('CopyLoc', 0), i('Ret')], { structs: [HOT], parameters: [struct()], returns: [struct()] }),
      'ability',
      /Hot lacks copy/,
    ],
    [
      'a read without copy',
      body([i('MoveLoc', 0), i('ReadRef'), i('Ret')], {
        structs: [HOT],
        parameters: [reference(struct())],
        returns: [struct()],
      }),
      'ability',
      /Hot lacks copy/,
    ],
    [
      'a write without drop',
      body([i('MoveLoc', 1), i('MoveLoc', 0), i('WriteRef'), i('Ret')], {
        structs: [HOT],
        parameters: [mutable(struct()), struct()],
      }),
      'ability',
      /Hot lacks drop/,
    ],
    [
      'a comparison without drop',
      body([i('MoveLoc', 0), i('MoveLoc', 1), i('Eq'), i('Pop'), i('Ret')], {
        structs: [HOT],
        parameters: [struct(), struct()],
      }),
      'ability',
      /Hot lacks drop/,
    ],
    [
      'a copy of a type parameter without copy',
      body([i('CopyLoc', 0), i('Pop'), i('Ret')], { typeParameters: [ABILITY.drop], parameters: [T] }),
      'ability',
      /T0 lacks copy/,
    ],
    [
      'a call with an argument without the needed ability',
      body([i('MoveLoc', 0), i('CallGeneric', 0), i('Ret')], {
        structs: [HOT],
        signatures: [[struct()]],
        typeParameters: [ABILITY.drop],
        parameters: [T],
        functionInstantiations: [{ target: 0, typeArguments: 0 }],
      }),
      'ability',
      /Hot lacks drop/,
    ],
    // locals
    [
      'a local before it has a value',
      body([i('CopyLoc', 0), i('Pop'), i('Ret')], { locals: [U64] }),
      'local',
      /may hold no value/,
    ],
    [
      'a local moved twice',
      body([i('MoveLoc', 0), i('Pop'), i('MoveLoc', 0), i('Pop'), i('Ret')], { parameters: [U64] }),
      'local',
      /may hold no value/,
    ],
    [
      'a borrow of a moved local',
      body([i('MoveLoc', 0), i('Pop'), i('ImmBorrowLoc', 0), i('Pop'), i('Ret')], { parameters: [U64] }),
      'local',
      /may hold no value/,
    ],
    [
      'a local that one path sets',
      body(
        [i('LdTrue'), i('BrTrue', 4), i('LdU64', 0, 1n), i('StLoc', 0), i('CopyLoc', 0), i('Pop'), i('Ret')],
        { locals: [U64] },
      ),
      'local',
      /may hold no value/,
    ],
    [
      'a local moved in a loop',
      body([i('MoveLoc', 0), i('Pop'), i('LdTrue'), i('BrTrue', 0), i('Ret')], { parameters: [U64] }),
      'local',
      /may hold no value/,
    ],
    [
      'a value left behind',
      body([i('Ret')], { structs: [HOT], parameters: [struct()] }),
      'local',
      /would be lost/,
    ],
    [
      'a value overwritten',
      body([i('MoveLoc', 1), i('StLoc', 0), i('MoveLoc', 0), i('Ret')], {
        structs: [HOT],
        parameters: [struct(), struct()],
        returns: [struct()],
      }),
      'local',
      /would be lost/,
    ],
  ]
  for (const [name, module, rule, message] of cases)
    test(`refuses ${name}`, () => assertBroken(module, rule, message))

  test('a damaged module is taken or refused, never anything else', () => {
    const encoded = [arithmeticModule(), datatypeModule()].map(encodeModule)
    const damage = fc.record({
      changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }),
      sample: fc.nat(1),
    })
    fc.assert(
      fc.property(damage, ({ changes, sample }) => {
        const bytes = Uint8Array.from(encoded[sample] as Uint8Array)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        try {
          checkModule(deserializeModule(bytes), none)
        } catch (error) {
          assert.ok(
            error instanceof VerificationError || error instanceof DeserializationError,
            String(error),
          )
        }
      }),
      { numRuns: 3000 },
    )
  })
})

/** A module `b` that declares a function and a struct of module `a`, and calls the function. */
function user(of: CompiledModule, changes: Partial<CompiledModule> = {}): CompiledModule {
  const own = assembleModule({
    name: 'b',
    functions: [{ name: 'g', code: [i('LdU64', 0, 1n), i('Call', 1), i('Ret')] }],
  })
  const identifiers = [...own.identifiers, 'a', 'f', 'S']
  const name = (text: string): number => identifiers.indexOf(text)
  const signatures = [...own.signatures, [U64]]
  return {
    ...own,
    identifiers,
    signatures,
    moduleHandles: [...own.moduleHandles, { address: 0, name: name(of.name) }],
    functionHandles: [
      ...own.functionHandles,
      { module: 1, name: name('f'), parameters: signatures.length - 1, returns: 0, typeParameters: [] },
    ],
    datatypeHandles: [{ module: 1, name: name('S'), abilities: 0, typeParameters: [] }],
    ...changes,
  }
}

suite('linkage', () => {
  const library = (changes: Partial<FunctionDescription> = {}, structAbilities = 0): CompiledModule =>
    assembleModule({
      name: 'a',
      structs: [{ name: 'S', abilities: structAbilities, fields: [U64] }],
      functions: [{ name: 'f', parameters: [U64], code: [i('Ret')], ...changes }],
    })
  const check = (a: CompiledModule, b: CompiledModule): CheckedModule[] => checkPackage([b, a], none)

  test('takes what fits, dependencies first', () => {
    const checked = check(library(), user(library()))
    assert.deepEqual(
      checked.map(module => module.name),
      ['a', 'b'],
    )
  })

  test('takes a definition with more abilities than declared', () => {
    check(library({}, ABILITY.drop), user(library()))
  })

  const withHandle = (change: object): CompiledModule => {
    const module = user(library())
    const [own, other] = module.functionHandles
    assert.ok(own && other)
    return { ...module, functionHandles: [own, { ...other, ...change }] }
  }
  const withDatatype = (change: object): CompiledModule => {
    const module = user(library())
    const [handle] = module.datatypeHandles
    assert.ok(handle)
    return { ...module, datatypeHandles: [{ ...handle, ...change }] }
  }
  const broken: readonly (readonly [string, CompiledModule, CompiledModule, RegExp])[] = [
    ['a private function', library({ visibility: 'private' }), user(library()), /::a::f may not be called/],
    [
      'a friend function for a stranger',
      library({ visibility: 'friend' }),
      user(library()),
      /may not be called/,
    ],
    ['a function that does not exist', library({ name: 'other' }), user(library()), /::a::f does not exist/],
    ['other parameters', library({ parameters: [U64, U64] }), user(library()), /other parameters/],
    [
      'other results',
      library({ returns: [U64], code: [i('MoveLoc', 0), i('Ret')] }),
      user(library()),
      /other results/,
    ],
    ['other type parameters', library({ typeParameters: [0] }), user(library()), /other type parameters/],
    [
      'a datatype with fewer abilities',
      library(),
      withDatatype({ abilities: ABILITY.copy }),
      /fewer abilities/,
    ],
    [
      'a datatype with type parameters',
      library(),
      withDatatype({ typeParameters: [{ constraints: 0, isPhantom: false }] }),
      /other type parameters/,
    ],
    ['a datatype that does not exist', library(), withDatatype({ name: 0 }), /does not exist/],
    [
      'a function handle of its own module without definition',
      library(),
      withHandle({ module: 0 }),
      /::b::f does not exist/,
    ],
  ]
  for (const [name, a, b, message] of broken)
    test(`refuses ${name}`, () => {
      assert.throws(
        () => check(a, b),
        (error: unknown) =>
          error instanceof VerificationError && error.rule === 'linkage' && message.test(error.message),
      )
    })

  test('takes a friend function for a friend', () => {
    const a = library({ visibility: 'friend' })
    const identifiers = [...a.identifiers, 'b']
    check({ ...a, identifiers, friends: [{ address: 0, name: identifiers.length - 1 }] }, user(library()))
  })

  test('refuses a missing module', () => {
    assertBroken(user(library()), 'linkage', /::a is missing/)
  })

  test('refuses modules that use each other in a circle', () => {
    const b = user(library())
    const a = user({ ...library(), name: 'b' })
    const renamed = {
      ...a,
      name: 'a',
      identifiers: a.identifiers.map(text => (text === 'b' ? 'a' : text === 'a' ? 'b' : text)),
      moduleHandles: [
        { address: 0, name: 0 },
        { address: 0, name: a.identifiers.indexOf('a') },
      ],
    }
    assert.throws(
      () => checkPackage([renamed, b], none),
      (error: unknown) => error instanceof VerificationError && error.rule === 'recursion',
    )
  })

  test('refuses a module twice', () => {
    assert.throws(
      () => checkPackage([library(), library()], none),
      (error: unknown) => error instanceof VerificationError && error.rule === 'duplicate',
    )
  })

  test('only checked modules can be depended on, and only those that were checked against can be loaded', () => {
    assert.throws(() => checkModule(user(library()), () => library() as CheckedModule), /was not checked/)
    const [a, b] = check(library(), user(library())) as [CheckedModule, CheckedModule]
    const vm = new Vm<null>({ natives: {}, context: null })
    assert.throws(() => vm.addModules([library() as CheckedModule]), /was not checked/)
    assert.throws(() => vm.addModules([b]), /not the one loaded/)
    vm.addModules([checkModule(library(), none)])
    assert.throws(() => vm.addModules([b]), /not the one loaded/)
    assert.throws(() => vm.addModules([a]), /already loaded/)
  })
})
