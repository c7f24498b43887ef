import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runChild } from './child.ts'
import type { Orders, Report } from './locator-process.ts'

const PACK_BYTES = 32 * 1024 * 1024
/** Enough for the 250,000 changes of the largest update; a million chunks are more. */
const HEAP_MIB = 320

async function measure(chunks: number): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'squid-scale-'))
  try {
    const orders: Orders = { folder, blobBytes: PACK_BYTES, chunks, step: chunks / 4 }
    const report = (await runChild('locator-process.ts', orders, HEAP_MIB)) as Report
    console.log(`locator of ${chunks} chunks: ${JSON.stringify(report)}`)
    return report
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// 16^4 = 65,536 parts of 15 chunks: a leaf lies below four inner nodes.
test('1,000,000 chunks: any lookup in 5 reads, an update writes what it touches, memory does not grow', async () => {
  const [small, large] = [await measure(100_000), await measure(1_000_000)]
  assert.equal(large.listed, 1_000_160)
  assert.equal(large.mostReads, 5)
  // 64 chunks: the root, its 16 children, and three levels of at most 64 each.
  assert.ok(large.batchReads <= 1 + 16 + 3 * 64, `${large.batchReads} reads`)
  // Updates larger than a pack went into several; each but the last of a step is full.
  assert.ok(large.build.blobs > 4, `${large.build.blobs} blobs`)

  for (const { move, small: added } of [small, large]) {
    for (const { chunks, reads, nodes, nodeBytes } of [move, added]) {
      assert.ok(nodes <= chunks * 5, `${nodes} nodes`)
      assert.ok(reads <= nodes)
      // A leaf of 64 chunks in 64 blobs has 64 * (50 + 40) bytes, an inner node less.
      assert.ok(nodeBytes <= chunks * 5 * 6000, `${nodeBytes} bytes`)
    }
  }
  assert.ok(large.small.heapMib < 4, `${large.small.heapMib} MiB for a small update`)
  assert.ok(large.listHeapMib < small.listHeapMib + 4, `${large.listHeapMib} MiB to list`)
})
