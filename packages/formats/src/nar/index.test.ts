import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, encodeUtf8, formatHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { assertCanonicalCodec, readVector, readVectorJson } from '../testing/codec.ts'
import { arbitraryTree } from '../testing/trees.ts'
import {
  encodeNar,
  hashStream,
  type NarEvent,
  NarEncoder,
  type NarLimits,
  NarParser,
  parseNar,
} from './index.ts'

const NAMES = ['tree', 'executable', 'empty-file', 'link', 'empty-directory'] as const
const { nars } = readVectorJson('nix/vectors.json') as { nars: Record<string, string> }
const NO_NAME = new Uint8Array(0)

function parse(bytes: Uint8Array, limits: Partial<NarLimits> = {}): NarEvent[] {
  const parser = new NarParser(limits)
  const events = parser.push(bytes)
  parser.finish()
  return events
}

function encode(events: Iterable<NarEvent>, limits: Partial<NarLimits> = {}): Uint8Array {
  const encoder = new NarEncoder(limits)
  const parts = [...events].flatMap(event => encoder.push(event).map(part => part.slice()))
  encoder.finish()
  return concatBytes(parts)
}

/** A NAR token. */
function token(text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === 'string' ? encodeUtf8(text) : text
  const out = new Uint8Array(8 + Math.ceil(bytes.length / 8) * 8)
  new DataView(out.buffer).setBigUint64(0, BigInt(bytes.length), true)
  out.set(bytes, 8)
  return out
}

function tokens(...texts: (string | Uint8Array)[]): Uint8Array {
  return concatBytes(texts.map(token))
}

test('archives of real Nix are read and written byte for byte', async () => {
  for (const name of NAMES) {
    const bytes = readVector(`nar/${name}.nar`)
    assert.deepEqual(encode(parse(bytes)), bytes, name)
    const { hash, size } = await hashStream(encodeNar(parseNar([bytes])))
    assert.equal(formatHex(hash), nars[name])
    assert.equal(size, BigInt(bytes.length))
  }
})

test('a file, an executable and a link as Nix archives them', () => {
  assert.deepEqual(parse(readVector('nar/executable.nar')), [
    { kind: 'file', name: NO_NAME, executable: true, size: 10 },
    { kind: 'data', bytes: encodeUtf8('#!/bin/sh\n') },
  ])
  assert.deepEqual(parse(readVector('nar/link.nar')), [
    { kind: 'symlink', name: NO_NAME, target: encodeUtf8('nowhere/at-all') },
  ])
  assert.deepEqual(parse(readVector('nar/empty-directory.nar')), [
    { kind: 'directory', name: NO_NAME },
    { kind: 'end' },
  ])
})

test('where the pieces of a stream end makes no difference', async () => {
  const bytes = readVector('nar/tree.nar')
  for (const size of [1, 3, 7, 8, 100]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    )
    const parts: Uint8Array[] = []
    for await (const part of encodeNar(parseNar(pieces))) parts.push(part)
    assert.deepEqual(concatBytes(parts), bytes)
  }
})

test('round trip of any tree', () => {
  fc.assert(fc.property(arbitraryTree, events => assert.deepEqual(parse(encode(events)), events)))
})

test('any accepted archive is the one archive of its tree', () => {
  const valid = NAMES.map(name => readVector(`nar/${name}.nar`))
  assertCanonicalCodec(bytes => encode(parse(bytes)), valid)
})

const directory = ['nix-archive-1', '(', 'type', 'directory'] as const
const file = ['(', 'type', 'regular', 'contents', '', ')'] as const
const entry = (name: string | Uint8Array): (string | Uint8Array)[] => [
  'entry',
  '(',
  'name',
  name,
  'node',
  ...file,
  ')',
]

test('each rule of the format has its refusal', () => {
  const refused: [string, Uint8Array][] = [
    ['nothing', NO_NAME],
    ['another magic', tokens('nix-archive-2')],
    ['an unknown type', tokens('nix-archive-1', '(', 'type', 'device', ')')],
    ['no type', tokens('nix-archive-1', '(', 'regular')],
    [
      'executable without its empty string',
      tokens('nix-archive-1', '(', 'type', 'regular', 'executable', 'x'),
    ],
    ['executable twice', tokens('nix-archive-1', '(', 'type', 'regular', 'executable', '', 'executable')],
    ['a file without contents', tokens('nix-archive-1', '(', 'type', 'regular', ')')],
    ['a link without target', tokens('nix-archive-1', '(', 'type', 'symlink', ')')],
    ['an empty target', tokens('nix-archive-1', '(', 'type', 'symlink', 'target', '', ')')],
    ['a NUL in a target', tokens('nix-archive-1', '(', 'type', 'symlink', 'target', 'a\u0000', ')')],
    ['a long target', tokens('nix-archive-1', '(', 'type', 'symlink', 'target', 'a'.repeat(4096), ')')],
    ['trailing bytes', tokens('nix-archive-1', ...file, '')],
    ['one trailing byte', concatBytes([tokens('nix-archive-1', ...file), Uint8Array.of(0)])],
    ['an open directory', tokens(...directory, ...entry('a'))],
    ['entries out of order', tokens(...directory, ...entry('b'), ...entry('a'), ')')],
    ['an entry twice', tokens(...directory, ...entry('a'), ...entry('a'), ')')],
    ['case as no excuse for order', tokens(...directory, ...entry('a'), ...entry('A'), ')')],
    ['an entry without node', tokens(...directory, 'entry', '(', 'name', 'a', ')', ')')],
    ['an entry with a second node', tokens(...directory, ...entry('a').slice(0, -1), 'node')],
    ...['', '.', '..', 'a/b', '/', 'a\u0000b', 'a'.repeat(256)].map(
      name =>
        [`the name ${JSON.stringify(name)}`, tokens(...directory, ...entry(name), ')')] as [
          string,
          Uint8Array,
        ],
    ),
  ]
  for (const [what, bytes] of refused) assert.throws(() => parse(bytes), DecodeError, what)
  parse(tokens(...directory, ...entry('...'), ...entry('a'.repeat(255)), ')'))
})

test('padding must be zero', () => {
  for (const name of ['executable', 'link'] as const) {
    const bytes = readVector(`nar/${name}.nar`)
    bytes[22] = 1 // behind "nix-archive-1"
    assert.throws(() => parse(bytes), /padding/)
  }
  const contents = readVector('nar/executable.nar')
  const at = contents.length - 16 - 1 // the last byte before the closing token
  assert.equal(contents[at], 0)
  contents[at] = 1
  assert.throws(() => parse(contents), /padding/)
})

test('huge claimed lengths are refused before anything is stored', () => {
  const huge = new Uint8Array(8).fill(0xff)
  assert.throws(() => parse(concatBytes([huge])), /at most/)
  assert.throws(
    () => parse(concatBytes([tokens('nix-archive-1', '(', 'type', 'regular', 'contents'), huge])),
    /larger/,
  )
  const limited = readVector('nar/executable.nar')
  assert.throws(() => parse(limited, { maxFileBytes: 9 }), DecodeError)
  parse(limited, { maxFileBytes: 10 })
})

test('depth is limited in both directions', () => {
  const nested = (depth: number): NarEvent[] => [
    ...Array.from({ length: depth }, (_, i) => ({
      kind: 'directory' as const,
      name: encodeUtf8(i === 0 ? '' : 'a'),
    })),
    ...Array.from({ length: depth }, () => ({ kind: 'end' as const })),
  ]
  const deep = encode(nested(11))
  parse(deep, { maxDepth: 11 })
  assert.throws(() => parse(deep, { maxDepth: 10 }), DecodeError)
  assert.throws(() => encode(nested(11), { maxDepth: 10 }), { code: 'NAR_EVENTS' })
  assert.throws(() => encode(nested(3000)), { code: 'NAR_EVENTS' })
})

test('event sequences that are no tree are refused', () => {
  const empty = { kind: 'file', name: NO_NAME, executable: false, size: 0 } as const
  const named = (text: string): NarEvent => ({ ...empty, name: encodeUtf8(text) })
  const root: NarEvent = { kind: 'directory', name: NO_NAME }
  const end: NarEvent = { kind: 'end' }
  const data: NarEvent = { kind: 'data', bytes: Uint8Array.of(1) }
  const refused: [string, NarEvent[]][] = [
    ['nothing', []],
    ['two roots', [empty, empty]],
    ['a named root', [named('a')]],
    ['an end without a directory', [end]],
    ['an end too many', [root, end, end]],
    ['an open directory', [root]],
    ['data without a file', [root, data]],
    ['too much data', [{ ...empty, size: 0 }, data]],
    [
      'more data than said',
      [
        { ...empty, size: 1 },
        { kind: 'data', bytes: Uint8Array.of(1, 2) },
      ],
    ],
    ['too little data', [root, { ...empty, name: encodeUtf8('a'), size: 2 }, data, end]],
    ['an impossible size', [{ ...empty, size: -1 }]],
    ['order', [root, named('b'), named('a'), end]],
    ['twice', [root, named('a'), named('a'), end]],
    ['a link to nowhere', [{ kind: 'symlink', name: NO_NAME, target: NO_NAME }]],
    ...['', '.', '..', 'a/b', 'a\u0000'].map(
      text => [`the name ${text}`, [root, named(text), end]] as [string, NarEvent[]],
    ),
  ]
  for (const [what, events] of refused) assert.throws(() => encode(events), { code: 'NAR_EVENTS' }, what)
})

test('a large file streams through in pieces that stay small', async () => {
  const piece = new Uint8Array(1 << 20).fill(7)
  function* source(): Generator<NarEvent> {
    yield { kind: 'file', name: NO_NAME, executable: false, size: 64 * piece.length }
    for (let i = 0; i < 64; i++) yield { kind: 'data', bytes: piece }
  }
  let largest = 0
  let data = 0
  for await (const event of parseNar(encodeNar(source()))) {
    if (event.kind !== 'data') continue
    largest = Math.max(largest, event.bytes.length)
    data += event.bytes.length
  }
  assert.equal(data, 64 * piece.length)
  assert.ok(largest <= piece.length)
})
