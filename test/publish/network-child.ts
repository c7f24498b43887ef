/**
 * Starts `network-process.ts` and says what it costs.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Linux counts processor time in hundredths. */
const TICKS_PER_SECOND = 100

export interface NetworkChild extends AsyncDisposable {
  readonly networkUrl: string
  /** Processor seconds that it took until now. */
  cpuSeconds(): Promise<number>
}

/** @param dir folder of the network; undefined is memory */
export async function startNetworkChild(dir?: string): Promise<NetworkChild> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'network-process.ts'), dir ?? ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [networkUrl] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    networkUrl,
    async cpuSeconds() {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
      // Behind the name, which may hold anything: state is field 3, user and system time 14 and 15.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await exited
    },
  }
}
