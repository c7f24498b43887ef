import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPackageChange, packageChanges } from './package-changes.ts'

const at = (digit: string, name: string): string => `/nix/store/${digit.repeat(32)}-${name}`

test('what changed between two closures, in words', () => {
  const before = [
    at('1', 'hello-1.0'),
    at('2', 'zlib-1.3'),
    at('3', 'tools'),
    at('4', 'same-2'),
    at('5', 'gtk-x-4'),
  ]
  const after = [
    at('6', 'hello-1.1'),
    at('7', 'libffi-3'),
    at('8', 'tools'),
    at('4', 'same-2'),
    at('9', 'gtk-x-4'),
  ]
  assert.deepEqual(packageChanges(before, after).map(formatPackageChange), [
    'gtk-x 4 rebuilt',
    'hello 1.0 → 1.1',
    'libffi 3 added',
    'tools rebuilt',
    'zlib 1.3 removed',
  ])
  assert.deepEqual(packageChanges(before, before), [])
})
