import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import {
  arithmeticModule,
  assembleModule,
  datatypeModule,
  encodeModule,
  instruction,
} from '../testing/index.ts'
import { type CompiledModule, DeserializationError, deserializeModule, type SignatureToken } from './index.ts'

const samples: readonly CompiledModule[] = [arithmeticModule(), datatypeModule()]

/** Asserts that reading fails with this message, at an offset inside the input. */
function assertRefused(bytes: Uint8Array, message: RegExp, limits = {}): void {
  assert.throws(
    () => deserializeModule(bytes, limits),
    (error: unknown) => {
      assert.ok(error instanceof DeserializationError, String(error))
      assert.match(error.message, message)
      assert.ok(error.offset >= 0 && error.offset <= bytes.length)
      return true
    },
  )
}

/** Header, then the tables given as [kind, bytes], then the own module handle. */
function binary(
  tables: readonly (readonly [number, readonly number[]])[],
  version = [7, 0, 0, 5],
): Uint8Array {
  const directory: number[] = []
  let offset = 0
  for (const [kind, bytes] of tables) {
    directory.push(kind, offset, bytes.length)
    offset += bytes.length
  }
  const contents = tables.flatMap(([, bytes]) => bytes)
  return Uint8Array.from([0xa1, 0x1c, 0xeb, 0x0b, ...version, tables.length, ...directory, ...contents, 0])
}

/** The tables that the own name needs: handle, identifier `m`, address zero. */
const NAME = [
  [1, [0, 0]],
  [7, [1, 0x6d]],
  [8, Array.from({ length: 32 }, () => 0)],
] as const

const minimal = binary(NAME)

suite('deserializeModule', () => {
  test('reads the smallest module, byte by byte', () => {
    const module = deserializeModule(minimal)
    assert.equal(module.name, 'm')
    assert.equal(module.address, `0x${'0'.repeat(64)}`)
    assert.equal(module.version, 7)
    assert.deepEqual(module.moduleHandles, [{ address: 0, name: 0 }])
  })

  test('reads what was written', () => {
    for (const module of samples) assert.deepEqual(deserializeModule(encodeModule(module)), module)
    const old = { ...arithmeticModule(), version: 6 }
    assert.deepEqual(deserializeModule(encodeModule(old)), old)
  })

  const bad: readonly (readonly [string, Uint8Array, RegExp, object?])[] = [
    ['nothing', new Uint8Array(), /magic: unexpected end/],
    ['another magic', minimal.with(0, 0), /not a Move module/],
    ['an old version', binary(NAME, [4, 0, 0, 0]), /version 4 is not supported/],
    ['a version to come', binary(NAME, [8, 0, 0, 5]), /version 8 is not supported/],
    ['another flavour', binary(NAME, [7, 0, 0, 6]), /unknown flavour 6/],
    ['version 7 without flavour', binary(NAME, [7, 0, 0, 0]), /unknown flavour 0/],
    ['an unknown table', binary([...NAME, [9, [0]]]), /unknown table kind 9/],
    ['a table twice', binary([...NAME, [7, [1, 0x6e]]]), /table 7 appears twice/],
    ['an empty table', binary([...NAME, [5, []]]), /table 5 is empty/],
    ['a gap between tables', minimal.with(13, 3), /starts at 3 where 2 was expected/],
    ['overlapping tables', minimal.with(13, 1), /starts at 1 where 2 was expected/],
    ['a table past the end', minimal.with(17, 99), /reaches past the end/],
    ['bytes at the end', Uint8Array.from([...minimal, 0]), /bytes after the module/],
    ['a missing end', minimal.slice(0, -1), /own module handle: unexpected end/],
    [
      'an own handle that is not there',
      minimal.with(minimal.length - 1, 1),
      /own module handle names nothing/,
    ],
    ['an over-long ULEB128', Uint8Array.from([...minimal.slice(0, -1), 0x80, 0]), /over-long ULEB128/],
    [
      'a too long ULEB128',
      Uint8Array.from([...minimal.slice(0, -1), 255, 255, 255, 255, 255, 255, 1]),
      /too long/,
    ],
    [
      'an index over 16 bits',
      Uint8Array.from([...minimal.slice(0, -1), 0x80, 0x80, 4]),
      /65536 exceeds 65535/,
    ],
    ['an identifier with a dash', binary([NAME[0], [7, [2, 0x6d, 0x2d]], NAME[2]]), /malformed identifier/],
    ['an identifier with a digit first', binary([NAME[0], [7, [1, 0x31]], NAME[2]]), /malformed identifier/],
    ['an identifier that is only _', binary([NAME[0], [7, [1, 0x5f]], NAME[2]]), /malformed identifier/],
    ['an empty identifier', binary([NAME[0], [7, [0]], NAME[2]]), /malformed identifier/],
    ['an identifier with é', binary([NAME[0], [7, [2, 0xc3, 0xa9]], NAME[2]]), /malformed identifier/],
    ['an identifier too long', minimal, /identifier of 1 bytes, more than 0/, { identifierBytes: 0 }],
    ['an address too short', binary([NAME[0], NAME[1], [8, [1, 2]]]), /address: unexpected end/],
    [
      'metadata where refused',
      binary([...NAME, [16, [0, 0]]]),
      /metadata is not allowed/,
      { allowMetadata: false },
    ],
    ['a module too large', minimal, /more than 10/, { moduleBytes: 10 }],
    ['an unknown type', binary([...NAME, [5, [1, 16]]]), /unknown type 16/],
    ['a datatype instance of nothing', binary([...NAME, [5, [1, 11, 0, 0]]]), /without arguments/],
    ['u256 in version 5', binary([...NAME, [5, [1, 15]]], [5, 0, 0, 0]), /u256 is not known to version 5/],
    [
      'enums in version 6',
      binary([...NAME, [17, [0, 2, 0]]], [6, 0, 0, 0]),
      /enums are not known to version 6/,
    ],
    ['a type too deep', binary([...NAME, [5, [1, 10, 10, 10, 1]]]), /nests deeper than 2/, { typeDepth: 2 }],
    ['an unknown ability', binary([...NAME, [2, [0, 0, 16, 0]]]), /16 exceeds 15/],
    ['an unknown struct flag', binary([...NAME, [10, [0, 3, 0]]]), /unknown struct flag 3/],
    ['an unknown enum flag', binary([...NAME, [17, [0, 1, 0]]]), /unknown enum flag 1/],
    ['an unknown visibility', binary([...NAME, [12, [0, 2, 2, 0]]]), /unknown visibility/],
    ['unknown function flags', binary([...NAME, [12, [0, 1, 1, 0]]]), /unknown function flags 1/],
    [
      'an op code that does not exist',
      binary([...NAME, [12, [0, 1, 0, 0, 0, 1, 0x57, 0]]]),
      /unknown op code 0x57/,
    ],
    ['global storage', binary([...NAME, [12, [0, 1, 0, 0, 0, 1, 0x29, 0, 0]]]), /unknown op code 0x29/],
    [
      'an op code before its time',
      binary([...NAME, [12, [0, 1, 0, 0, 0, 1, 0x4b]]], [5, 0, 0, 0]),
      /CastU16 is not known/,
    ],
    ['a literal cut off', binary([...NAME, [12, [0, 1, 0, 0, 0, 1, 0x06, 1, 2]]]), /LdU64: unexpected end/],
    [
      'an unknown jump table',
      binary([...NAME, [12, [0, 1, 0, 0, 0, 1, 2, 1, 0, 0, 2]]]),
      /unknown jump table kind 2/,
    ],
    ['more variants than a tag has', binary([...NAME, [19, [0, 0x80, 1]]]), /128 exceeds 127/],
  ]
  for (const [name, bytes, message, limits] of bad)
    test(`refuses ${name}`, () => assertRefused(bytes, message, limits))

  test('arbitrary bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        assertRefused(bytes, /at offset \d+$/)
      }),
    )
  })

  test('a damaged module is refused, or is read and reads again the same', () => {
    const encoded = samples.map(encodeModule)
    const damage = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), sample: fc.nat(1) })
    fc.assert(
      fc.property(damage, ({ at, byte, sample }) => {
        const bytes = Uint8Array.from(encoded[sample] as Uint8Array)
        bytes[at % bytes.length] = byte
        let module: CompiledModule
        try {
          module = deserializeModule(bytes)
        } catch (error) {
          assert.ok(error instanceof DeserializationError, String(error))
          return
        }
        assert.deepEqual(deserializeModule(encodeModule(module)), module)
      }),
      { numRuns: 2000 },
    )
  })

  test('deep types are read up to the limit', () => {
    let type: SignatureToken = { kind: 'u8' }
    for (let i = 0; i < 256; i++) type = { kind: 'vector', element: type }
    const deepest = assembleModule({ signatures: [[type]] })
    assert.deepEqual(deserializeModule(encodeModule(deepest)), deepest)
    const tooDeep = assembleModule({ signatures: [[{ kind: 'vector', element: type }]] })
    assertRefused(encodeModule(tooDeep), /nests deeper than 256/)
  })

  test('the result does not change with the input', () => {
    const bytes = encodeModule(
      assembleModule({
        constants: [{ type: { kind: 'u8' }, data: Uint8Array.of(5) }],
        functions: [{ name: 'f', code: [instruction('Ret')] }],
      }),
    )
    const module = deserializeModule(bytes)
    bytes.fill(0)
    assert.deepEqual([...(module.constants[0]?.data ?? [])], [5])
  })
})
