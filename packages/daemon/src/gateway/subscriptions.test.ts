import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { generateSecretKey } from '@squid/formats/signature'
import { hashPart } from '@squid/formats/store-path'
import type { GatewayRelease } from './contract.ts'
import { Gateway } from './gateway.ts'
import type { MemoryPath } from './memory-release.ts'
import { ask, filePath, smallRelease } from './setting.ts'

interface Setting extends AsyncDisposable {
  readonly log: string[]
  /** What is subscribed to from now on; noticed within two seconds. */
  subscribe(releases: readonly GatewayRelease[] | SquidError): void
  /** Status of a path's narinfo in the cache of all subscriptions. */
  status(path: MemoryPath): Promise<number>
  lastFailure(): Promise<string | undefined>
}

async function serve(first: readonly GatewayRelease[] | SquidError): Promise<Setting> {
  const log: string[] = []
  const keys = [generateSecretKey('squid-test-1')]
  let subscribed = first
  let stamp = 0
  const gateway = await Gateway.start(
    {
      releases: { resolve: () => Promise.reject(new SquidError('FLAKE_UNKNOWN', 'unused')) },
      subscriptions: {
        stamp: () => Promise.resolve(String(stamp)),
        releases: () =>
          subscribed instanceof SquidError ? Promise.reject(subscribed) : Promise.resolve(subscribed),
      },
      policy: { accepts: () => Promise.resolve(true) },
      keys: () => keys,
      secret: 'shared',
      storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
      log: line => log.push(line),
    },
    { port: 0, about: {} },
  )
  return {
    log,
    subscribe: releases => {
      subscribed = releases
      stamp++
    },
    status: async path => (await ask(gateway, `/${hashPart(path.storePath)}.narinfo`)).status,
    lastFailure: async () => {
      const { text } = await ask(gateway, '/api/status')
      return (JSON.parse(text) as { lastFailure: { code: string } | null }).lastFailure?.code
    },
    [Symbol.asyncDispose]: () => gateway.stop(),
  }
}

/** Waits until the condition holds, at most ten seconds. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const lastMs = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > lastMs) throw new Error('it does not come')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

test('what is subscribed to is served, from the first question on, and until that ends', async () => {
  const [path, other] = [await filePath('thing', 100), await filePath('other', 50)]
  const release = (await smallRelease([path])).release()
  await using setting = await serve([release])
  assert.equal(await setting.status(path), 200)
  assert.equal(await setting.status(other), 404)
  setting.subscribe([release, (await smallRelease([other])).release({ version: 2n })])
  await eventually(async () => (await setting.status(other)) === 200)
  setting.subscribe([])
  await eventually(async () => (await setting.status(path)) === 404)
})

test('subscriptions that disagree about a path: neither is served, and the person is told', async () => {
  const { ca: _, ...path } = await filePath('thing', 100)
  const { ca: __, ...lie } = { ...(await filePath('thing', 200)), storePath: path.storePath }
  const releases = [
    (await smallRelease([path])).release(),
    (await smallRelease([lie])).release({ name: 'mallory', space: `0x${'33'.repeat(32)}` }),
  ]
  await using setting = await serve(releases)
  assert.equal(await setting.status(path), 404)
  assert.equal(await setting.lastFailure(), 'PATH_CONFLICT')
  assert.match(setting.log.join('\n'), /@alice:hello version 1 and sui:@mallory:hello version 1 disagree/)
})

test('a ledger that does not answer at the start: a miss, and the person is told', async () => {
  const path = await filePath('thing', 100)
  await using setting = await serve(new SquidError('LEDGER_UNREACHABLE', 'The ledger does not answer.'))
  assert.equal(await setting.status(path), 404)
  assert.equal(await setting.lastFailure(), 'SUBSCRIPTIONS_STALE')
  assert.match(setting.log.join('\n'), /not all that you subscribed to can be read: The ledger/)
  setting.subscribe([(await smallRelease([path])).release()])
  await eventually(async () => (await setting.status(path)) === 200)
  setting.subscribe(new SquidError('LEDGER_UNREACHABLE', 'The ledger does not answer.'))
  await new Promise(resolve => setTimeout(resolve, 2500))
  assert.equal(await setting.status(path), 200, 'what is known goes on to be served')
})

test('a release that cannot be read does not hide the others', async () => {
  const path = await filePath('thing', 100)
  const lost = (await smallRelease()).release({
    version: 2n,
    contents: () => Promise.reject(new SquidError('STORAGE_UNAVAILABLE', 'too few nodes answer')),
  })
  await using setting = await serve([lost, (await smallRelease([path])).release()])
  assert.equal(await setting.status(path), 200)
  assert.match(setting.log.join('\n'), /too few nodes answer/)
})
