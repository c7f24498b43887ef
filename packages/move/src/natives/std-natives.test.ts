import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { SignatureToken } from '../binary/index.ts'
import { assembleModule, type FunctionDescription } from '../testing/index.ts'
import { checkModule } from '../verify/index.ts'
import { type CallResult, Ref, type Type, type Value, Vm } from '../vm/index.ts'
import { stdNatives } from './index.ts'

const STD = `0x${'1'.padStart(64, '0')}`
const U64: SignatureToken = { kind: 'u64' }
const BOOL: SignatureToken = { kind: 'bool' }
const BYTES: SignatureToken = { kind: 'vector', element: { kind: 'u8' } }
const T: SignatureToken = { kind: 'typeParameter', index: 0 }
const VECTOR: SignatureToken = { kind: 'vector', element: T }
const ref = (to: SignatureToken): SignatureToken => ({ kind: 'reference', to })
const mut = (to: SignatureToken): SignatureToken => ({ kind: 'mutableReference', to })

const native = (
  name: string,
  parameters: readonly SignatureToken[],
  returns: readonly SignatureToken[],
  typeParameters: readonly number[] = [],
): FunctionDescription => ({ name, parameters, returns, typeParameters, code: null })

// The native functions of 0x1, as of protocol 79.
const modules: Readonly<Record<string, readonly FunctionDescription[]>> = {
  bcs: [native('to_bytes', [ref(T)], [BYTES], [0])],
  debug: [native('print', [ref(T)], [], [0]), native('print_stack_trace', [], [])],
  hash: [native('sha2_256', [BYTES], [BYTES]), native('sha3_256', [BYTES], [BYTES])],
  string: [
    native('internal_check_utf8', [ref(BYTES)], [BOOL]),
    native('internal_is_char_boundary', [ref(BYTES), U64], [BOOL]),
    native('internal_sub_string', [ref(BYTES), U64, U64], [BYTES]),
    native('internal_index_of', [ref(BYTES), ref(BYTES)], [U64]),
  ],
  vector: [
    native('empty', [], [VECTOR], [0]),
    native('length', [ref(VECTOR)], [U64], [0]),
    native('borrow', [ref(VECTOR), U64], [ref(T)], [0]),
    native('borrow_mut', [mut(VECTOR), U64], [mut(T)], [0]),
    native('push_back', [mut(VECTOR), T], [], [0]),
    native('pop_back', [mut(VECTOR)], [T], [0]),
    native('destroy_empty', [VECTOR], [], [0]),
    native('swap', [mut(VECTOR), U64, U64], [], [0]),
  ],
}

const vm = new Vm<null>({ natives: stdNatives(), context: null })
for (const [name, functions] of Object.entries(modules))
  vm.addModules([checkModule(assembleModule({ address: STD, name, functions }), () => undefined)])
const NAMED: SignatureToken = { kind: 'datatype', handle: 0, typeArguments: [] }
vm.addModules([
  checkModule(
    assembleModule({
      address: STD,
      name: 'type_name',
      structs: [{ name: 'TypeName', abilities: 7, fields: [BYTES] }],
      functions: [native('get', [], [NAMED], [0]), native('get_with_original_ids', [], [NAMED], [0])],
    }),
    () => undefined,
  ),
])

function call(path: string, args: readonly Value[], typeArguments: readonly Type[] = []): CallResult {
  const [module = '', name = ''] = path.split('::')
  const fn = vm.function(STD, module, name)
  assert.ok(fn, path)
  vm.gas.remaining = 1_000_000
  return vm.call(fn, typeArguments, args)
}

function value(result: CallResult): Value {
  assert.ok(result.ok, result.ok ? '' : result.failure.message)
  return result.values[0] as Value
}

const bytes = (text: string): Value[] => [...Buffer.from(text)]
const hex = (result: Value): string => Buffer.from(result as number[]).toString('hex')
const u64 = vm.type('u64')

suite('natives of 0x1', () => {
  test('bcs::to_bytes', () => {
    assert.deepEqual(
      value(call('bcs::to_bytes', [Ref.to([1n, 2n])], [vm.vector(u64)])),
      [2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
    )
  })

  test('debug says nothing', () => {
    assert.deepEqual(call('debug::print', [Ref.to(1n)], [u64]), { ok: true, values: [] })
    assert.deepEqual(call('debug::print_stack_trace', []), { ok: true, values: [] })
  })

  test('hash', () => {
    // FIPS 180-2 and FIPS 202, the examples for "abc".
    assert.equal(
      hex(value(call('hash::sha2_256', [bytes('abc')]))),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    assert.equal(
      hex(value(call('hash::sha3_256', [bytes('abc')]))),
      '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
    )
  })

  test('string', () => {
    const check = (content: readonly number[]): Value =>
      value(call('string::internal_check_utf8', [Ref.to([...content])]))
    assert.equal(check([0x68, 0xc3, 0xa9]), true)
    assert.equal(check([0xef, 0xbb, 0xbf]), true)
    assert.equal(check([0xc3]), false)
    assert.equal(check([0xc0, 0x80]), false)
    assert.equal(check([0xed, 0xa0, 0x80]), false)
    const boundary = (index: bigint): Value =>
      value(call('string::internal_is_char_boundary', [Ref.to(bytes('hé')), index]))
    assert.deepEqual([0n, 1n, 2n, 3n, 4n, 1n << 63n].map(boundary), [true, true, false, true, false, false])
    assert.deepEqual(
      value(call('string::internal_sub_string', [Ref.to(bytes('hello')), 1n, 3n])),
      bytes('el'),
    )
    const indexOf = (text: string): Value =>
      value(call('string::internal_index_of', [Ref.to(bytes('hello')), Ref.to(bytes(text))]))
    assert.deepEqual(['l', 'lo', '', 'x'].map(indexOf), [2n, 3n, 0n, 5n])
  })

  test('string::internal_sub_string refuses what is out of range', () => {
    const result = call('string::internal_sub_string', [Ref.to(bytes('a')), 0n, 2n])
    assert.ok(!result.ok && result.failure.kind === 'native')
  })

  test('type_name', () => {
    const named = vm.type({ struct: { address: STD, module: 'type_name', name: 'TypeName', typeParams: [] } })
    const name = (path: string, type: Type): string =>
      Buffer.from(((value(call(path, [], [type])) as Value[])[0] as Value[])[0] as number[]).toString()
    assert.equal(name('type_name::get', vm.vector(u64)), 'vector<u64>')
    assert.equal(
      name('type_name::get_with_original_ids', vm.vector(named)),
      `vector<${STD.slice(2)}::type_name::TypeName>`,
    )
  })

  test('vector', () => {
    const items = Ref.to([1n, 2n, 3n])
    assert.deepEqual(value(call('vector::empty', [], [u64])), [])
    assert.equal(value(call('vector::length', [items], [u64])), 3n)
    assert.equal((value(call('vector::borrow', [items, 2n], [u64])) as Ref).value, 3n)
    call('vector::swap', [items, 0n, 2n], [u64])
    call('vector::push_back', [items, 9n], [u64])
    assert.deepEqual(items.value, [3n, 2n, 1n, 9n])
    assert.equal(value(call('vector::pop_back', [items], [u64])), 9n)
    const place = value(call('vector::borrow_mut', [items, 0n], [u64])) as Ref
    place.value = 7n
    assert.deepEqual(items.value, [7n, 2n, 1n])
    assert.ok(call('vector::destroy_empty', [[]], [u64]).ok)
  })

  const bad: readonly (readonly [string, readonly Value[], number])[] = [
    ['vector::borrow', [Ref.to([]), 0n], 1],
    ['vector::swap', [Ref.to([1n]), 0n, 1n], 1],
    ['vector::pop_back', [Ref.to([])], 2],
    ['vector::destroy_empty', [[1n]], 3],
  ]
  for (const [path, args, subStatus] of bad)
    test(`${path} fails as the instruction does`, () => {
      const result = call(path, args, [u64])
      assert.ok(!result.ok && result.failure.kind === 'vector')
      assert.equal(result.failure.subStatus, subStatus)
    })
})
