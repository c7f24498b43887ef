import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import {
  ABILITY,
  type CompiledModule,
  DeserializationError,
  deserializeModule,
  type Opcode,
  type PrimitiveKind,
  type SignatureToken,
} from '../binary/index.ts'
import {
  arithmeticModule,
  assembleModule,
  datatypeModule,
  encodeModule,
  instruction as i,
} from '../testing/index.ts'
import { checkModule, VerificationError } from '../verify/index.ts'
import {
  type CallResult,
  type ExecutionFailure,
  NativeAbort,
  NativeFailure,
  type NativeTable,
  Ref,
  tuple,
  type Type,
  TypeResolutionError,
  type Value,
  Vm,
} from './index.ts'

const ADDRESS = `0x${'42'.padStart(64, '0')}`
const U64: SignatureToken = { kind: 'u64' }
const T: SignatureToken = { kind: 'typeParameter', index: 0 }

function load(module: CompiledModule, natives: NativeTable<null> = {}): Vm<null> {
  const vm = new Vm<null>({ natives, context: null })
  vm.addModules([checkModule(module, () => undefined)])
  return vm
}

function call(
  vm: Vm<null>,
  name: string,
  args: readonly Value[],
  typeArguments: readonly Type[] = [],
): CallResult {
  const fn = vm.function(ADDRESS, 'm', name)
  assert.ok(fn, name)
  if (vm.gas.remaining <= 0) vm.gas.remaining = 1_000_000
  return vm.call(fn, typeArguments, args)
}

function value(result: CallResult): Value {
  assert.ok(result.ok, result.ok ? '' : result.failure.message)
  assert.equal(result.values.length, 1)
  return result.values[0] as Value
}

function failure(result: CallResult): ExecutionFailure {
  assert.ok(!result.ok, 'the call succeeded')
  return result.failure
}

suite('Vm', () => {
  test('computes', () => {
    const vm = load(arithmeticModule())
    assert.equal(value(call(vm, 'fib', [10n])), 55n)
    // By hand: 0, then (0 ^ 31) % 1000003 + 1 = 32, then (32 ^ 62) % 1000003 + 2 = 32.
    assert.equal(value(call(vm, 'loop', [1n])), 0n)
    assert.equal(value(call(vm, 'loop', [2n])), 32n)
    assert.equal(value(call(vm, 'loop', [3n])), 32n)
  })

  test('makes, reads and changes structs, enums and vectors', () => {
    const vm = load(datatypeModule())
    assert.equal(value(call(vm, 'second', [true])), 7n)
    assert.deepEqual(value(call(vm, 'pair', ['0x1', 9n], [vm.type('address')])), ['0x1', 9n])
    assert.deepEqual(value(call(vm, 'make', [0n])), [0])
    assert.deepEqual(value(call(vm, 'make', [6n])), [1, 6n])
    assert.equal(value(call(vm, 'length', [Ref.to([0])])), 0n)
    assert.equal(value(call(vm, 'length', [Ref.to([1, 6n])])), 6n)
    assert.equal(value(call(vm, 'last', [[1n, 2n, 3n]])), 3n)
    assert.equal(value(call(vm, 'add_one', [4n])), 5n)
    const box = Ref.to(41n)
    assert.deepEqual(call(vm, 'bump', [box]), { ok: true, values: [] })
    assert.equal(box.value, 42n)
  })

  // Widths by the definition of the types; [operation, left, right, result or null for an arithmetic error].
  const bits = { u8: 8n, u16: 16n, u32: 32n, u64: 64n, u128: 128n, u256: 256n } as const
  for (const [kind, width] of Object.entries(bits) as [PrimitiveKind & keyof typeof bits, bigint][]) {
    const max = (1n << width) - 1n
    const shift = width === 256n ? 255n : width
    const rows: readonly (readonly [Opcode, bigint, bigint, bigint | null])[] = [
      ['Add', max - 1n, 1n, max],
      ['Add', max, 1n, null],
      ['Sub', 1n, 1n, 0n],
      ['Sub', 0n, 1n, null],
      ['Mul', max, 1n, max],
      ['Mul', max, 2n, null],
      ['Mul', max, max, null],
      ['Div', max, 2n, max >> 1n],
      ['Div', 1n, 0n, null],
      ['Mod', max, 10n, max % 10n],
      ['Mod', 1n, 0n, null],
      ['BitAnd', max, 5n, 5n],
      ['BitOr', max - 1n, 1n, max],
      ['Xor', max, 1n, max - 1n],
      ['Shl', max, width - 1n, 1n << (width - 1n)],
      ['Shl', 1n, shift, width === 256n ? 1n << 255n : null],
      ['Shr', max, width - 1n, 1n],
      ['Shr', max, shift, width === 256n ? 1n : null],
    ]
    test(`${kind} at its limits`, () => {
      const wide = width > 32n
      for (const [op, left, right, expected] of rows) {
        const isShift = op === 'Shl' || op === 'Shr'
        const type: SignatureToken = { kind }
        const vm = load(
          assembleModule({
            functions: [
              {
                name: 'f',
                parameters: [type, isShift ? { kind: 'u8' } : type],
                returns: [type],
                code: [i('MoveLoc', 0), i('MoveLoc', 1), i(op), i('Ret')],
              },
            ],
          }),
        )
        const result = call(vm, 'f', [wide ? left : Number(left), isShift || !wide ? Number(right) : right])
        const what = `${op} ${left} ${right}`
        if (expected === null) assert.equal(failure(result).kind, 'arithmetic', what)
        else assert.equal(value(result), wide ? expected : Number(expected), what)
      }
    })
  }

  test('a failure names its instruction', () => {
    const vm = load(
      assembleModule({
        signatures: [[U64]],
        functions: [
          { name: 'aborts', code: [i('Nop'), i('LdU64', 0, 77n), i('Abort')] },
          { name: 'calls', code: [i('Nop'), i('Nop'), i('Nop'), i('Call', 0), i('Ret')] },
          {
            name: 'pops',
            locals: [{ kind: 'vector', element: U64 }],
            code: [
              i('VecPack', 0),
              i('StLoc', 0),
              i('MutBorrowLoc', 0),
              i('VecPopBack', 0),
              i('Pop'),
              i('Ret'),
            ],
          },
          {
            name: 'unpacks',
            code: [i('VecPack', 0), i('VecUnpack', 0, 1n), i('Pop'), i('Ret')],
          },
          {
            name: 'reads',
            locals: [{ kind: 'vector', element: U64 }],
            code: [
              i('LdU64', 0, 1n),
              i('VecPack', 0, 1n),
              i('StLoc', 0),
              i('ImmBorrowLoc', 0),
              i('LdU64', 0, (1n << 64n) - 1n),
              i('VecImmBorrow', 0),
              i('Pop'),
              i('Ret'),
            ],
          },
        ],
      }),
    )
    const location = {
      address: ADDRESS,
      module: 'm',
      functionIndex: 0,
      functionName: 'aborts',
      instruction: 2,
    }
    const aborted = failure(call(vm, 'calls', []))
    assert.deepEqual(aborted, {
      kind: 'abort',
      code: 77n,
      location,
      message: `abort 77 in ${ADDRESS}::m::aborts at instruction 2`,
    })
    for (const [name, instruction, subStatus] of [
      ['pops', 3, 2],
      ['unpacks', 1, 3],
      ['reads', 5, 1],
    ] as const) {
      const found = failure(call(vm, name, []))
      assert.ok(found.kind === 'vector')
      assert.equal(found.location?.instruction, instruction)
      assert.equal(found.subStatus, subStatus)
    }
  })

  test('a wrong variant fails', () => {
    const shape: SignatureToken = { kind: 'datatype', handle: 0, typeArguments: [] }
    const vm = load(
      assembleModule({
        enums: [{ name: 'E', abilities: ABILITY.drop, variants: [[], [U64]] }],
        variantHandles: [{ enum: 0, variant: 1 }],
        functions: [
          {
            name: 'f',
            parameters: [shape],
            code: [i('MoveLoc', 0), i('UnpackVariant', 0), i('Pop'), i('Ret')],
          },
        ],
      }),
    )
    assert.ok(call(vm, 'f', [[1, 5n]]).ok)
    assert.equal(failure(call(vm, 'f', [[0]])).kind, 'variantMismatch')
  })

  test('gas ends what would not end, and is taken by the block', () => {
    const vm = load(assembleModule({ functions: [{ name: 'f', code: [i('Nop'), i('Branch', 0)] }] }))
    vm.gas.remaining = 1001
    const found = failure(call(vm, 'f', []))
    assert.equal(found.kind, 'outOfGas')
    assert.equal(vm.gas.remaining, -1)
  })

  test('copying costs by size, so that doubling cannot outgrow the gas', () => {
    const vector: SignatureToken = { kind: 'vector', element: U64 }
    const vm = load(
      assembleModule({
        functions: [
          { name: 'f', parameters: [vector], returns: [vector], code: [i('CopyLoc', 0), i('Ret')] },
        ],
      }),
    )
    vm.gas.remaining = 999
    assert.equal(failure(call(vm, 'f', [Array.from({ length: 1000 }, () => 1n)])).kind, 'outOfGas')
    vm.gas.remaining = 1002
    assert.ok(call(vm, 'f', [Array.from({ length: 1000 }, () => 1n)]).ok)
    assert.equal(vm.gas.remaining, 0)
  })

  test('1024 calls nest, and the VM goes on after one too many', () => {
    const vm = load(
      assembleModule({
        functions: [
          {
            name: 'deep',
            parameters: [U64],
            code: [
              i('CopyLoc', 0),
              i('LdU64', 0, 0n),
              i('Eq'),
              i('BrFalse', 5),
              i('Ret'),
              i('MoveLoc', 0),
              i('LdU64', 0, 1n),
              i('Sub'),
              i('Call', 0),
              i('Ret'),
            ],
          },
        ],
      }),
    )
    for (let round = 0; round < 3; round++) {
      assert.ok(call(vm, 'deep', [1023n]).ok)
      assert.equal(failure(call(vm, 'deep', [1024n])).kind, 'stackOverflow')
    }
  })

  test('frames of many variables count for more, so that the JavaScript stack is never the limit', () => {
    const locals = Array.from({ length: 250 }, () => U64)
    const vm = load(assembleModule({ functions: [{ name: 'f', locals, code: [i('Call', 0), i('Ret')] }] }))
    const found = failure(call(vm, 'f', []))
    assert.equal(found.kind, 'stackOverflow')
    assert.notEqual(found.location, null)
  })

  test('generic recursion that makes ever larger types fails', () => {
    const vm = load(
      assembleModule({
        signatures: [[{ kind: 'vector', element: T }]],
        functionInstantiations: [{ target: 0, typeArguments: 0 }],
        functions: [{ name: 'f', typeParameters: [0], code: [i('CallGeneric', 0), i('Ret')] }],
      }),
    )
    assert.equal(failure(call(vm, 'f', [], [vm.type('u8')])).kind, 'typeDepth')
  })

  test('a value that nests too deeply fails where it is made', () => {
    let type: SignatureToken = { kind: 'u8' }
    for (let n = 0; n < 127; n++) type = { kind: 'vector', element: type }
    const make = (element: SignatureToken): Vm<null> =>
      load(
        assembleModule({
          signatures: [[element]],
          functions: [{ name: 'f', code: [i('Nop'), i('VecPack', 0), i('Pop'), i('Ret')] }],
        }),
      )
    assert.equal(failure(call(make(type), 'f', [])).kind, 'valueDepth')
    assert.ok(type.kind === 'vector')
    assert.ok(call(make(type.element), 'f', []).ok)
  })

  test('neither names nor data get into generated code', () => {
    // A name that would be a call, were it to stand in the source, is an ordinary Move identifier.
    const name = 'process_exit'
    const text = 'throw'
    const vm = load(
      assembleModule({
        constants: [
          { type: { kind: 'vector', element: { kind: 'u8' } }, data: Uint8Array.of(5, ...Buffer.from(text)) },
        ],
        functions: [
          { name, returns: [{ kind: 'vector', element: { kind: 'u8' } }], code: [i('LdConst', 0), i('Ret')] },
        ],
      }),
    )
    assert.deepEqual(value(call(vm, name, [])), [...Buffer.from(text)])
    // A constant is copied each time it is loaded.
    ;(value(call(vm, name, [])) as Value[]).push(1)
    assert.deepEqual(value(call(vm, name, [])), [...Buffer.from(text)])
  })

  test('damaged modules that pass the checks run without an exception', () => {
    const samples = [arithmeticModule(), datatypeModule()].map(encodeModule)
    const damage = fc.record({
      changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 2 }),
      sample: fc.nat(1),
    })
    fc.assert(
      fc.property(damage, ({ changes, sample }) => {
        const bytes = Uint8Array.from(samples[sample] as Uint8Array)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        let vm: Vm<null>
        let module: CompiledModule
        try {
          module = deserializeModule(bytes)
          vm = load(module)
        } catch (error) {
          assert.ok(
            error instanceof VerificationError || error instanceof DeserializationError,
            String(error),
          )
          return
        }
        for (const { handle } of module.functions) {
          const name = module.identifiers[module.functionHandles[handle]?.name ?? 0] ?? ''
          const fn = vm.function(module.address, module.name, name)
          assert.ok(fn)
          const typeArguments = fn.typeParameters.map(() => vm.type('u64'))
          const args = vm.signature(fn, typeArguments).parameters.map(type => someValue(vm, type))
          vm.gas.remaining = 10_000
          vm.call(fn, typeArguments, args)
        }
      }),
      { numRuns: 1500 },
    )
  })
})

/** Some value of a type. */
function someValue(vm: Vm<null>, type: Type): Value {
  switch (type.kind) {
    case 'bool':
      return true
    case 'u8':
    case 'u16':
    case 'u32':
      return 3
    case 'u64':
    case 'u128':
    case 'u256':
      return 3n
    case 'address':
    case 'signer':
      return ADDRESS
    case 'vector':
      return [someValue(vm, type.element)]
    case 'reference':
    case 'mutableReference':
      return Ref.to(someValue(vm, type.to))
    case 'struct':
      return vm.fields(type).map(field => someValue(vm, field.type))
    default: {
      const variants = vm.variants(type)
      const tag = variants.length - 1
      return [tag, ...(variants[tag]?.fields ?? []).map(field => someValue(vm, field.type))]
    }
  }
}

suite('types', () => {
  const vm = load(datatypeModule())
  const pairOf = (...typeParams: ('u8' | 'signer')[]): Type =>
    vm.type({ struct: { address: '0x42', module: 'm', name: 'Pair', typeParams } })

  test('are one object each, described by key, fields, abilities and tag', () => {
    const type = pairOf('u8')
    assert.equal(type, pairOf('u8'))
    assert.equal(type.key, `${ADDRESS}::m::Pair<u8>`)
    assert.ok(type.kind === 'struct')
    assert.deepEqual(
      vm.fields(type).map(field => [field.name, field.type.key]),
      [
        ['f0', 'u8'],
        ['f1', 'u64'],
      ],
    )
    assert.deepEqual(vm.tag(type), {
      struct: { address: ADDRESS, module: 'm', name: 'Pair', typeParams: ['u8'] },
    })
    assert.equal(vm.abilities(type), ABILITY.copy | ABILITY.drop | ABILITY.store)
    assert.equal(vm.abilities(pairOf('signer')), ABILITY.drop)
  })

  test('describe the variants of an enum', () => {
    const type = vm.type({ struct: { address: ADDRESS, module: 'm', name: 'Shape', typeParams: [] } })
    assert.ok(type.kind === 'enum')
    assert.deepEqual(
      vm.variants(type).map(({ name, fields }) => [name, fields.length]),
      [
        ['V0', 0],
        ['V1', 1],
      ],
    )
  })

  const refused = (name: string, kind: TypeResolutionError['kind'], act: () => unknown): void =>
    void test(`refuse ${name}`, () => {
      assert.throws(act, (error: unknown) => error instanceof TypeResolutionError && error.kind === kind)
    })
  const struct = (address: string, module: string, name: string): (() => unknown) => {
    const tag = { struct: { address, module, name, typeParams: [] } }
    return () => vm.type(tag)
  }
  refused('a module that is not there', 'unknownModule', struct('0x42', 'n', 'Pair'))
  refused('an address that is none', 'unknownModule', struct('42', 'm', 'Pair'))
  refused('a type that is not there', 'unknownType', struct('0x42', 'm', 'Nothing'))
  refused('too few arguments', 'arity', () => pairOf())
  refused('too many arguments', 'arity', () => pairOf('u8', 'u8'))
  refused('a tag that nests too deeply', 'tooComplex', () => {
    let tag: Parameters<typeof vm.type>[0] = 'u8'
    for (let n = 0; n < 17; n++) tag = { vector: tag }
    return vm.type(tag)
  })
  refused('a function with too few type arguments', 'arity', () => {
    const fn = vm.function(ADDRESS, 'm', 'pair')
    return fn && vm.signature(fn, [])
  })

  test('refuse an argument without the needed ability', () => {
    const other = load(
      assembleModule({
        functions: [{ name: 'f', typeParameters: [ABILITY.copy], code: [i('Ret')] }],
      }),
    )
    const fn = other.function(ADDRESS, 'm', 'f')
    assert.ok(fn)
    assert.throws(
      () => other.call(fn, [other.type('signer')], []),
      (error: unknown) =>
        error instanceof TypeResolutionError &&
        error.kind === 'constraint' &&
        /lacks copy/.test(error.message),
    )
  })
})

suite('natives', () => {
  const module = assembleModule({
    functions: [
      { name: 'native_one', parameters: [U64], returns: [U64], code: null },
      { name: 'native_two', returns: [U64, U64], code: null },
      {
        name: 'sum',
        returns: [U64],
        code: [i('Call', 1), i('Add'), i('Call', 0), i('Ret')],
      },
    ],
  })
  const natives = (one: () => Value): NativeTable<null> => ({
    '0x42::m::native_one': () => one,
    '0x42::m::native_two': () => () => tuple([2n, 3n]),
  })

  test('give one result, or several', () => {
    const vm = load(module, {
      ...natives(() => 0n),
      '0x42::m::native_one': () => x => (x as bigint) * 10n,
    })
    assert.equal(value(call(vm, 'sum', [])), 50n)
  })

  test('abort and fail at their own place', () => {
    const vm = load(
      module,
      natives(() => {
        throw new NativeAbort(9n)
      }),
    )
    const aborted = failure(call(vm, 'sum', []))
    assert.ok(aborted.kind === 'abort')
    assert.equal(aborted.code, 9n)
    assert.equal(aborted.location.functionName, 'native_one')
    assert.equal(aborted.location.instruction, 0)
    const failing = load(
      module,
      natives(() => {
        throw new NativeFailure('native', 'no such thing')
      }),
    )
    assert.equal(failure(call(failing, 'sum', [])).kind, 'native')
  })

  test('that are missing are failures by name', () => {
    const found = failure(call(load(module), 'sum', []))
    assert.equal(found.kind, 'missingNative')
    assert.match(found.message, /m::native_two is not supported/)
  })

  test('can take gas', () => {
    const vm: Vm<null> = load(module, {
      ...natives(() => 0n),
      '0x42::m::native_one': machine => () => {
        machine.charge(10)
        return 1n
      },
    })
    vm.gas.remaining = 12
    assert.equal(failure(call(vm, 'sum', [])).kind, 'outOfGas')
  })

  test('a fault of a native is not taken for a failure of the program', () => {
    const vm = load(
      module,
      natives(() => {
        throw new TypeError('a bug')
      }),
    )
    assert.throws(() => call(vm, 'sum', []), /a bug/)
  })
})
