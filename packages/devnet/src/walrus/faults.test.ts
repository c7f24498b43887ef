import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { blobIdOf } from './blob-id.ts'
import { NodeError } from './errors.ts'
import { Faults, flipBits, parseFault } from './faults.ts'

const BLOB = blobIdOf(new Uint8Array(32).fill(1))
const OTHER = blobIdOf(new Uint8Array(32).fill(2))
const read = { access: 'read' } as const

function faultsOf(json: unknown): Faults {
  const faults = new Faults()
  faults.set(parseFault(json))
  return faults
}

test('words mean what they always meant', () => {
  assert.ok(faultsOf('tamper').tampers(read))
  assert.ok(faultsOf('down').isDown)
  assert.equal(faultsOf('slow').delayMs(read), 3000)
  const none = faultsOf(null)
  assert.ok(!none.isDown && !none.tampers(read) && !none.drops(read) && none.delayMs(read) === 0)
  none.throwIfRefused(read)
})

test('rules add up', () => {
  const faults = faultsOf([{ kind: 'delay', delayMs: 20 }, { kind: 'delay', delayMs: 5 }, { kind: 'drop' }])
  assert.equal(faults.delayMs(read), 25)
  assert.ok(faults.drops(read))
})

for (const [status, code] of [
  [404, 'NOT_FOUND'],
  [429, 'RATE_LIMITED'],
  [451, 'BLOCKED'],
  [503, 'UNAVAILABLE'],
] as const)
  test(`status ${status}`, () => {
    assert.throws(
      () => faultsOf({ kind: 'status', status }).throwIfRefused(read),
      (error: unknown) => error instanceof NodeError && error.httpCode === status && error.code === code,
    )
  })

test('a rule is for the requests that it names', () => {
  const primary3 = { kind: 'primary', pair: 3 } as const
  const subject = { access: 'read', blob: BLOB, sliver: primary3 } as const
  const fits = [
    {},
    { blob: BLOB },
    { sliver: 'primary' },
    { pairs: [1, 3] },
    { access: 'read' },
    { blob: BLOB, sliver: 'primary', pairs: [3], access: 'read' },
  ]
  for (const scope of fits) assert.ok(faultsOf({ kind: 'tamper', ...scope }).tampers(subject))
  const not = [{ blob: OTHER }, { sliver: 'secondary' }, { pairs: [1] }, { pairs: [] }, { access: 'write' }]
  for (const scope of not) assert.ok(!faultsOf({ kind: 'tamper', ...scope }).tampers(subject))
  assert.ok(!faultsOf({ kind: 'tamper', pairs: [3] }).tampers(read))
})

const senseless: readonly unknown[] = [
  undefined,
  'lazy',
  7,
  {},
  { kind: 'lazy' },
  { kind: 'tamper', status: 404 },
  { kind: 'delay' },
  { kind: 'tamper', colluding: 1 },
  { kind: 'drop', colluding: true },
  { kind: 'delay', delayMs: -1 },
  { kind: 'delay', delayMs: 600_001 },
  { kind: 'status', status: 200 },
  { kind: 'drop', blob: 'short' },
  { kind: 'drop', sliver: 'both' },
  { kind: 'drop', pairs: [0.5] },
  { kind: 'drop', pairs: 3 },
  { kind: 'drop', access: 'all' },
  { kind: 'drop', node: 3 },
  Array.from({ length: 101 }, () => ({ kind: 'drop' })),
]
for (const fault of senseless)
  test(`no fault: ${JSON.stringify(fault)?.slice(0, 60)}`, () => {
    assert.throws(
      () => parseFault(fault),
      (error: unknown) => error instanceof SquidError && error.code === 'BAD_REQUEST',
    )
  })

test('a server is down for everything', () => {
  for (const scope of [{ sliver: 'primary' }, { pairs: [1] }, { blob: BLOB }, { access: 'read' }])
    assert.throws(() => faultsOf({ kind: 'down', ...scope }), { code: 'BAD_FAULT' })
})

test('flipped bits lie where they should', () => {
  const bytes = new Uint8Array(200)
  flipBits(bytes, 'node-1', 8, 150)
  assert.deepEqual(
    [...bytes.entries()].filter(([, byte]) => byte !== 0).map(([at]) => at),
    [8, 72, 136],
  )
})

test('everybody flips other bits, unless all collude', () => {
  const flipped = (by: string): Uint8Array => {
    const bytes = new Uint8Array(200)
    flipBits(bytes, by)
    return bytes
  }
  assert.notDeepEqual(flipped('node-1'), flipped('node-2'))
  assert.deepEqual(flipped('all'), flipped('all'))
  assert.ok(!faultsOf('tamper').colludes(read))
  assert.ok(!faultsOf({ kind: 'tamper', colluding: false }).colludes(read))
  const colluding = faultsOf({ kind: 'tamper', colluding: true })
  assert.ok(colluding.tampers(read) && colluding.colludes(read))
})
