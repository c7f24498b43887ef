/**
 * Publishing and reading need as much memory as packs are large, not as NARs are.
 *
 * CI publishes some hundred MiB; SQUID_LARGE_NAR (nightly) says how many bytes instead.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import type { MemoryOrders, PublishReport, ReadReport } from './memory-process.ts'
import { startNetworkChild } from './network-child.ts'
import { createPerson } from './setting.ts'

const MIB = 1024 * 1024
const LIMIT = 768 * MIB
const bytes = Number(process.env['SQUID_LARGE_NAR'] ?? 320 * MIB)

/** How `bin/squid` has memory given back. */
async function allocatorSettings(): Promise<Record<string, string>> {
  const script = await readFile(join(import.meta.dirname, '../../bin/squid'), 'utf8')
  return Object.fromEntries(
    Array.from(script.matchAll(/\b(MALLOC_\w+)=(\d+)/g), ([, name = '', value = '']) => [name, value]),
  )
}

async function inProcess(orders: MemoryOrders): Promise<unknown> {
  const program = join(import.meta.dirname, 'memory-process.ts')
  const env = { ...process.env, ...(await allocatorSettings()) }
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(orders)], { env })
  return JSON.parse(stdout)
}

function describe(what: string, { maxRss, seconds }: PublishReport | ReadReport): string {
  return `${what}: ${(maxRss / MIB).toFixed(0)} MiB at most, ${seconds.toFixed(0)} s`
}

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
        const { networkUrl } = network
        const { dir: homeDir, space } = alice
        const orders = { networkUrl, homeDir, space, bytes, upload }
        const published = (await inProcess({ ...orders, flake: undefined })) as PublishReport
        const { packs, transactions } = published
        context.diagnostic(
          `${describe('to publish', published)}, ${packs} packs, ${transactions} transactions`,
        )
        const read = (await inProcess({ ...orders, flake: published.flake })) as ReadReport
        context.diagnostic(describe('to read', read))
        assert.ok(read.isSame)
        assert.ok(packs > 2)
        for (const { maxRss } of [published, read]) assert.ok(maxRss <= LIMIT, `${maxRss / MIB} MiB`)
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    },
  )
}
