import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ArchiveIndex } from './archive-index.ts'
import { DebianError, type DebianErrorCode } from './errors.ts'
import { resolvePackages, stronglyConnected } from './resolve.ts'

/** An index of `name version field: value, …` lines. */
function index(
  ...packages: readonly (readonly [name: string, version: string, ...fields: string[]])[]
): ArchiveIndex {
  return new ArchiveIndex(
    packages
      .map(([name, version, ...fields]) => [`Package: ${name}`, `Version: ${version}`, ...fields].join('\n'))
      .join('\n\n'),
  )
}

function depends(archive: ArchiveIndex, ...wanted: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...resolvePackages(archive, wanted)].map(([name, { depends }]) => [name, depends]),
  )
}

const withCode =
  (code: DebianErrorCode) =>
  (error: unknown): boolean =>
    error instanceof DebianError && error.code === code

test('the closure of dependencies and pre-dependencies, nothing else', () => {
  const archive = index(
    ['pa', '1', 'Depends: pb, pc', 'Recommends: pe'],
    ['pb', '1', 'Pre-Depends: pd'],
    ['pc', '1'],
    ['pd', '1', 'Suggests: pe'],
    ['pe', '1'],
  )
  assert.deepEqual(depends(archive, 'pa'), { pa: ['pb', 'pc'], pb: ['pd'], pc: [], pd: [] })
})

test('the first alternative that is there wins, unless one is chosen already', () => {
  const archive = index(['pa', '1', 'Depends: gone | pb | pc'], ['pb', '1'], ['pc', '1'])
  assert.deepEqual(depends(archive, 'pa'), { pa: ['pb'], pb: [] })
  assert.deepEqual(depends(archive, 'pa', 'pc'), { pa: ['pc'], pc: [] })
})

test('a constraint rules versions out', () => {
  const archive = index(['pa', '1', 'Depends: pb (>= 2) | pc'], ['pb', '1.9'], ['pc', '1'])
  assert.deepEqual(depends(archive, 'pa'), { pa: ['pc'], pc: [] })
})

test('virtual packages: by priority, then by name; a constraint needs a provided version', () => {
  const archive = index(
    ['pa', '1', 'Depends: mail'],
    ['pz', '1', 'Provides: mail', 'Priority: important'],
    ['pb', '1', 'Provides: px, mail (= 3), py', 'Priority: optional'],
    ['pv', '1', 'Depends: mail (>= 2)'],
  )
  assert.deepEqual(depends(archive, 'pa'), { pa: ['pz'], pz: [] })
  assert.deepEqual(depends(archive, 'pv'), { pv: ['pb'], pb: [] })
})

test('what only maintainer scripts need is left out, unless it is wanted', () => {
  const archive = index(['pa', '1', 'Depends: debconf | debconf-2.0, pb'], ['pb', '1'], ['debconf', '1'])
  assert.deepEqual(depends(archive, 'pa'), { pa: ['pb'], pb: [] })
  assert.deepEqual(depends(archive, 'pa', 'debconf')['pa'], ['debconf', 'pb'])
})

test('no such package, and a dependency that nothing satisfies, are named', () => {
  const archive = index(['pa', '1', 'Depends: pb (>= 2) | pc'], ['pb', '1'])
  assert.throws(() => depends(archive, 'nothing'), withCode('DEBIAN_NO_PACKAGE'))
  assert.throws(() => depends(archive, 'pa'), {
    code: 'DEBIAN_UNSATISFIABLE',
    message: 'nothing in the configured apt sources satisfies pb (>= 2) | pc, which pa needs',
  })
})

test('packages that need each other are one group, after what they need', () => {
  const graph = new Map([
    ['libc6', ['libgcc', 'base']],
    ['libgcc', ['libc6']],
    ['base', []],
    ['hello', ['libc6']],
  ])
  assert.deepEqual(stronglyConnected(graph), [['base'], ['libc6', 'libgcc'], ['hello']])
})

test('groups are a partition in which every edge leads to the same or an earlier group', () => {
  const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 })
  fc.assert(
    fc.property(edges, pairs => {
      const graph = new Map(Array.from({ length: 10 }, (_, i) => [String(i), [] as string[]]))
      for (const [from, to] of pairs) graph.get(String(from))?.push(String(to))
      const groups = stronglyConnected(graph)
      assert.deepEqual(groups.flat().sort(), [...graph.keys()])
      const place = new Map(groups.flatMap((group, at) => group.map(node => [node, at] as const)))
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        (graph.get(from) ?? []).some(
          next => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
        )
      for (const [from, targets] of graph)
        for (const to of targets) assert.ok((place.get(to) ?? 99) <= (place.get(from) ?? -1))
      for (const group of groups)
        for (const a of group) for (const b of group) assert.ok(a === b || reaches(a, b))
    }),
  )
})
