/**
 * `squid storage export` and `import` by the real program: everything on Walrus is lost and comes back with the same store
 * paths and NAR hashes; into another Space releases go once, in their order, however often the import is run.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { formatHex } from '@squid/formats/bytes'
import { writeConfig } from '@squid/client/home'
import { publish } from '@squid/client/publish'
import { listReleases, revoke, yank } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'
import type { Devnet } from '@squid/devnet'
import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  openStorage,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'

const SQUID = join(import.meta.dirname, '../../bin/squid')

let devnet: Devnet
let alice: Person
let bob: Person

before(async () => {
  devnet = await startNetwork()
  alice = await member('alice')
  bob = await member('bob')
})

after(async () => {
  await alice[Symbol.asyncDispose]()
  await bob[Symbol.asyncDispose]()
  await devnet.stop()
})

async function member(label: string): Promise<Person> {
  const person = await createPerson(devnet.networkUrl, label)
  const { chainId } = devnet.descriptor
  await writeConfig(person.home, { network: devnet.networkUrl, chainId, key: 'default', compare: [] })
  return person
}

async function json(person: Person, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const env = { ...process.env, SQUID_HOME: person.dir, NODE_OPTIONS: undefined }
  const { stdout } = await promisify(execFile)(SQUID, [...args, '--json'], { env })
  return JSON.parse(stdout) as Record<string, unknown>
}

async function release(name: string, content: string): Promise<string> {
  const { account, home, space } = alice
  const publication = await publicationOf(space, name, [['program', noise(content, 100_000)]])
  return (await publish({ account, home, storage: alice.storage() }, publication)).flake
}

/** Store path → hash that the manifest names, after the NAR was read and found to have it. */
async function read({ account, space }: Person, name: string): Promise<ReadonlyMap<string, string>> {
  const { flake, lastVersion } = await readFlakeState(account.network, space, name)
  const storage = openStorage(account.network)
  const found = new Map<string, string>()
  try {
    const contents = await openContents(account, storage, space, flake ?? '', lastVersion)
    for await (const entry of contents.list()) {
      const hash = createHash('sha256')
        .update(await bytesOf(contents.nar(entry)))
        .digest('hex')
      assert.equal(hash, formatHex(entry.narHash))
      found.set(entry.storePath, hash)
    }
  } finally {
    await storage.close()
  }
  return found
}

async function versions({ account, space }: Person, name: string): Promise<readonly [bigint, boolean][]> {
  const { flake } = await readFlakeState(account.network, space, name)
  const releases = await listReleases(account.network, flake ?? '')
  return releases.toReversed().map(({ version, yanked }) => [version, yanked])
}

test('into another Space releases go once, numbered from one, without gaps', async () => {
  const flake = await release('tool', 'tool 1')
  for (const content of ['tool 2', 'tool 3', 'tool 4']) await release('tool', content)
  await revoke(alice.account, flake, 2n, 'for a test')
  await yank(alice.account, flake, 4n)
  const folder = join(alice.dir, 'tools')
  assert.equal((await json(alice, 'storage', 'export', folder))['releases'], 3)
  const expected = (already: boolean): unknown =>
    [
      [1, 1],
      [3, 2],
      [4, 3],
    ].map(([from, version]) => ({ flake: 'tool', from, version, already }))
  assert.deepEqual((await json(bob, 'storage', 'import', folder))['released'], expected(false))
  const once = await versions(bob, 'tool')
  assert.deepEqual(once, [
    [1n, false],
    [2n, false],
    [3n, true],
  ])
  assert.deepEqual((await json(bob, 'storage', 'import', folder))['released'], expected(true))
  assert.deepEqual(await versions(bob, 'tool'), once)
  // What came since goes behind it.
  await release('tool', 'tool 5')
  await json(alice, 'storage', 'export', folder)
  const { released } = await json(bob, 'storage', 'import', folder)
  assert.deepEqual((released as unknown[]).at(-1), { flake: 'tool', from: 5, version: 4, already: false })
})

test('everything on Walrus is lost, and comes back from a copy', async () => {
  await release('hello', 'hello')
  const before = await read(alice, 'hello')
  assert.equal(before.size, 2)
  const folder = join(alice.dir, 'copy')
  await json(alice, 'storage', 'export', folder)
  for (let epoch = 0; epoch < 6; epoch++) devnet.advanceEpoch()
  await assert.rejects(json(alice, 'storage', 'verify'), { code: 1 })
  await assert.rejects(read(alice, 'hello'), { code: 'BLOB_UNAVAILABLE' })
  const { restored, lost } = await json(alice, 'storage', 'import', folder)
  assert.ok(Number(restored) > 0)
  assert.equal(lost, 0)
  assert.deepEqual(await read(alice, 'hello'), before)
  assert.deepEqual((await json(alice, 'storage', 'verify'))['hurt'], [])
})
