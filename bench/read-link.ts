/**
 * `walrus.read-link`: reading through a link of 1 Gbit/s (`tbf`) behind a round trip of 50 ms, connecting included. The
 * network and its reader are in network namespaces of their own, for which nobody needs to be root.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Figure } from './figure.ts'

export async function readLinkBench(): Promise<Figure[]> {
  const program = new URL('./read-link-process.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)('unshare', ['-rn', process.execPath, program])
  return [JSON.parse(stdout) as Figure]
}
