import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compareVersions, satisfies, type VersionOperator } from './version.ts'

// Each list ascends. The first is the example of the policy, "Version"; the others follow from its rules by hand.
for (const ascending of [
  ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0a'],
  ['0.9', '1.0~beta1~svn1245', '1.0~beta1', '1.0'],
  ['1.2-9', '1.2-10', '1.2+b1-1', '1.2.0-1'],
  ['9.9.9', '1:0.1', '1:0.2', '2:0'],
  ['2.36-9', '2.36-9+deb12u1', '2.36-9+deb12u9', '2.36-9+deb12u14'],
  ['1.0-1~bpo1', '1.0-1', '1.0-1+b1', '1.0-1.1'],
  ['99999999999999999998', '99999999999999999999'],
]) {
  test(`versions ascend: ${ascending.join(' ')}`, () => {
    for (const [i, left] of ascending.entries())
      for (const [j, right] of ascending.entries())
        assert.equal(Math.sign(compareVersions(left, right)), Math.sign(i - j), `${left} and ${right}`)
  })
}

test('zeros before a number and an epoch of 0 make no difference', () => {
  assert.equal(compareVersions('1.02', '1.2'), 0)
  assert.equal(compareVersions('0:1', '1'), 0)
  assert.equal(compareVersions('1-0', '1'), 0)
})

test('the order is one: the reverse of a comparison is its opposite', () => {
  const version = fc.stringMatching(/^([0-9]:)?[0-9][0-9a-zA-Z.+~]{0,8}(-[0-9a-z.+~]{1,4})?$/)
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0)
      assert.equal(compareVersions(a, a), 0)
    }),
  )
})

test('the five operators', () => {
  const holds = (operator: VersionOperator): readonly boolean[] =>
    ['1', '2', '3'].map(version => satisfies(version, operator, '2'))
  assert.deepEqual(holds('<<'), [true, false, false])
  assert.deepEqual(holds('<='), [true, true, false])
  assert.deepEqual(holds('='), [false, true, false])
  assert.deepEqual(holds('>='), [false, true, true])
  assert.deepEqual(holds('>>'), [false, false, true])
})
