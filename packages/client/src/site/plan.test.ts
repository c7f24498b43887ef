import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { blobKey, type Page } from './page.ts'
import { batchesOf, changesOf } from './plan.ts'

function page(path: string, blob: number, start = 0, headers: Page['headers'] = []): Page {
  const blobId = new Uint8Array(32).fill(blob)
  return {
    path,
    headers,
    sha256: new Uint8Array(32).fill(start),
    place: { blobId, range: { start, end: start + 9 } },
  }
}

const site = (...pages: readonly Page[]): ReadonlyMap<string, Page> =>
  new Map(pages.map(page => [page.path, page]))
const key = (blob: number): string => blobKey({ blobId: new Uint8Array(32).fill(blob) })

test('a page that is the same is not written again', () => {
  assert.deepEqual(changesOf(site(page('/a', 1)), site(page('/a', 1))), [])
})

for (const [what, other] of [
  ['another blob', page('/a', 2)],
  ['another range', page('/a', 1, 5)],
  ['another header', page('/a', 1, 0, [{ key: 'link', value: 'x' }])],
] as const)
  test(`a page with ${what} is`, () => {
    assert.deepEqual(changesOf(site(page('/a', 1)), site(other)), [{ before: page('/a', 1), after: other }])
  })

test('what is referred to comes first and goes last', () => {
  const paths = ['/hello.tar.gz', '/hello/1.tar.gz', '/x.narinfo', '/nar/x.nar.zst']
  const pages = site(...paths.map(path => page(path, 1)))
  const order = (changes: ReturnType<typeof changesOf>): (string | undefined)[] =>
    changes.map(({ before, after }) => (after ?? before)?.path)
  assert.deepEqual(order(changesOf(site(), pages)), paths.toReversed())
  assert.deepEqual(order(changesOf(pages, site())), paths)
})

test('a blob goes with its last page, and not while another one is to come', () => {
  const before = site(page('/a', 1), page('/b', 1, 10), page('/c', 2))
  const freed = (after: ReadonlyMap<string, Page>): readonly string[] =>
    batchesOf(before, changesOf(before, after)).flatMap(batch => batch.freed)
  assert.deepEqual(freed(site(page('/a', 1), page('/c', 2))), [])
  assert.deepEqual(freed(site(page('/c', 2))), [key(1)])
  assert.deepEqual(freed(site(page('/c', 1))), [key(2)])
  assert.deepEqual([...freed(site())].toSorted(), [key(1), key(2)].toSorted())
})

test('many pages take several transactions, each within Sui’s limits', () => {
  const link = [{ key: 'link', value: 'x'.repeat(200) }]
  const after = site(
    ...Array.from({ length: 2000 }, (_, index) => page(`/nar/${index}.nar.zst`, 1, index % 250, link)),
  )
  const batches = batchesOf(site(), changesOf(site(), after))
  for (const { changes } of batches) {
    assert.ok(changes.length * 4 <= 1024)
    assert.ok(changes.reduce((sum, { after }) => sum + 200 + (after?.path.length ?? 0), 0) < 128 * 1024)
  }
  assert.equal(
    batches.reduce((sum, { changes }) => sum + changes.length, 0),
    2000,
  )
})

test('the batches together lead from any site to any other, and free exactly what nothing needs', () => {
  const pages = fc
    .array(
      fc.record({
        path: fc.constantFrom('/a', '/b', '/c', '/nar/d', '/e.tar.gz'),
        blob: fc.integer({ min: 1, max: 3 }),
      }),
    )
    .map(list => site(...list.map(({ path, blob }) => page(path, blob))))
  fc.assert(
    fc.property(pages, pages, (before, after) => {
      const now = new Map(before)
      const freed: string[] = []
      for (const batch of batchesOf(before, changesOf(before, after))) {
        for (const { before: old, after: next } of batch.changes) {
          if (old !== undefined) assert.ok(now.delete(old.path))
          if (next !== undefined) now.set(next.path, next)
        }
        freed.push(...batch.freed)
        const used = new Set([...now.values()].map(({ place }) => blobKey(place)))
        assert.ok(freed.every(blob => !used.has(blob)))
      }
      assert.deepEqual([...now.values()].toSorted(byPath), [...after.values()].toSorted(byPath))
      const needed = new Set([...after.values()].map(({ place }) => blobKey(place)))
      const unneeded = new Set([...before.values()].map(({ place }) => blobKey(place)))
      assert.deepEqual(new Set(freed), new Set([...unneeded].filter(blob => !needed.has(blob))))
    }),
  )
})

const byPath = (left: Page, right: Page): number => (left.path < right.path ? -1 : 1)
