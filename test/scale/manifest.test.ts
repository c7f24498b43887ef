import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runChild } from './child.ts'
import type { Orders, Report } from './manifest-process.ts'

/** V8's limit for the processes: below what the entries of 100,000 paths would take at once. */
const HEAP_MIB = 32

async function measure(paths: number): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'squid-scale-'))
  try {
    const orders: Orders = { file: join(folder, 'nodes.db'), paths, lookupEvery: 97 }
    const report = (await runChild('manifest-process.ts', orders, HEAP_MIB)) as Report
    console.log(`manifest of ${paths} paths: ${JSON.stringify(report)}`)
    return report
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// 16^3 = 4096 parts of 24 paths are split once more, so that a leaf lies below four inner nodes: five reads.
test('100,000 paths: any lookup in at most 5 reads; built and listed in memory that does not grow', async () => {
  const [small, large] = [await measure(10_000), await measure(100_000)]
  for (const [report, paths] of [
    [small, 10_000],
    [large, 100_000],
  ] as const) {
    assert.equal(report.listed, paths)
    assert.ok(report.mostReads <= 5, `${report.mostReads} reads`)
    assert.ok(report.listReads <= report.nodes)
  }
  assert.ok(large.buildHeapMib < small.buildHeapMib + 4, `${large.buildHeapMib} MiB to build`)
  assert.ok(large.listHeapMib < small.listHeapMib + 4, `${large.listHeapMib} MiB to list`)
})
