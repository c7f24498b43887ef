import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SquidError } from '@squid/formats/errors'
import { parseAddress } from './address.ts'
import { parseTypeText } from './type-text.ts'

test('primitives, vectors, structs', () => {
  assert.equal(parseTypeText('u64'), 'u64')
  assert.deepEqual(parseTypeText('vector<vector<u8>>'), { vector: { vector: 'u8' } })
  const sui = { struct: { address: parseAddress('0x2'), module: 'sui', name: 'SUI', typeParams: [] } }
  assert.deepEqual(parseTypeText('0x2::table::Table<0x2::sui::SUI, bool>'), {
    struct: { address: parseAddress('0x2'), module: 'table', name: 'Table', typeParams: [sui, 'bool'] },
  })
})

for (const text of [
  '',
  'u7',
  'vector',
  'vector<>',
  'vector<u8',
  'vector<u8>>',
  'vector<u8,u8>',
  '0x2::a',
  '0x2::a::B<',
  '0x2::a::B<u8>x',
  '2::a::B',
  '0x2::a::1B',
  '0x2::a::b::C',
  `0x${'1'.repeat(65)}::a::B`,
  'vector<'.repeat(20) + 'u8' + '>'.repeat(20),
]) {
  test(`not a type: "${text.slice(0, 30)}"`, () => {
    assert.throws(
      () => parseTypeText(text),
      (error: unknown) => error instanceof SquidError && error.code === 'MOVE_TYPE',
    )
  })
}

test('any text is a type or an error of ours', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('0x2', '::', 'a', '<', '>', ',', 'u8', 'vector', ' ') }),
      text => {
        try {
          parseTypeText(text)
        } catch (error) {
          assert.ok(error instanceof SquidError)
        }
      },
    ),
  )
})
