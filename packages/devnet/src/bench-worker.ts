/**
 * The server side of the benches, in a thread of its own as it is in life: a devnet, or a server that repeats
 * recorded answers.
 * @module
 */
import { createServer } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { Devnet } from './devnet.ts'
import { readBody } from './http/body.ts'
import { listen } from './http/listen.ts'

/** What the bench asks for: recorded answers by path, or null for a devnet. */
export type WorkerData = { readonly answers: ReadonlyMap<string, Recorded> | null }

/** One recorded answer. */
export interface Recorded {
  readonly contentType: string
  readonly body: Uint8Array
}

/** What the worker answers when it is ready: its RPC, and the faucet of a devnet. */
export interface Ready {
  readonly rpcUrl: string
  readonly faucetUrl: string | undefined
  readonly walPackageId: string | undefined
}

const { answers } = workerData as WorkerData
parentPort?.postMessage(answers === null ? await startDevnet() : await startReplay(answers))

async function startDevnet(): Promise<Ready> {
  const { rpcUrl, faucetUrl, descriptor } = await Devnet.start({ rpcPort: 0, adminPort: 0 })
  return { rpcUrl, faucetUrl, walPackageId: descriptor.walrus.walPackageId }
}

async function startReplay(recorded: ReadonlyMap<string, Recorded>): Promise<Ready> {
  const server = createServer((request, response) => {
    readBody(request, 1_000_000).then(
      () => {
        const answer = recorded.get(request.url ?? '')
        response.setHeader('content-type', answer?.contentType ?? 'text/plain')
        response.end(answer?.body)
      },
      () => response.destroy(),
    )
  })
  const rpcUrl = await listen(server, { host: '127.0.0.1', port: 0, purpose: 'a bench' })
  return { rpcUrl, faucetUrl: undefined, walPackageId: undefined }
}
