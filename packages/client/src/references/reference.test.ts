import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  formatFlakePath,
  formatReference,
  parseFlakePath,
  parseName,
  parseReference,
  ReferenceError,
  type Reference,
} from './index.ts'

const ID = `0x${'0'.repeat(61)}abc`
const alice = { kind: 'name', name: 'alice' } as const
const space = { kind: 'id', id: ID } as const
const latest = { kind: 'latest' } as const

// From the table of words in ARCHITECTURE.md.
const written: readonly (readonly [string, Reference])[] = [
  ['sui:@alice:hello', { subject: alice, flake: 'hello', select: latest, attribute: undefined }],
  [
    'sui:@alice:hello?version=3',
    { subject: alice, flake: 'hello', select: { kind: 'version', version: 3n }, attribute: undefined },
  ],
  [
    'sui:@alice:hello?tag=stable',
    { subject: alice, flake: 'hello', select: { kind: 'tag', tag: 'stable' }, attribute: undefined },
  ],
  [
    'sui:@alice:hello?tag=24.05#packages.x86_64-linux.hello^out',
    {
      subject: alice,
      flake: 'hello',
      select: { kind: 'tag', tag: '24.05' },
      attribute: 'packages.x86_64-linux.hello^out',
    },
  ],
  [`sui:${ID}:hello#hello`, { subject: space, flake: 'hello', select: latest, attribute: 'hello' }],
  [`sui:${ID}`, { subject: space, flake: undefined, select: latest, attribute: undefined }],
  [
    `sui:${ID}?version=18446744073709551615#`,
    {
      subject: space,
      flake: undefined,
      select: { kind: 'version', version: 18446744073709551615n },
      attribute: '',
    },
  ],
]

for (const [text, reference] of written) {
  test(`${text.slice(0, 60)} is read and written`, () => {
    assert.deepEqual(parseReference(text), reference)
    assert.equal(formatReference(reference), text)
  })
}

test('a short id means the padded one', () => {
  assert.deepEqual(parseReference('sui:0xabc').subject, space)
})

const wrong: readonly (readonly [string, RegExp])[] = [
  ['', /does not begin with sui:/],
  ['@alice:hello', /does not begin with sui:/],
  ['sui:', /neither an @owner nor a 0x/],
  ['sui:alice:hello', /neither an @owner nor a 0x/],
  ['sui:@alice', /write sui:@alice:FLAKE/],
  ['sui:@al:hello', /3 to 63/],
  ['sui:@-alice:hello', /3 to 63/],
  ['sui:@alice-:hello', /3 to 63/],
  ['sui:@Alice:hello', /3 to 63/],
  ['sui:@bob.alice:hello', /names below other names/],
  ['sui:@alice:', /1 to 64/],
  ['sui:@alice:Hello', /1 to 64/],
  ['sui:@alice:hel.lo', /1 to 64/],
  ['sui:@alice:_x', /1 to 64/],
  [`sui:@alice:${'a'.repeat(65)}`, /1 to 64/],
  ['sui:@alice:hello:more', /1 to 64/],
  ['sui:@alice:hello?', /one of them/],
  ['sui:@alice:hello?version', /one of them/],
  ['sui:@alice:hello?rev=3', /one of them/],
  ['sui:@alice:hello?version=0', /from 1/],
  ['sui:@alice:hello?version=03', /from 1/],
  ['sui:@alice:hello?version=-1', /from 1/],
  ['sui:@alice:hello?version=1e3', /from 1/],
  ['sui:@alice:hello?version=18446744073709551616', /from 1/],
  ['sui:@alice:hello?version=1&tag=stable', /from 1/],
  ['sui:@alice:hello?tag=', /a tag is/],
  ['sui:@alice:hello?tag=.x', /a tag is/],
  ['sui:0xABC:hello', /lower-case hex/],
  [`sui:0x${'a'.repeat(65)}`, /lower-case hex/],
  ['sui:0x', /lower-case hex/],
  ['sui:@alice:hello#a\nb', /control characters/],
  [`sui:@alice:hello#${'a'.repeat(1100)}`, /longer than 1024/],
]

for (const [text, problem] of wrong) {
  test(`${JSON.stringify(text.slice(0, 60))} is refused`, () => {
    assert.throws(
      () => parseReference(text),
      error => error instanceof ReferenceError && error.code === 'REFERENCE' && problem.test(error.message),
    )
  })
}

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{1,10})[a-z0-9]$/)
const flake = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/)
const tag = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/)
const select = fc.oneof(
  fc.constant(latest),
  fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(version => ({ kind: 'version' as const, version })),
  tag.map(value => ({ kind: 'tag' as const, tag: value })),
)
const id = fc
  .bigInt({ min: 0n, max: 2n ** 256n - 1n })
  .map(value => `0x${value.toString(16).padStart(64, '0')}`)
const named = fc.record({
  subject: fc.oneof(
    name.map(value => ({ kind: 'name' as const, name: value })),
    id.map(value => ({ kind: 'id' as const, id: value })),
  ),
  flake,
  select,
})

test('what is written is read again', () => {
  const attribute = fc.option(fc.stringMatching(/^[\w.^"#-]{0,40}$/), { nil: undefined })
  const byId = fc.record({
    subject: id.map(value => ({ kind: 'id' as const, id: value })),
    flake: fc.constant(undefined),
    select,
  })
  fc.assert(
    fc.property(fc.oneof(named, byId), attribute, (parts, attribute) => {
      const reference = { ...parts, attribute }
      assert.deepEqual(parseReference(formatReference(reference)), reference)
    }),
  )
})

test('any text is refused by name, or is written as it was read', () => {
  const piece = fc.constantFrom(
    'sui:',
    '@alice',
    '0xabc',
    ID,
    ':',
    'hello',
    '?',
    'version=',
    'tag=',
    '3',
    '#',
    'x',
    '.',
    '/',
    ' ',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 10 }).map(pieces => pieces.join('')),
  )
  fc.assert(
    fc.property(text, text => {
      let reference: Reference
      try {
        reference = parseReference(text)
      } catch (error) {
        assert.ok(error instanceof ReferenceError)
        return
      }
      if (reference.subject.kind === 'name' || text.includes(reference.subject.id)) {
        assert.equal(formatReference(reference), text)
      }
    }),
    { numRuns: 1000 },
  )
})

// From ARCHITECTURE.md, "The way of the data".
const paths: readonly (readonly [string, string])[] = [
  ['/@alice/hello.tar.gz', 'sui:@alice:hello'],
  ['/@alice/hello/3.tar.gz', 'sui:@alice:hello?version=3'],
  ['/@alice/hello/tag/stable.tar.gz', 'sui:@alice:hello?tag=stable'],
  ['/@alice/hello/tag/v1.tar.gz.tar.gz', 'sui:@alice:hello?tag=v1.tar.gz'],
  ['/@alice/3.tar.gz', 'sui:@alice:3'],
  ['/@alice/tag/3.tar.gz', 'sui:@alice:tag?version=3'],
  [`/${ID}/hello.tar.gz`, `sui:${ID}:hello`],
  [`/${ID}.tar.gz`, `sui:${ID}`],
]

for (const [path, text] of paths) {
  test(`${path.slice(-40)} is a path`, () => {
    const reference = parseReference(text)
    assert.deepEqual(parseFlakePath(path), reference)
    assert.equal(formatFlakePath(reference), path)
  })
}

for (const path of [
  '',
  '/',
  '/.tar.gz',
  'alice/hello.tar.gz',
  '/@alice.tar.gz',
  '/@alice/hello.tar',
  '/@alice/hello/latest.tar.gz',
  '/@alice/hello/0.tar.gz',
  '/@alice/hello/tag.tar.gz',
  '/@alice/hello/tag/.tar.gz',
  '/@alice/hello/tag/stable/more.tar.gz',
  '/@alice/hello/3/4.tar.gz',
  '/@alice//3.tar.gz',
  '/@alice/..%2f/3.tar.gz',
  `/@alice/hello/${'1'.repeat(600)}.tar.gz`,
]) {
  test(`${JSON.stringify(path.slice(0, 50))} is no path`, () => {
    assert.throws(() => parseFlakePath(path), ReferenceError)
  })
}

test('a path is read as it was written', () => {
  fc.assert(
    fc.property(named, parts => {
      const reference = { ...parts, attribute: undefined }
      assert.deepEqual(parseFlakePath(formatFlakePath(reference)), reference)
    }),
  )
})

test('the id of a flake with a release has no path', () => {
  assert.throws(() => formatFlakePath(parseReference(`sui:${ID}?version=3`)), /no URL/)
})

test('a name is read in its three forms', () => {
  for (const text of ['alice', '@alice', 'alice.sui']) assert.equal(parseName(text), 'alice')
  for (const text of ['', '@', 'a', 'Alice', '@alice.sui', 'bob.alice.sui', '.sui', 'a b c']) {
    assert.throws(() => parseName(text), ReferenceError)
  }
})
