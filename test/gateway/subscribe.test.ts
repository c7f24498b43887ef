/**
 * `squid subscribe` end to end: with it, plain Nix takes from squidd's own address what the Space released.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'
import { Network, Person } from '../../apps/squid/demo/person.ts'

/** Tries again for a while: squidd notices a change within two seconds. */
async function eventually(attempt: () => Promise<boolean>): Promise<boolean> {
  const lastMs = performance.now() + 60_000
  while (performance.now() < lastMs) {
    if (await attempt()) return true
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  return false
}

test('Nix takes paths of a Space while it is subscribed to, with no reference named', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-subscribe-'))
  try {
    await using network = await Network.start(dir)
    await using alice = new Person('alice', dir, network, await NixEnvironment.create())
    await alice.squid('init', '--network', network.descriptor)
    await alice.squid('name', 'claim', 'alice')
    const flake = await writeSampleFlake(join(dir, 'sample'))
    await alice.squid('publish', `${flake}#library`, '--as', 'sample')
    const built = await alice.run('nix', 'build', '--no-link', '--json', `${flake}#library`)
    const path = (JSON.parse(built) as [{ outputs: { out: string } }])[0].outputs.out

    await using bob = new Person('bob', dir, network, await NixEnvironment.create({ 'max-jobs': '0' }))
    await bob.squid('init', '--network', network.descriptor)
    await bob.start()
    const take = async (): Promise<boolean> => {
      const { origin, publicKey } = await bob.status() // another port after each start
      const settings = [
        'substituters',
        origin,
        'trusted-public-keys',
        publicKey,
        'narinfo-cache-negative-ttl',
        '0',
      ]
      const options = settings.flatMap((word, i) => (i % 2 === 0 ? ['--option', word] : [word]))
      return (await bob.attempt('nix-store', ...options, '--realise', path)).status === 0
    }
    assert.equal(await take(), false)
    assert.equal((await bob.attempt('squid', 'subscribe', '@nobody')).status, 1)
    assert.equal((await bob.attempt('squid', 'subscribe', 'alice')).status, 2)
    assert.match(await bob.squid('subscribe', '@alice'), /^subscribed to @alice \(0x[0-9a-f]{64}\)\n$/)
    assert.equal(await bob.squid('subscribe', 'list'), '@alice\n')
    assert.ok(await eventually(take), 'what alice released is taken')

    await bob.forget() // squidd starts anew with what is subscribed to
    assert.ok(await eventually(take))
    await bob.forget()
    assert.deepEqual(JSON.parse(await bob.squid('subscribe', 'remove', '@alice', '--json')), {
      removed: '@alice',
      subscriptions: [],
    })
    const none = await bob.attempt('squid', 'subscribe', 'remove', '@alice')
    assert.deepEqual(
      [none.status, none.stderr],
      [1, 'error: you did not subscribe to @alice; see squid subscribe list.\n'],
    )
    assert.ok(await eventually(async () => (await bob.status()).subscribed === 0))
    assert.equal(await take(), false)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
