/**
 * A publish killed by SIGKILL before or after any of its requests, at any change of its files, and at any of its
 * `await`s: never a half release, and the same command resumes, pays exactly what an undisturbed publish pays, and
 * uploads nothing again that was certified.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { listTags } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'
import type { Devnet } from '@squid/devnet'
import { createPerson, type Person, startNetwork } from '../publish/setting.ts'
import type { Moment, Steps } from './death.ts'
import {
  awaitMoments,
  fileMoments,
  nameOf,
  readAll,
  requestMoments,
  resume,
  Rig,
  some,
  unused,
  wal,
} from './rig.ts'
import type { Job } from './victim.ts'

let devnet: Devnet
let alice: Person
let rig: Rig

before(async () => {
  devnet = await startNetwork()
  rig = new Rig(devnet.networkUrl)
  alice = await createPerson(devnet.networkUrl, 'alice')
})

after(async () => {
  await rig[Symbol.asyncDispose]()
  await alice[Symbol.asyncDispose]()
  await devnet.stop()
})

type Publish = Extract<Job, { kind: 'publish' }>

/** Content that nobody else has. */
function fresh(way: Pick<Publish, 'upload' | 'packBytes'>, size: number, flakeName: string): Publish {
  return { kind: 'publish', flakeName, contents: [['program', flakeName, size]], tags: [], ...way }
}

/** How many requests carry blobs when the journal says that all of them are certified. */
async function uploadsOfResuming(job: Publish): Promise<number> {
  return (await rig.whole(alice, job)).uploads
}

/** The transaction that releases was sent: from then on nothing is uploaded. */
function isReleased({ kind, at }: Moment, { requests }: Steps): boolean {
  return kind === 'request' && at > requests.lastIndexOf('ExecuteTransaction')
}

const ONE = { packBytes: 1 << 25, packs: 1, size: 120_000 }
const SEVERAL = { packBytes: 600_000, packs: 4, size: 2_000_000 }

for (const { what, upload, packs, size, packBytes, few } of [
  { what: 'one pack to the nodes', upload: 'nodes', ...ONE, few: 3 },
  { what: 'one pack through the relay', upload: 'auto', ...ONE, few: 2 },
  { what: 'several packs to the nodes', upload: 'nodes', ...SEVERAL, few: 1 },
  { what: 'several packs through the relay', upload: 'auto', ...SEVERAL, few: 1 },
] as const) {
  test(`a publish of ${what}, killed at any request, is resumed`, { timeout: 3_600_000 }, async context => {
    const name = `${upload}-${packs}`
    const start = await wal(alice)
    const whole = await rig.whole(alice, fresh({ upload, packBytes }, size, `${name}-undisturbed`))
    const price = start - (await wal(alice))
    assert.ok(price > 0n)
    const sent = whole.requests.filter(request => request === 'ExecuteTransaction').length
    // One to register, one to release; of several packs, the last is known when the others are stored.
    assert.ok(packs === 1 ? sent === 2 : sent <= packs, `${sent} transactions`)

    for (const moment of some(requestMoments(whole), few)) {
      await context.test(`killed ${nameOf(moment, whole)}`, async () => {
        const job = fresh({ upload, packBytes }, size, `${name}-${moment.when}-${moment.at}`)
        const balance = await wal(alice)
        assert.ok(await rig.killed(alice, job, moment))
        assert.ok((await readAll(alice, job.flakeName)) <= 1)
        if (isReleased(moment, whole)) assert.equal(await uploadsOfResuming(job), 0)
        else await resume(alice, job)
        assert.equal(await readAll(alice, job.flakeName), 1)
        assert.equal(await unused(alice), 0)
        // Several packs may be cut elsewhere the second time.
        if (packs === 1) assert.equal(balance - (await wal(alice)), price)
      })
    }
  })
}

for (const { what, few, momentsOf } of [
  { what: 'at any change of its files', few: 4, momentsOf: fileMoments },
  { what: 'as it goes on after any await', few: 2, momentsOf: (steps: Steps) => awaitMoments(steps, 2) },
]) {
  test(`a publish killed ${what} is resumed`, { timeout: 3_600_000 }, async context => {
    const way = { upload: 'nodes', packBytes: ONE.packBytes } as const
    const name = momentsOf.name === 'fileMoments' ? 'file' : 'await'
    const start = await wal(alice)
    const whole = await rig.whole(alice, fresh(way, ONE.size, `${name}-undisturbed`))
    const price = start - (await wal(alice))
    for (const moment of some(momentsOf(whole), few)) {
      await context.test(`killed ${nameOf(moment, whole)}`, async () => {
        const job = fresh(way, ONE.size, `${name}-${moment.when}-${moment.at}`)
        const balance = await wal(alice)
        await rig.killed(alice, job, moment)
        assert.ok((await readAll(alice, job.flakeName)) <= 1)
        await resume(alice, job)
        assert.equal(await readAll(alice, job.flakeName), 1)
        assert.equal(await unused(alice), 0)
        assert.equal(balance - (await wal(alice)), price)
      })
    }
  })
}

const SHARED = ['shared', 'shared by all', 150_000] as const

/** The second version of a flake: shares content with another flake, and moves a tag. */
function second(flakeName: string): Publish {
  return {
    kind: 'publish',
    flakeName,
    contents: [SHARED, ['program', `${flakeName} 2`, ONE.size]],
    tags: ['stable'],
    upload: 'nodes',
    packBytes: ONE.packBytes,
  }
}

/** Before: a flake with a tag, in a Space with packs that hold what the second version shares. */
async function prepareSecond(bob: Person, flakeName: string): Promise<Publish> {
  const job = second(flakeName)
  await resume(bob, { ...job, contents: [['program', `${flakeName} 1`, 20_000]] })
  return job
}

async function versionOfTag({ account, space }: Person, flakeName: string): Promise<bigint | undefined> {
  const { flake } = await readFlakeState(account.network, space, flakeName)
  return (await listTags(account.network, flake ?? '')).get('stable')
}

test(
  'the next release into a Space with flakes, tags and packs, killed anywhere',
  { timeout: 3_600_000 },
  async context => {
    await using bob = await createPerson(devnet.networkUrl, 'bob')
    await resume(bob, { ...second('beside'), contents: [SHARED] })
    const undisturbed = await prepareSecond(bob, 'second-undisturbed')
    const start = await wal(bob)
    const whole = await rig.whole(bob, undisturbed)
    const price = start - (await wal(bob))
    for (const moment of [...some(requestMoments(whole), 2), ...some(fileMoments(whole), 2)]) {
      await context.test(`killed ${nameOf(moment, whole)}`, async () => {
        const job = await prepareSecond(bob, `second-${moment.kind}-${moment.when}-${moment.at}`)
        const balance = await wal(bob)
        assert.ok(await rig.killed(bob, job, moment))
        // The tag moves with the release or not at all.
        assert.equal(BigInt(await readAll(bob, job.flakeName)), await versionOfTag(bob, job.flakeName))
        await resume(bob, job)
        assert.equal(await readAll(bob, job.flakeName), 2)
        assert.equal(await versionOfTag(bob, job.flakeName), 2n)
        assert.equal(await readAll(bob, 'beside'), 1)
        assert.equal(await unused(bob), 0)
        assert.equal(balance - (await wal(bob)), price)
      })
    }
  },
)
