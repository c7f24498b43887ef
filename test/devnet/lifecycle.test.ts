/**
 * Starting, stopping, continuing; ports, folders and the admin API.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import type { GenesisPackage, NetworkDescriptor } from '@squid/devnet'
import { Devnet } from '@squid/devnet'
import { clientOf, counterOf, createdId, execute, fundedKey, PROBE, probePackage } from './fixture.ts'

let root = ''
let probe: GenesisPackage

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'squid-devnet-'))
  probe = await probePackage()
})
after(() => rmSync(root, { recursive: true, force: true }))

function start(dir: string, packages: readonly GenesisPackage[] = [probe]): Promise<Devnet> {
  return Devnet.start({ dir: join(root, dir), packages, rpcPort: 0, adminPort: 0 })
}

async function makeNote(net: Devnet): Promise<{ note: string; digest: string; owner: string }> {
  const key = fundedKey(net)
  const transaction = new Transaction()
  const made = transaction.moveCall({
    target: `${PROBE}::probe::new_note`,
    arguments: [transaction.pure.string('kept'), transaction.pure.option('u8', null)],
  })
  transaction.transferObjects([made], key.toSuiAddress())
  const result = await execute(clientOf(net), key, transaction)
  return {
    note: createdId(result, `${PROBE}::probe::Note`),
    digest: result.digest,
    owner: key.toSuiAddress(),
  }
}

test('the chain goes on after a restart: same id, objects, history, clock', async () => {
  const first = await start('restart')
  const before = first.descriptor
  const { note, digest, owner } = await makeNote(first)
  const object = await clientOf(first).getObject({ objectId: note, include: { objectBcs: true } })
  const hour = 3_600_000
  first.advanceClock(hour)
  await first.stop()
  await first.stop()

  await using second = await start('restart')
  const client = clientOf(second)
  const { rpc: _, faucet: __, walrus, ...after } = second.descriptor
  const { rpc: ___, faucet: ____, walrus: walrusBefore, ...expected } = before
  assert.deepEqual(after, expected)
  assert.equal(walrus.systemObjectId, walrusBefore.systemObjectId)
  assert.equal(walrus.stakingPoolId, walrusBefore.stakingPoolId)
  assert.equal((await client.getChainIdentifier()).chainIdentifier, before.chainId)
  assert.deepEqual(await client.getObject({ objectId: note, include: { objectBcs: true } }), object)
  assert.equal((await client.getTransaction({ digest })).Transaction?.digest, digest)
  assert.equal((await client.listOwnedObjects({ owner })).objects.length, 2)
  assert.ok(second.health().timestampMs >= Date.now() + hour - 1000)
  await makeNote(second)
})

test('the descriptor names packages and objects of the composer', async () => {
  await using net = await start('descriptor')
  const response = await fetch(net.networkUrl, { headers: { origin: 'https://any.example' } })
  assert.equal(response.headers.get('access-control-allow-origin'), 'https://any.example')
  const descriptor = (await response.json()) as NetworkDescriptor
  assert.deepEqual(descriptor, net.descriptor)
  assert.equal(descriptor.version, 1)
  assert.equal(descriptor.network, 'localnet')
  assert.equal(descriptor.rpc, net.rpcUrl)
  assert.equal(descriptor.faucet, net.faucetUrl)
  assert.deepEqual(descriptor.packages, { probe: PROBE })
  const { object } = await clientOf(net).getObject({ objectId: counterOf(net) })
  assert.equal(object.type, `${PROBE}::probe::Counter`)
  assert.match(net.rpcUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
})

test('a folder of another genesis is refused', async () => {
  await (await start('other')).stop()
  await assert.rejects(start('other', []), {
    code: 'GENESIS_MISMATCH',
    message: /other packages.*choose another folder/,
  })
  await using net = await start('other')
  assert.equal(net.health().status, 'ok')
})

test('a folder is used by one devnet at a time', async () => {
  await using net = await start('shared')
  await assert.rejects(start('shared'), { code: 'DIR_IN_USE' })
  assert.equal(net.health().status, 'ok')
})

test('a folder with files of somebody else is left alone', async () => {
  const dir = join(root, 'foreign')
  mkdirSync(join(dir, 'walrus'), { recursive: true })
  writeFileSync(join(dir, 'walrus', 'precious'), 'mine')
  await assert.rejects(start('foreign'), { code: 'NOT_A_DEVNET' })
  assert.equal(readFileSync(join(dir, 'walrus', 'precious'), 'utf8'), 'mine')
})

test('a genesis that was interrupted is started over', async () => {
  await (await start('torn')).stop()
  const path = join(root, 'torn', 'devnet.json')
  const { ids: _, ...unfinished } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  writeFileSync(path, JSON.stringify(unfinished))
  await using net = await start('torn')
  await makeNote(net)
})

test('a taken port is named, and nothing is left running or written', async () => {
  const blocker = createServer()
  await new Promise<void>(resolve => blocker.listen(0, '127.0.0.1', resolve))
  const { port } = blocker.address() as { port: number }
  try {
    const message = new RegExp(`Port ${port} on 127.0.0.1 is taken`)
    await assert.rejects(Devnet.start({ rpcPort: port, adminPort: 0 }), { code: 'PORT_TAKEN', message })
    await assert.rejects(Devnet.start({ rpcPort: 0, adminPort: port }), { code: 'PORT_TAKEN', message })
  } finally {
    await new Promise(resolve => blocker.close(resolve))
  }
})

test('packages that clash or lack their object are refused', async () => {
  const twice = Devnet.start({ packages: [probe, probe], rpcPort: 0, adminPort: 0 })
  await assert.rejects(twice, { code: 'BAD_PACKAGE', message: /Two genesis packages/ })
  const absent = { ...probe, objects: { 'probe.note': `${PROBE}::probe::Note` } }
  const without = Devnet.start({ packages: [absent], rpcPort: 0, adminPort: 0 })
  await assert.rejects(without, { code: 'BAD_PACKAGE', message: /exactly one object.*Note, and made none/ })
})

test('admin: clock, epoch, health, faults, and errors in words', async () => {
  await using net = await start('admin')
  const post = async (path: string, body: unknown): Promise<readonly [number, Record<string, unknown>]> => {
    const response = await fetch(net.adminUrl + path, { method: 'POST', body: JSON.stringify(body) })
    return [response.status, (await response.json()) as Record<string, unknown>]
  }
  const before = net.health().timestampMs
  const [status, clock] = await post('/clock', { advanceMs: 60_000 })
  assert.equal(status, 200)
  assert.ok(Number(clock['timestampMs']) >= before + 60_000)
  assert.deepEqual(await post('/epoch', {}), [200, { epoch: net.health().epoch }])
  assert.equal(net.health().epoch, 1)
  assert.deepEqual(await post('/walrus/nodes/3', { fault: 'down' }), [200, { node: 3, fault: 'down' }])
  assert.deepEqual(await post('/walrus/nodes/3', { fault: null }), [200, { node: 3, fault: null }])
  const health = (await (await fetch(`${net.adminUrl}/health`)).json()) as { status: string; chainId: string }
  assert.equal(health.status, 'ok')
  assert.equal(health.chainId, net.descriptor.chainId)
  for (const [path, body, code] of [
    ['/walrus/nodes/12', { fault: 'down' }, 'BAD_NODE'],
    ['/walrus/nodes/3', { fault: 'sleepy' }, 'BAD_REQUEST'],
    ['/walrus/nodes/3', {}, 'BAD_REQUEST'],
    ['/clock', { advanceMs: 'soon' }, 'BAD_REQUEST'],
    ['/clock', { advanceMs: -1 }, 'BAD_CLOCK'],
    ['/clock', { advanceMs: 0.5 }, 'BAD_CLOCK'],
    ['/nothing', {}, 'NOT_FOUND'],
  ] as const) {
    const [refused, answer] = await post(path, body)
    assert.ok(refused === 400 || refused === 404)
    assert.equal((answer['error'] as { code: string }).code, code)
  }
})

/** Starts a devnet in another process and gives its faucet's URL, once it answers. */
async function spawnNet(
  dir: string,
): Promise<{ child: ChildProcess; faucet: string; exited: Promise<unknown[]> }> {
  const script = join(import.meta.dirname, 'devnet-process.ts')
  const child = spawn(process.execPath, [script, join(root, dir)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [faucet] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, faucet, exited }
}

test('what was acknowledged survives SIGKILL in the middle of work', async () => {
  const { child, faucet, exited } = await spawnNet('killed')
  const recipient = new Ed25519Keypair().toSuiAddress()
  const acknowledged: string[] = []
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  const asking = Array.from({ length: 4 }, async () => {
    while (isAlive() && acknowledged.length < 40) {
      try {
        const { coins_sent } = await requestSuiFromFaucetV2({ host: faucet, recipient })
        acknowledged.push(...(coins_sent ?? []).map(({ id }) => id))
      } catch (error) {
        // On a busy machine a connection can be given up while the next request is on its way: that one is not
        // acknowledged, and asked again.
        if (isAlive() && !(error instanceof TypeError)) throw error
      }
    }
    child.kill('SIGKILL')
  })
  await Promise.all(asking)
  await exited
  assert.ok(acknowledged.length >= 40)
  await using net = await start('killed')
  const { objects } = await clientOf(net).getObjects({ objectIds: acknowledged })
  assert.deepEqual(
    objects.map(object => (object instanceof Error ? object.message : object.objectId)),
    acknowledged,
  )
  await makeNote(net)
})

test('SIGTERM ends a devnet cleanly', async () => {
  const { child, exited } = await spawnNet('terminated')
  child.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null])
})

test('stopping ends streams and frees the ports', async () => {
  const net = await start('stop')
  const call = clientOf(net).subscriptionService.subscribeCheckpoints({})
  await call.headers
  const ended = assert.rejects(async () => {
    for await (const _ of call.responses);
  })
  await net.stop()
  await ended
  await assert.rejects(fetch(net.networkUrl))
  await using again = await Devnet.start({
    dir: join(root, 'stop'),
    packages: [probe],
    rpcPort: Number(new URL(net.rpcUrl).port),
    adminPort: Number(new URL(net.adminUrl).port),
  })
  assert.equal(again.rpcUrl, net.rpcUrl)
})
