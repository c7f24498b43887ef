/**
 * Whom a machine believes, why, and what of its store came from whom: `squid trust` and `squid verify-store`.
 */
import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseNarInfo } from '@squid/formats/nar-info'
import { type Person, World } from './world.ts'

let world: World
let alice: Person
let bob: Person
let published: Record<string, unknown>

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  const sample = await world.sample(alice)
  published = await alice.json('publish', `${sample}#hello`, `${sample}#library`, '--as', 'hello')
  bob = await world.person(undefined, { 'max-jobs': '0' })
  await bob.start()
  for (const attribute of ['hello', 'library'])
    await bob.json('build', '-o', attribute, `sui:@alice:hello#${attribute}`)
})
after(async () => {
  await world[Symbol.asyncDispose]()
})

interface Explained {
  readonly path: string
  readonly accepted: boolean
  readonly because: string
  readonly store: { readonly narHash: string; readonly signedBy: string[] } | null
  readonly witnesses: readonly Readonly<Record<string, unknown>>[]
}

async function explain(...args: readonly string[]): Promise<Explained> {
  const { stdout, stderr } = await bob.squid('trust', 'explain', '--json', ...args)
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout) as Explained
}

test('explain: who vouches, by which transaction, and why it is accepted', async () => {
  const found = await explain('hello')
  assert.match(found.path, /^\/nix\/store\/\S+-hello-1\.0$/)
  assert.equal(found.accepted, true)
  const [witness] = found.witnesses
  assert.equal(found.witnesses.length, 1)
  assert.deepEqual(
    [witness?.['release'], witness?.['space'], witness?.['flake'], witness?.['accepted']],
    ['sui:@alice:hello version 1', published['space'], published['flake'], true],
  )
  assert.match(
    String(witness?.['because']),
    /you believe the Space that you ask for.* as @alice, which is pinned to it/,
  )
  assert.equal(witness?.['narHash'], found.store?.narHash)
  assert.match(found.store?.signedBy[0] ?? '', /^squid-/)
  // The transaction is one of those that the publish made, and it says who.
  assert.equal(witness?.['transaction'], (published['digests'] as string[]).at(-1))
  const text = await bob.squid('trust', 'explain', `${found.path}/bin/hello`)
  assert.equal(text.status, 0, text.stderr)
  assert.match(text.stdout, /^ {2}transaction \S+$/m)
  assert.match(text.stdout, /^accepted: sui:@alice:hello version 1 vouches for it$/m)
})

test('explain: what nobody vouches for, what proves itself, what a policy of keys says', async () => {
  const nobody = await bob.squid('trust', 'explain', `/nix/store/${'0'.repeat(32)}-nothing`)
  assert.equal(nobody.status, 1)
  assert.match(
    nobody.stdout,
    /^refused: no release by which squidd served anything holds it; name one with --in REF$/m,
  )
  await writeFile(join(bob.home, 'own'), 'my own')
  const own = (await bob.run('nix-store', '--add', 'own')).stdout.trim()
  assert.match((await explain(own)).because, /its content proves itself/)
  await bob.json('trust', 'set', 'keys', 'somebody-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')
  const keys = await explain('hello')
  assert.equal(keys.accepted, false)
  assert.match(String(keys.witnesses[0]?.['because']), /none of the keys of your policy signed it/)
  const shown = await bob.squid('trust', 'show')
  assert.match(shown.stdout, /^policy: keys .*\n {2}somebody-1:A+=\n@alice is 0x[0-9a-f]{64}$/m)
  await bob.json('trust', 'set', 'publisher')
})

test('rotating the key: both sign, the new one is used at once, the old one ends when told', async () => {
  const { path } = await explain('hello')
  const { origin } = JSON.parse(await readFile(join(bob.home, 'state/squidd.json'), 'utf8')) as Record<
    string,
    string
  >
  const local = (url: string): string => url.replace('squid.localhost', '127.0.0.1') // Node cannot resolve it
  const answer = await fetch(local(`${origin}/api/resolve?ref=sui:@alice:hello`))
  const { substituter = '' } = (await answer.json()) as Record<string, string>
  const signers = async (): Promise<readonly string[]> => {
    const response = await fetch(local(`${substituter}/${path.slice(11, 43)}.narinfo`))
    const { signatures } = parseNarInfo(await response.text())
    return signatures.map(signature => signature.split(':')[0] ?? '').sort()
  }
  const nameOf = (key: unknown): string => String(key).split(':')[0] ?? ''
  const before = nameOf((await bob.json('status'))['publicKey'])
  const rotated = await bob.json('trust', 'rotate-key')
  const now = nameOf(rotated['publicKey'])
  assert.notEqual(now, before)
  assert.deepEqual(rotated['former'], [before])
  await until(async () => assert.deepEqual(await signers(), [before, now].sort()))
  assert.deepEqual((await bob.json('trust', 'rotate-key', '--forget-old'))['forgotten'], [before])
  await until(async () => assert.deepEqual(await signers(), [now]))
  await bob.run('nix-store', '--delete', path)
  assert.equal((await bob.squid('run', 'sui:@alice:hello#hello', '--', 'x')).stdout, 'hello x\n')
})

async function until(check: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await check()
    } catch (error) {
      if (tries === 100) throw error
      await sleep(100)
    }
  }
}

test('verify-store: all well, then files damaged, other bytes, and a revoked release; each named with what keeps it', async () => {
  const clean = await bob.squid('verify-store')
  assert.deepEqual([clean.status, clean.stderr.replace(/^verifying .*\n/gm, '')], [0, ''], clean.stdout)
  assert.match(clean.stdout, /^\d+ store paths, .* KiB|MiB: all are what releases say$/m)

  const { path: library } = await explain('library')
  const file = join(bob.nix.physical(library), 'lib')
  await chmod(file, 0o644)
  const text = await readFile(file)
  await writeFile(file, 'damaged')
  const damaged = await bob.squid('verify-store')
  assert.equal(damaged.status, 1)
  assert.match(
    damaged.stdout,
    new RegExp(`^damaged: ${library}: its files are not what Nix recorded\n {2}kept by .*/library$`, 'm'),
  )
  assert.equal((await bob.squid('verify-store', '--quick')).status, 0)
  await writeFile(file, text)
  await chmod(file, 0o444)

  // The same store path with other bytes, as another source would have brought it.
  const dana = await world.person(undefined, { 'max-jobs': '0' })
  await dana.start()
  await dana.json('build', 'sui:@alice:hello#library')
  using store = new DatabaseSync(join(dana.nix.storeRoot, 'nix/var/nix/db/db.sqlite'))
  store.prepare('UPDATE ValidPaths SET hash = ? WHERE path = ?').run(`sha256:${'0'.repeat(64)}`, library)
  const told = await dana.squid('verify-store', '--quick')
  assert.equal(told.status, 1, told.stderr)
  assert.match(
    told.stdout,
    new RegExp(`^different: ${library}: sui:@alice:hello version 1 says that it has other bytes$`, 'm'),
  )

  await alice.json('revoke', 'sui:@alice:hello?version=1', 'it leaks')
  const report = await bob.squid('verify-store', '--quick', '--json')
  assert.equal(report.status, 1)
  const { findings, paths } = JSON.parse(report.stdout) as {
    findings: { kind: string; path: string; because: string; roots: string[] }[]
    paths: number
  }
  assert.equal(findings.length, paths)
  const hello = findings.find(({ path }) => path.endsWith('-hello-1.0'))
  assert.deepEqual(
    [hello?.kind, hello?.because],
    ['revoked', 'sui:@alice:hello version 1 was revoked: it leaks'],
  )
  assert.ok(hello?.roots.includes(join(bob.home, 'hello')))
  const explained = await explain('hello')
  assert.equal(explained.accepted, false)
  assert.match(String(explained.witnesses[0]?.['because']), /it was revoked: it leaks/)
  const refused = await bob.squid('build', 'sui:@alice:hello#hello')
  assert.deepEqual([refused.status, refused.stdout], [1, ''])
})
