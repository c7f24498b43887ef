/**
 * Publishing and reading need as much memory as packs are large, not as NARs are.
 *
 * CI publishes some hundred MiB; SQUID_LARGE_NAR (nightly) says how many bytes instead.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import type { MemoryOrders, MemoryReport } from './memory-process.ts'
import { startNetworkChild } from './network-child.ts'
import { createPerson } from './setting.ts'

const MIB = 1024 * 1024
const LIMIT = 768 * MIB
const bytes = Number(process.env['SQUID_LARGE_NAR'] ?? 320 * MIB)

for (const upload of ['auto', 'nodes'] as const) {
  const way = upload === 'auto' ? 'through the relay' : 'to the nodes'
  test(
    `a NAR of ${bytes / MIB} MiB ${way} and back within 768 MiB`,
    { timeout: 3_600_000 },
    async context => {
      const dir = await mkdtemp(join(tmpdir(), 'squid-large-'))
      try {
        await using network = await startNetworkChild(dir)
        await using alice = await createPerson(network.networkUrl, 'alice')
        const orders = {
          networkUrl: network.networkUrl,
          homeDir: alice.dir,
          space: alice.space,
          bytes,
          upload,
        }
        const { stdout } = await promisify(execFile)(process.execPath, [
          join(import.meta.dirname, 'memory-process.ts'),
          JSON.stringify(orders satisfies MemoryOrders),
        ])
        const report = JSON.parse(stdout) as MemoryReport
        context.diagnostic(
          `${(report.publishRss / MIB).toFixed(0)} MiB to publish, ${(report.readRss / MIB).toFixed(0)} MiB with reading, ${report.packs} packs, ${report.transactions} transactions`,
        )
        assert.ok(report.isSame)
        assert.ok(report.packs > 2)
        assert.ok(report.publishRss <= LIMIT, `${(report.publishRss / MIB).toFixed(0)} MiB to publish`)
        assert.ok(report.readRss <= LIMIT, `${(report.readRss / MIB).toFixed(0)} MiB to read`)
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    },
  )
}
