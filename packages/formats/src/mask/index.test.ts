import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, encodeUtf8, formatHex, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { parseStorePath } from '../store-path/index.ts'
import { assertCanonicalCodec, readVectorJson } from '../testing/codec.ts'
import { samplePath } from '../testing/entries.ts'
import { noise } from '../testing/noise.ts'
import {
  assertPlaces,
  knownHashes,
  Masker,
  MAX_INLINE_PLACES,
  NarCutter,
  type Place,
  PlaceDecoder,
  PlacesError,
  PlaceWriter,
  unmask,
} from './index.ts'

interface Vectors {
  readonly masks: Record<
    string,
    { known: string[]; nar: string; masked: string; hashes: number[]; places: string }
  >
  readonly refusedPlaces: Record<string, { hashes: number; narSize: number; places: string; masked?: string }>
}
const { masks, refusedPlaces } = readVectorJson('manifest/vectors.json') as Vectors

interface MaskedNar {
  readonly masked: Uint8Array
  readonly hashes: readonly number[]
  readonly places: Uint8Array
}

function mask(known: readonly string[], pieces: readonly Uint8Array[]): MaskedNar {
  const masker = new Masker(known)
  const masked: Uint8Array[] = []
  const places: Uint8Array[] = []
  for (const piece of pieces) {
    masked.push(masker.push(piece.slice()).slice())
    places.push(masker.takePlaces())
  }
  masked.push(masker.finish())
  return { masked: concatBytes(masked), hashes: masker.hashes, places: concatBytes(places) }
}

async function unmasked(
  known: readonly string[],
  pieces: readonly Uint8Array[],
  hashes: readonly number[],
  places: readonly Uint8Array[],
  narSize = BigInt(pieces.reduce((sum, piece) => sum + piece.length, 0)),
): Promise<Uint8Array> {
  const found = hashes.map(hash => known[hash] ?? '')
  return concatBytes(await Array.fromAsync(unmask(pieces, { hashes: found, places, narSize })))
}

/** In pieces of these sizes, over and over. */
function split(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    pieces.push(bytes.slice(at, at + size))
    at += size
  }
  return pieces
}

function placesOf(bytes: Uint8Array, hashes: number, narSize: bigint): Place[] {
  const decoder = new PlaceDecoder(hashes, narSize)
  decoder.push(bytes)
  const places: Place[] = []
  for (let place = decoder.next(); place !== undefined; place = decoder.next()) places.push(place)
  decoder.finish()
  return places
}

test('NARs as the reference masks them, and back', async () => {
  for (const [what, vector] of Object.entries(masks)) {
    const nar = parseHex(vector.nar)
    const { masked, hashes, places } = mask(vector.known, [nar])
    assert.equal(Buffer.from(masked).toString('hex'), vector.masked, what)
    assert.deepEqual(hashes, vector.hashes, what)
    assert.equal(formatHex(places), vector.places, what)
    assert.deepEqual(await unmasked(vector.known, [masked], hashes, [places]), nar, what)
  }
})

test('known are the hash parts of a path and of its references, each once', () => {
  const [low, high] = [`${'0'.repeat(31)}1`, `z${'0'.repeat(31)}`]
  const path = (hash: string, name: string) => parseStorePath(`/nix/store/${hash}-${name}`)
  assert.deepEqual(knownHashes(path(high, 'a'), []), [high])
  assert.deepEqual(knownHashes(path(high, 'a'), [path(low, 'b'), path(high, 'a')]), [low, high])
  assert.deepEqual(knownHashes(path(low, 'a'), [path(low, 'b')]), [low])
})

/** Hashes that share beginnings, and one that stands in its own repetition. */
const KNOWN = knownHashes(
  parseStorePath(`/nix/store/${'ab'.repeat(16)}-self`),
  ['a'.repeat(32), `${'a'.repeat(31)}b`, `${'ab'.repeat(15)}ac`, '0'.repeat(32), `zz${'x'.repeat(30)}`]
    .map(hash => parseStorePath(`/nix/store/${hash}-x`))
    .concat(Array.from({ length: 20 }, (_, i) => samplePath(i))),
)

const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KNOWN) },
  fc.constantFrom('e'.repeat(32), 'e', 'a', 'ab', 'aab', '/nix/store/', '-', 'a'.repeat(40), '0'.repeat(33)),
  fc.tuple(fc.constantFrom(...KNOWN), fc.nat({ max: 31 })).map(([hash, size]) => hash.slice(size)),
  fc.tuple(fc.constantFrom(...KNOWN), fc.nat({ max: 31 })).map(([hash, size]) => hash.slice(0, size)),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
)
const nars = fc.array(part, { maxLength: 30 }).map(parts => encodeUtf8(parts.join('')))
const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })

/** What is masked, byte for byte: slow, and plainly as the specification says it. */
function expected(known: readonly string[], nar: Uint8Array): { masked: string; places: [number, string][] } {
  let masked = Buffer.from(nar).toString('latin1')
  const places: [number, string][] = []
  for (let at = 0; at + 32 <= masked.length;) {
    const hash = masked.slice(at, at + 32)
    if (!known.includes(hash)) {
      at++
      continue
    }
    masked = masked.slice(0, at) + 'e'.repeat(32) + masked.slice(at + 32)
    places.push([at, hash])
    at += 32
  }
  return { masked, places }
}

test('what is masked does not depend on pieces, and comes back whatever it was', async () => {
  await fc.assert(
    fc.asyncProperty(nars, sizes, sizes, sizes, async (nar, in_, out, narrow) => {
      const { masked, hashes, places } = mask(KNOWN, split(nar, in_))
      const plain = expected(KNOWN, nar)
      assert.equal(Buffer.from(masked).toString('latin1'), plain.masked)
      const found = placesOf(places, hashes.length, BigInt(nar.length))
      assert.deepEqual(
        found.map(({ offset, hash }) => [offset, KNOWN[hashes[hash] ?? -1]]),
        plain.places,
      )
      const back = await unmasked(KNOWN, split(masked, out), hashes, split(places, narrow))
      assert.deepEqual(back, nar)
    }),
    { numRuns: 400 },
  )
})

test('bytes that look like hashes everywhere are looked at once', () => {
  // A scanner that began anew behind each of these would need 32 times as long; one that copied, for ever.
  const nar = noise(1 << 20).map(byte => 'abcdfghijklm'.charCodeAt(byte % 12))
  const { masked, places } = mask(KNOWN, [nar])
  assert.deepEqual([masked, places.length], [nar, 0])
})

test('a NAR of nothing but hashes has one byte for each gap and each hash', async () => {
  const known = knownHashes(
    samplePath(0),
    Array.from({ length: 8192 }, (_, i) => samplePath(i + 1)),
  )
  assert.equal(known.length, 8193)
  const nar = encodeUtf8(known.join('').repeat(4))
  const { masked, hashes, places } = mask(known, split(nar, [100_000]))
  assert.deepEqual(masked, new Uint8Array(nar.length).fill(0x65))
  assert.deepEqual(
    hashes,
    known.map((_, i) => i),
  )
  assert.equal(places.length, 4 * (8193 + 128 + 2 * (8193 - 128)))
  assert.deepEqual(await unmasked(known, split(masked, [65_536]), hashes, split(places, [1000])), nar)
})

test('places stay the same when all hashes are others', () => {
  const program = (hashes: readonly string[]): Uint8Array =>
    encodeUtf8([2, 0, 1, 2, 0].map(i => `/nix/store/${hashes[i]}-x/lib${i}`).join('\0'))
  const builds = [100, 200, 300, 400].map(seed => {
    const paths = [0, 1, 2].map(i => samplePath(seed + i))
    const known = knownHashes(samplePath(seed), paths)
    const inOrder = paths.map(path => path.slice(11, 43))
    return { ...mask(known, [program(inOrder)]), order: inOrder.toSorted().join() === inOrder.join() }
  })
  // Their hashes sort differently, or this would show nothing.
  assert.ok(new Set(builds.map(({ hashes }) => hashes.join())).size > 1)
  assert.equal(new Set(builds.map(({ masked }) => formatHex(masked))).size, 1)
  assert.equal(new Set(builds.map(({ places }) => formatHex(places))).size, 1)
})

test('places far apart, and the largest NAR', () => {
  const far = [0, 200, 2 ** 32, 2 ** 44].map((offset, i) => ({ offset, hash: Math.min(i, 1) }))
  const writer = new PlaceWriter()
  for (const place of far) writer.write(place)
  const bytes = writer.take()
  // 0; 200 − 32; 2^32 − 232; 2^44 − 2^32 − 32.
  assert.equal(formatHex(bytes), '0000a8010198feffff0f01e0ffffffefff0301')
  assert.deepEqual(placesOf(bytes, 2, 2n ** 64n - 1n), far)
  assert.deepEqual(placesOf(bytes, 2, 2n ** 44n + 32n), far)
  assert.throws(() => placesOf(bytes, 2, 2n ** 44n + 31n), PlacesError)
})

test('any accepted places are the one encoding of themselves', () => {
  const reencode = (bytes: Uint8Array): Uint8Array => {
    const hashes = Math.max(-1, ...lenient(bytes)) + 1
    const writer = new PlaceWriter()
    for (const place of placesOf(bytes, hashes, 1000n)) writer.write(place)
    return writer.take()
  }
  assertCanonicalCodec(reencode, [parseHex('0000'), parseHex('0000a8010100010500')])
})

/** Every second number. */
function lenient(bytes: Uint8Array): number[] {
  const numbers: number[] = []
  for (let value = 0, digit = 0, i = 0; i < bytes.length; i++) {
    value += ((bytes[i] ?? 0) & 0x7f) * 128 ** digit++
    if ((bytes[i] ?? 0) >= 0x80) continue
    numbers.push(value)
    value = digit = 0
  }
  return numbers.filter((_, i) => i % 2 === 1)
}

test('places that the reference refuses', async () => {
  for (const [what, { hashes, narSize, places, masked }] of Object.entries(refusedPlaces)) {
    const bytes = parseHex(places)
    if (masked === undefined)
      assert.throws(() => assertPlaces(bytes, hashes, BigInt(narSize)), PlacesError, what)
    const nar = masked === undefined ? new Uint8Array(narSize).fill(0x65) : parseHex(masked)
    const found = Array.from({ length: hashes }, (_, i) => i)
    for (const size of [1, 1000])
      await assert.rejects(
        unmasked(KNOWN, split(nar, [40]), found, split(bytes, [size]), BigInt(narSize)),
        PlacesError,
        what,
      )
  }
})

test('whatever places say, no more than the masked bytes is handed out', async () => {
  const known = KNOWN.slice(0, 3)
  const masked = concatBytes([new Uint8Array(100).fill(0x65), noise(20), new Uint8Array(40).fill(0x65)])
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 12 }), sizes, async (places, out) => {
      let size = 0
      const declared = { hashes: known, places: [places], narSize: BigInt(masked.length) }
      try {
        for await (const piece of unmask(split(masked, out), declared)) size += piece.length
        assert.equal(size, masked.length)
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error))
      }
      assert.ok(size <= masked.length)
    }),
  )
})

test('billions of places in a small NAR end at once', async () => {
  let asked = 0
  const forever = function* (): Generator<Uint8Array> {
    for (;;) {
      asked++
      yield new Uint8Array(1 << 16)
    }
  }
  const pieces = [new Uint8Array(3200).fill(0x65)]
  const masked = { hashes: KNOWN.slice(0, 1), places: forever(), narSize: 3200n }
  await assert.rejects(Array.fromAsync(unmask(pieces, masked)), PlacesError)
  assert.ok(asked <= 2)
})

test('what is read of the places ends with the NAR, and its failure is that of the NAR', async () => {
  let isEnded = false
  const places = async function* (isLost: boolean): AsyncGenerator<Uint8Array> {
    try {
      yield parseHex('0000')
      if (isLost) throw new Error('lost')
      yield parseHex('1000')
      assert.fail('nobody asked for more')
    } finally {
      isEnded = true
    }
  }
  const masked = { hashes: KNOWN.slice(0, 1), narSize: 200n }
  const pieces = [new Uint8Array(40).fill(0x65), new Uint8Array(160).fill(0x65)]
  await assert.rejects(Array.fromAsync(unmask(pieces, { ...masked, places: places(true) })), /lost/)
  assert.ok(isEnded)
  isEnded = false
  for await (const piece of unmask(pieces, { ...masked, places: places(false) })) {
    assert.equal(piece.length, 40)
    break
  }
  assert.ok(isEnded)
})

test('pieces are not changed', async () => {
  const masked = new Uint8Array(64).fill(0x65)
  const back = await unmasked(KNOWN, [masked], [0], [parseHex('0000')])
  assert.equal(Buffer.from(back.subarray(0, 32)).toString(), KNOWN[0])
  assert.deepEqual(masked, new Uint8Array(64).fill(0x65))
})

test('few places stand in the entry, many are cut themselves', () => {
  const known = KNOWN.slice(0, 1)
  const cut = (count: number): { inline: number | undefined; nar: number; places: number } => {
    const cutter = new NarCutter(known)
    const nar = encodeUtf8(`${known[0]}`.repeat(count))
    const pieces = split(nar, [1 << 20]).map(piece => cutter.push(piece))
    const last = cutter.finish()
    const sizes = (parts: readonly Uint8Array[]): number => concatBytes(parts).length
    return {
      inline: last.inlinePlaces?.length,
      nar: sizes([...pieces, last].flatMap(piece => piece.nar)),
      places: sizes([...pieces, last].flatMap(piece => piece.places)),
    }
  }
  const most = MAX_INLINE_PLACES / 2
  assert.deepEqual(cut(0), { inline: 0, nar: 0, places: 0 })
  assert.deepEqual(cut(most), { inline: 512, nar: most * 32, places: 0 })
  assert.deepEqual(cut(most + 1), { inline: undefined, nar: (most + 1) * 32, places: 514 })
  assert.deepEqual(cut(200_000), { inline: undefined, nar: 6_400_000, places: 400_000 })
})
