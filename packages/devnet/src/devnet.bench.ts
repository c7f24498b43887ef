/**
 * Transactions a second through the official client: build (one simulation), sign, execute. The peer is the same
 * client doing the same against a server that only repeats recorded answers: what SDK, signing and HTTP leave room for.
 * @module
 */
import { Worker } from 'node:worker_threads'
import { GrpcWebFetchTransport, SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import type { Ready, Recorded, WorkerData } from './bench-worker.ts'

/** One measured number beside its peer. */
interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly versus: string
  readonly ratio: number
}

interface Account {
  readonly client: SuiGrpcClient
  readonly key: Ed25519Keypair
  readonly walCoin: string
}

const WARM_UP = 30
const ROUNDS = 300

/** One client, one transaction after the other. */
export function benchSequential(): Promise<Figure[]> {
  return measure('devnet.sequential-tps', 1)
}

/** Eight clients with an account each. */
export function benchConcurrent(): Promise<Figure[]> {
  return measure('devnet.concurrent8-tps', 8)
}

async function measure(bench: string, clients: number): Promise<Figure[]> {
  const answers = new Map<string, Recorded>()
  const devnet = await serve({ answers: null })
  try {
    const accounts: Account[] = []
    while (accounts.length < clients) accounts.push(await open(devnet.ready, answers))
    const value = await rate(accounts)
    const replay = await serve({ answers })
    try {
      const { rpcUrl } = replay.ready
      // The answers are of the account that was recorded last.
      const recorded = accounts.at(-1) as Account
      const limit = await rate(accounts.map(() => ({ ...recorded, client: clientOf(rpcUrl, fetch) })))
      const versus = `the same client and ${limit.toFixed(0)} transactions/s against a server that repeats recorded answers`
      return [
        {
          bench,
          figure: 'split and merge a coin',
          value,
          unit: 'transactions/s',
          versus,
          ratio: value / limit,
        },
      ]
    } finally {
      await replay.worker.terminate()
    }
  } finally {
    await devnet.worker.terminate()
  }
}

async function rate(accounts: readonly Account[]): Promise<number> {
  const each = (rounds: number): Promise<void[]> =>
    Promise.all(
      accounts.map(async account => {
        for (let round = 0; round < rounds; round++) await transact(account)
      }),
    )
  await each(Math.ceil(WARM_UP / accounts.length))
  const rounds = Math.ceil(ROUNDS / accounts.length)
  const start = performance.now()
  await each(rounds)
  return (rounds * accounts.length * 1000) / (performance.now() - start)
}

async function transact({ client, key, walCoin }: Account): Promise<void> {
  const transaction = new Transaction()
  const coin = transaction.object(walCoin)
  const [part] = transaction.splitCoins(coin, [1])
  transaction.mergeCoins(coin, [part])
  const { $kind } = await client.signAndExecuteTransaction({ transaction, signer: key })
  if ($kind !== 'Transaction') throw new SquidError('BENCH', 'A transaction of the bench failed.')
}

/** A funded account; its first transaction is recorded into `answers`. */
async function open(
  { rpcUrl, faucetUrl, walPackageId }: Ready,
  answers: Map<string, Recorded>,
): Promise<Account> {
  const key = new Ed25519Keypair()
  const owner = key.toSuiAddress()
  for (const coin of ['gas', 'wal']) {
    const body = JSON.stringify({ FixedAmountRequest: { recipient: owner } })
    await (await fetch(`${faucetUrl}/v2/${coin}`, { method: 'POST', body })).arrayBuffer()
  }
  const recorder = clientOf(rpcUrl, async (input, init) => {
    const response = await fetch(input, init)
    const body = await response.clone().bytes()
    const contentType = response.headers.get('content-type') ?? ''
    answers.set(new URL(response.url).pathname, { contentType, body })
    return response
  })
  const { objects } = await recorder.listCoins({ owner, coinType: `${walPackageId}::wal::WAL` })
  const account = { client: recorder, key, walCoin: objects[0]?.objectId ?? '' }
  await transact(account)
  return { ...account, client: clientOf(rpcUrl, fetch) }
}

function clientOf(baseUrl: string, fetcher: typeof fetch): SuiGrpcClient {
  return new SuiGrpcClient({
    network: 'localnet',
    transport: new GrpcWebFetchTransport({ baseUrl, fetch: fetcher }),
  })
}

async function serve(workerData: WorkerData): Promise<{ worker: Worker; ready: Ready }> {
  const worker = new Worker(new URL('./bench-worker.ts', import.meta.url), { workerData })
  const ready = await new Promise<Ready>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  return { worker, ready }
}
