import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DecodeError } from '@squid/formats/errors'
import * as fc from 'fast-check'
import { datatypeModule } from '../testing/index.ts'
import { checkModule } from '../verify/index.ts'
import { type Type, type TypeTag, type Value, Vm } from './index.ts'

const ADDRESS = `0x${'42'.padStart(64, '0')}`
const vm = new Vm<null>({ natives: {}, context: null })
vm.addModules([checkModule(datatypeModule(), () => undefined)])

const SHAPE: TypeTag = { struct: { address: '0x42', module: 'm', name: 'Shape', typeParams: [] } }
const pairOf = (argument: TypeTag): TypeTag => ({
  struct: { address: '0x42', module: 'm', name: 'Pair', typeParams: [argument] },
})
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const decode = (tag: TypeTag, text: string): Value => vm.decode(vm.type(tag), Buffer.from(text, 'hex'))

// By hand, from https://github.com/diem/bcs#detailed-specifications.
const vectors: readonly (readonly [TypeTag, Value, string])[] = [
  ['bool', false, '00'],
  ['bool', true, '01'],
  ['u8', 255, 'ff'],
  ['u16', 4660, '3412'],
  ['u32', 305_419_896, '78563412'],
  ['u64', 1_311_768_467_750_121_216n, '00efcdab78563412'],
  ['u128', 1n << 127n, `${'00'.repeat(15)}80`],
  ['u256', (1n << 256n) - 1n, 'ff'.repeat(32)],
  ['address', ADDRESS, `${'00'.repeat(31)}42`],
  [{ vector: 'u8' }, [], '00'],
  [{ vector: 'u8' }, [1, 2, 3], '03010203'],
  [{ vector: { vector: 'bool' } }, [[true], []], '02010100'],
  [{ vector: 'u8' }, Array.from({ length: 300 }, () => 7), `ac02${'07'.repeat(300)}`],
  [pairOf('u16'), [258, 3n], '02010300000000000000'],
  [pairOf({ vector: 'u8' }), [[9], 0n], '01090000000000000000'],
  [SHAPE, [0], '00'],
  [SHAPE, [1, 5n], '010500000000000000'],
]

suite('BCS', () => {
  for (const [tag, value, text] of vectors) {
    test(`${vm.type(tag).key} ${text.slice(0, 24)}`, () => {
      assert.equal(hex(vm.encode(vm.type(tag), value)), text)
      assert.deepEqual(decode(tag, text), value)
    })
  }

  const bad: readonly (readonly [string, TypeTag, string, RegExp])[] = [
    ['a bool of 2', 'bool', '02', /bool is 0 or 1/],
    ['too few bytes', 'u32', '010203', /unexpected end/],
    ['too many bytes', 'u8', '0102', /bytes after the value/],
    ['a length in more bytes than needed', { vector: 'u8' }, '8000', /over-long/],
    ['a length over 32 bits', { vector: 'u8' }, 'ffffffffff01', /longer than 5 bytes/],
    ['a length over 2^31 - 1', { vector: 'u8' }, '8080808008', /exceeds 2147483647/],
    ['more elements than bytes', { vector: 'u64' }, '02ff', /2 elements in 1 bytes/],
    ['an unknown variant', SHAPE, '02', /Shape has no variant 2/],
    ['a signer', 'signer', '00'.repeat(32), /cannot come from bytes/],
    ['an element cut off', { vector: 'u16' }, '02000000', /unexpected end/],
  ]
  for (const [name, tag, text, message] of bad)
    test(`refuses ${name}`, () => {
      assert.throws(
        () => decode(tag, text),
        (error: unknown) => error instanceof DecodeError && message.test(error.message),
      )
    })

  test('a type too deep is refused before a byte is read', () => {
    let type: Type = vm.type('u8')
    for (let i = 0; i < 128; i++) type = vm.vector(type)
    assert.throws(() => vm.decode(type, Uint8Array.of(0)), /nests too deeply/)
  })

  const tags: fc.Arbitrary<TypeTag> = fc.letrec<{ tag: TypeTag }>(tie => ({
    tag: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<TypeTag>('bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'address', SHAPE),
      tie('tag').map(vector => ({ vector })),
      tie('tag').map(pairOf),
    ),
  })).tag

  test('arbitrary bytes are the one encoding of a value, or refused', () => {
    fc.assert(
      fc.property(tags, fc.uint8Array({ maxLength: 40 }), (tag, bytes) => {
        const type = vm.type(tag)
        let value: Value
        try {
          value = vm.decode(type, bytes)
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error))
          return
        }
        assert.deepEqual(vm.encode(type, value), bytes)
      }),
      { numRuns: 2000 },
    )
  })
})
