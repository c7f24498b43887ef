import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRelations, parseStanza } from './control.ts'
import { DebianError } from './errors.ts'

const isIndexError = (error: unknown): boolean =>
  error instanceof DebianError && error.code === 'DEBIAN_INDEX'

test('fields, continuations and comments of a stanza', () => {
  const stanza = parseStanza('Package: hello\n# none\nDescription: short\n long\n .\n more\nVersion:2.10-3\n')
  assert.deepEqual(
    [...stanza],
    [
      ['package', 'hello'],
      ['description', 'short\nlong\n.\nmore'],
      ['version', '2.10-3'],
    ],
  )
})

test('what is no field is refused', () => {
  assert.throws(() => parseStanza('Package: x\nnonsense\n'), isIndexError)
  assert.throws(() => parseStanza(' continuation of nothing\n'), isIndexError)
})

test('relations: alternatives, constraints, qualifiers', () => {
  assert.deepEqual(
    parseRelations('libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0,\n python3:any, xx(<<1:2~)'),
    [
      [{ name: 'libc6', constraint: { operator: '>=', version: '2.34' } }],
      [{ name: 'debconf', constraint: { operator: '>=', version: '0.5' } }, { name: 'debconf-2.0' }],
      [{ name: 'python3' }],
      [{ name: 'xx', constraint: { operator: '<<', version: '1:2~' } }],
    ],
  )
  assert.deepEqual(parseRelations(''), [])
})

for (const wrong of [
  'Upper',
  'a b',
  'libc6 (~ 2)',
  'libc6 (>= )',
  'xx | ',
  '../etc',
  "x'; rm",
  'xx (>= 1) yy',
])
  test(`no relation: ${wrong}`, () => {
    assert.throws(() => parseRelations(wrong), isIndexError)
  })
