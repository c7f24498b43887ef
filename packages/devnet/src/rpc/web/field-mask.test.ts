import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrpcTypes } from '@mysten/sui/grpc'
import { FieldMask } from './field-mask.ts'
import type { Draft } from './method.ts'

const { ExecutedTransaction, GetObjectResult } = GrpcTypes
const executed: Draft<GrpcTypes.ExecutedTransaction> = {
  digest: 'D',
  checkpoint: 7n,
  effects: {
    version: 2,
    status: { success: false, error: { command: 1n } },
    changedObjects: [
      { objectId: '0x1', objectType: 'A' },
      { objectId: '0x2', objectType: 'B' },
    ],
  },
}

function parse(...paths: string[]): FieldMask {
  return FieldMask.parse({ paths }, ExecutedTransaction, [])
}

test('named fields stay, others go', () => {
  const mask = parse('digest', 'effects.status')
  assert.deepEqual(mask.trim<GrpcTypes.ExecutedTransaction>(ExecutedTransaction, executed), {
    digest: 'D',
    effects: { status: { success: false, error: { command: 1n } } },
  })
  assert.equal(mask.has('effects'), true)
  assert.equal(mask.has('checkpoint'), false)
  assert.equal(mask.inside('effects').has('status'), true)
  assert.equal(mask.inside('effects').has('version'), false)
  assert.equal(mask.inside('events').has('bcs'), false)
})

test('a path through a list applies to each element', () => {
  const mask = parse('effects.changed_objects.object_type')
  assert.deepEqual(mask.trim<GrpcTypes.ExecutedTransaction>(ExecutedTransaction, executed), {
    effects: { changedObjects: [{ objectType: 'A' }, { objectType: 'B' }] },
  })
})

test('a field and a path inside it want the whole field, in either order', () => {
  for (const mask of [parse('effects', 'effects.status'), parse('effects.status', 'effects')])
    assert.deepEqual(mask.trim<GrpcTypes.ExecutedTransaction>(ExecutedTransaction, executed), {
      effects: executed.effects,
    })
})

test('the star wants everything, no path wants nothing, no mask wants the default', () => {
  assert.deepEqual(parse('*').trim<GrpcTypes.ExecutedTransaction>(ExecutedTransaction, executed), executed)
  assert.deepEqual(parse().trim<GrpcTypes.ExecutedTransaction>(ExecutedTransaction, executed), {})
  const byDefault = FieldMask.parse(undefined, ExecutedTransaction, ['digest'])
  assert.deepEqual(byDefault.trim<GrpcTypes.ExecutedTransaction>(ExecutedTransaction, executed), {
    digest: 'D',
  })
})

test('a member of a oneof stays when it is the one that is set', () => {
  const result: Draft<GrpcTypes.GetObjectResult> = {
    result: { oneofKind: 'object', object: { objectId: '0x1', digest: 'D' } },
  }
  const trim = (path: string): Draft<GrpcTypes.GetObjectResult> =>
    FieldMask.parse({ paths: [path] }, GetObjectResult, []).trim<GrpcTypes.GetObjectResult>(
      GetObjectResult,
      result,
    )
  assert.deepEqual(trim('object.digest'), { result: { oneofKind: 'object', object: { digest: 'D' } } })
  assert.deepEqual(trim('error'), {})
})

test('isWithin tells whether anything else is wanted', () => {
  assert.equal(parse('digest', 'effects.status').isWithin(['digest', 'effects']), true)
  assert.equal(parse('digest', 'effects.status').isWithin(['digest']), false)
  assert.equal(FieldMask.ALL.isWithin(['digest']), false)
})

for (const path of [
  '',
  'nothing',
  'digest.more',
  'effects.nothing',
  'effects..status',
  'objectId',
  'changedObjects',
])
  test(`${JSON.stringify(path)} is no path`, () => {
    assert.throws(() => parse(path), { code: 'INVALID_ARGUMENT', message: /read_mask/ })
  })

test('a mask has a limit', () => {
  assert.throws(() => parse(...Array.from({ length: 257 }, () => 'digest')), { code: 'INVALID_ARGUMENT' })
})
