import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, encodeUtf8, formatHex, parseHex } from '../bytes/index.ts'
import { decodeChunk, encodeChunk, rawChunk, type StoredChunk } from '../chunk/index.ts'
import { DecodeError } from '../errors/index.ts'
import { assertCanonicalCodec, readVectorJson } from '../testing/codec.ts'
import { maxBlobBytes, packLimit, PackWriter, readPackIndex, type PackEntry } from './index.ts'

const vectors = readVectorJson('pack/vectors.json') as { pack: string }
const PACK = parseHex(vectors.pack)
const ENTRY_BYTES = 49
/** Where the index of the vector starts: behind "one" and "chunk two". */
const INDEX_AT = 12

function packOf(chunks: readonly StoredChunk[]): Uint8Array {
  const writer = new PackWriter(1 << 24)
  for (const chunk of chunks) assert.ok(writer.tryAdd(chunk) !== undefined)
  assert.equal(writer.size, writer.finish().length)
  return writer.finish()
}

function entriesOf(pack: Uint8Array): readonly PackEntry[] {
  const index = readPackIndex(pack, pack.length)
  assert.ok('entries' in index)
  return index.entries
}

/** Writes a pack again from what its index says. */
function rewrite(pack: Uint8Array): Uint8Array {
  const writer = new PackWriter(1 << 24)
  for (const entry of entriesOf(pack).toSorted((a, b) => a.offset - b.offset || a.length - b.length)) {
    writer.tryAdd({ ...entry, bytes: pack.slice(entry.offset, entry.offset + entry.length) })
  }
  return writer.finish()
}

test('a pack is that of the reference', () => {
  assert.equal(formatHex(packOf(['one', 'chunk two'].map(text => rawChunk(encodeUtf8(text))))), vectors.pack)
})

test('what goes in comes out', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uint8Array({ maxLength: 200 }), { selector: String, maxLength: 20 }),
      raws => {
        const pack = packOf(raws.map(raw => encodeChunk(raw)))
        const entries = entriesOf(pack)
        assert.equal(entries.length, raws.length)
        const found = entries.map(entry =>
          decodeChunk(entry, pack.subarray(entry.offset, entry.offset + entry.length)),
        )
        assert.deepEqual(found.map(String).toSorted(), raws.map(String).toSorted())
      },
    ),
  )
})

test('any accepted pack is the one of its chunks in their order', () => {
  assertCanonicalCodec(rewrite, [
    PACK,
    packOf([]),
    packOf([encodeChunk(new Uint8Array(999)), rawChunk(PACK)]),
  ])
})

test('an index is read from the end alone', () => {
  const tail = (bytes: number): Uint8Array => PACK.subarray(PACK.length - bytes)
  assert.deepEqual(readPackIndex(tail(5), PACK.length), { needTailBytes: 12 })
  assert.deepEqual(readPackIndex(tail(12), PACK.length), { needTailBytes: 12 + 2 * ENTRY_BYTES })
  const needed = 12 + 2 * ENTRY_BYTES
  assert.deepEqual(readPackIndex(tail(needed), PACK.length), readPackIndex(PACK, PACK.length))
  assert.throws(() => readPackIndex(PACK, PACK.length - 1), RangeError)
})

test('a full pack says so and stays within its limit', () => {
  const chunk = rawChunk(new Uint8Array(100))
  const exact = 100 + ENTRY_BYTES + 12
  assert.equal(new PackWriter(exact - 1).tryAdd(chunk), undefined)
  const writer = new PackWriter(exact)
  assert.deepEqual(writer.tryAdd(chunk), {
    id: chunk.id,
    offset: 0,
    length: 100,
    rawSize: 100,
    encoding: 'raw',
  })
  assert.equal(writer.tryAdd(rawChunk(Uint8Array.of(1))), undefined)
  assert.equal(writer.finish().length, exact)
  assert.equal(writer.count, 1)
})

test('a chunk is stored once', () => {
  const writer = new PackWriter(1 << 20)
  const first = writer.tryAddRaw(Uint8Array.of(1))
  writer.tryAddRaw(Uint8Array.of(2))
  assert.ok(first !== undefined && writer.has(first.id) && !writer.has(new Uint8Array(32)))
  assert.equal(writer.tryAddRaw(Uint8Array.of(1)), first)
  assert.equal(writer.count, 2)
  const compressed = encodeChunk(new Uint8Array(500))
  writer.tryAdd(compressed)
  assert.throws(() => writer.tryAddRaw(new Uint8Array(500)), /raw/)
})

/** The vector with bytes of its index or trailer replaced. */
function damaged(at: number, ...bytes: number[]): Uint8Array {
  const pack = PACK.slice()
  pack.set(bytes, at)
  return pack
}

test('each rule has its refusal', () => {
  const trailer = PACK.length - 12
  const [first, second] = [INDEX_AT, INDEX_AT + ENTRY_BYTES]
  const swapped = concatBytes([
    PACK.subarray(0, first),
    PACK.subarray(second, trailer),
    PACK.subarray(first, second),
    PACK.subarray(trailer),
  ])
  const refused: [string, Uint8Array, RegExp][] = [
    ['nothing', new Uint8Array(0), /shorter/],
    ['less than a trailer', PACK.subarray(-11), /shorter/],
    ['another magic', damaged(PACK.length - 1, 0x32), /not a pack/],
    ['more entries than bytes', damaged(trailer, 3), /impossible length/],
    ['absurdly many entries', damaged(trailer, 0xff, 0xff, 0xff, 0xff), /impossible length/],
    ['fewer entries than bytes', damaged(trailer, 1), /gap|end/],
    ['entries out of order', swapped, /out of order/],
    [
      'an entry twice',
      concatBytes([
        PACK.subarray(0, first),
        PACK.subarray(first, second),
        PACK.subarray(first, second),
        PACK.subarray(trailer),
      ]),
      /out of order/,
    ],
    ['an overlap', damaged(second + 32, 2), /overlap/],
    ['a gap', damaged(second + 32, 4), /overlap|gap/],
    ['an offset far out', damaged(second + 32, 0, 0, 0, 0, 0, 0, 0, 0xff), /overlap|gap/],
    ['a length too long', damaged(second + 40, 10, 0, 0, 0, 10), /index|overlap|gap/],
    ['another raw size of a raw chunk', damaged(second + 44, 1), /sizes/],
    ['an unknown encoding', damaged(second + 48, 2), /unknown encoding/],
    ['compression that does not shrink', damaged(second + 48, 1), /sizes/],
    ['a raw size beyond the limit', damaged(second + 44, 1, 0, 16, 0, 1), /larger/],
  ]
  for (const [what, pack, message] of refused) {
    assert.throws(
      () => readPackIndex(pack, pack.length),
      error => error instanceof DecodeError && message.test(error.message),
      what,
    )
  }
})

// By hand: n=10: f=3, p=4, s=7, 28 symbols; n=100: f=33, p=34, s=67; n=1000: f=333, p=334, s=667; each 65,534 bytes.
test('the largest blob of a network', () => {
  assert.equal(maxBlobBytes(10), 28 * 65_534)
  assert.equal(maxBlobBytes(100), 2278 * 65_534)
  assert.equal(maxBlobBytes(1000), 222_778 * 65_534)
  assert.equal(packLimit(10), 1_834_952)
  assert.equal(packLimit(100), 33_554_432)
  assert.equal(packLimit(1000, 1 << 20), 1 << 20)
  for (const bad of [0, 3, 4.5, 65_536, NaN]) assert.throws(() => maxBlobBytes(bad), RangeError)
})
