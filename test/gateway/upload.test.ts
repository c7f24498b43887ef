/**
 * Uploading with Nix's own tools, end to end: `nix copy --to` squidd, `squid publish --staged`, and another machine takes it.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { formatSecretKey, generateSecretKey } from '@squid/formats/signature'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'
import { MACHINES, onMachine } from '../nix-versions/machine.ts'
import { Network, type Outcome, Person } from '../../apps/squid/demo/person.ts'

const run = promisify(execFile)

const HOOK = join(import.meta.dirname, '../../nix/post-build-hook')
const PLACE = '@alice/sample'

let dir: string
let network: Network
let alice: Person
let flake: string
let netrc: string
/** Where alice's squidd takes uploads. */
let upload: string

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'squid-upload-'))
  network = await Network.start(dir)
  alice = new Person('alice', dir, network, await NixEnvironment.create())
  await alice.squid('init', '--network', network.descriptor)
  await alice.squid('name', 'claim', 'alice')
  await alice.start()
  flake = await writeSampleFlake(join(dir, 'sample'))
  netrc = join(dir, 'netrc')
  await writeFile(netrc, await alice.squid('token', 'create', PLACE))
  upload = `${(await alice.status()).origin}/upload/${PLACE}`
})
after(async () => {
  await alice[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

async function builtPath(attribute: string): Promise<string> {
  const built = await alice.run('nix', 'build', '--no-link', '--json', `${flake}#${attribute}`)
  return (JSON.parse(built) as [{ outputs: { out: string } }])[0].outputs.out
}

/** Nix is not to go by what it remembers of caches. */
const AFRESH = ['--option', 'narinfo-cache-positive-ttl', '0', '--option', 'narinfo-cache-negative-ttl', '0']

function copy(address: string, ...words: readonly string[]): Promise<Outcome> {
  return alice.attempt('nix', '--option', 'netrc-file', netrc, ...AFRESH, 'copy', '--to', address, ...words)
}

function staged(folder: string): Promise<readonly string[]> {
  return readdir(join(dir, 'alice/state/uploads', PLACE, folder))
}

test('what Nix uploads is staged, released by one command, and taken by another machine', async () => {
  const path = await builtPath('hello')
  const key = join(dir, 'key')
  await writeFile(key, formatSecretKey(generateSecretKey('builder-1')))
  await alice.run('nix', 'store', 'sign', '--key-file', key, path)

  const early = await alice.attempt('squid', 'publish', `${flake}#hello`, '--staged', PLACE)
  assert.equal(early.status, 1)
  assert.match(
    early.stderr,
    /error: \/nix\/store\/\S+ was not uploaded to @alice\/sample; run: nix .* copy --to/,
  )

  const copied = await copy(upload, path) // xz, Nix's default
  assert.equal(copied.status, 0, copied.stderr)
  assert.equal((await copy(`${upload}?compression=zstd`, '--derivation', `${flake}#hello`)).status, 0)
  const paths = await staged('infos')
  assert.ok(paths.length > 8)

  const published = await alice.squid('publish', `${flake}#hello`, '--staged', PLACE, '--json')
  assert.equal(versionOf(published), 1)
  for (const folder of ['nars', 'files', 'infos', 'incoming', 'realisations'])
    assert.deepEqual(await staged(folder), [], folder)
  assert.deepEqual((await staged('released')).toSorted(), paths.toSorted())

  await using bob = new Person('bob', dir, network, await NixEnvironment.create({ 'max-jobs': '0' }))
  await bob.squid('init', '--network', network.descriptor)
  await bob.start()
  assert.equal(await bob.squid('run', 'sui:@alice:sample#hello'), 'hello \n')
  const info = JSON.parse(await bob.run('nix', 'path-info', '--json', path)) as [{ signatures: string[] }]
  assert.ok(
    info[0].signatures.some(text => text.startsWith('builder-1:')),
    'signatures are kept',
  )
})

test('what was released need not be uploaded again for the next release', async () => {
  const path = await builtPath('library')
  assert.equal((await copy(`${upload}?compression=none`, path)).status, 0)
  const published = await alice.squid(
    'publish',
    `${flake}#hello`,
    `${flake}#library`,
    '--staged',
    PLACE,
    '--json',
  )
  assert.equal(versionOf(published), 2)
  assert.deepEqual(await staged('infos'), [])
})

test('without a token, with that of another place and with a revoked one: refused in a sentence', async () => {
  const path = await builtPath('hello')
  const none = await alice.attempt('nix', ...AFRESH, 'copy', '--to', upload, path)
  assert.notEqual(none.status, 0)
  assert.match(
    none.stderr,
    /401[\s\S]*error: uploading needs a token: make one with squid token create @alice\/sample/,
  )
  const foreign = await copy(upload.replace('@alice', '@bob'), path)
  assert.notEqual(foreign.status, 0)
  assert.match(foreign.stderr, /error: this token is not one for @bob\/sample/)

  const [token] = (JSON.parse(await alice.squid('token', 'list', '--json')) as { tokens: [{ id: string }] })
    .tokens
  assert.match(await alice.squid('token', 'revoke', token.id), /is revoked\n$/)
  const revoked = await copy(upload, '--no-check-sigs', path)
  assert.notEqual(revoked.status, 0)
  assert.match(revoked.stderr, /error: this token is not one for @alice\/sample/)
  const again = await alice.attempt('squid', 'token', 'revoke', token.id)
  assert.deepEqual(
    [again.status, again.stderr],
    [1, `error: there is no token ${token.id}; see squid token list.\n`],
  )
  await writeFile(netrc, await alice.squid('token', 'create', PLACE))
})

test('the commands of docs/nix.md on uploading work', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/nix.md'), 'utf8')
  const section = text.split(/^## /m).find(part => part.startsWith("Uploading with Nix's own tools"))
  const [, commands = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(section ?? '') ?? []
  assert.match(commands, /nix .* copy/)
  const { origin } = new URL(upload)
  const here = commands.replaceAll('http://squid.localhost:7878', origin).replaceAll(' .#', ` ${flake}#`)
  const done = await alice.attempt('bash', '-euc', `cd ${dir}\n${here}`)
  assert.equal(done.status, 0, done.stderr)
  assert.match(done.stdout, /^sample version 3: [\s\S]*^[0-9a-f]{8} {2}\d{4}-\d\d-\d\d {2}@alice\/sample$/m)
})

test('a later Nix uploads as well', async () => {
  await using other = await NixEnvironment.create()
  const words = [...onMachine(MACHINES[1]), 'nix', '--option', 'netrc-file', netrc]
  const nix = async (...more: readonly string[]): Promise<void> => {
    const [program = '', ...rest] = [...words, ...more]
    await run(program, rest, { env: other.env })
  }
  const installable = `${flake}#renamed`
  await nix('build', '--no-link', installable)
  await nix('copy', '--to', upload, installable)
  await nix('copy', '--to', `${upload}?compression=zstd`, '--derivation', installable)
  const path = await alice.run('nix', 'eval', '--raw', `${flake}#renamed.outPath`)
  const drv = await alice.run('nix', 'eval', '--raw', `${flake}#renamed.drvPath`)
  const infos = await staged('infos')
  for (const found of [path, drv])
    assert.ok(infos.includes(found.slice('/nix/store/'.length).slice(0, 32)), found)
})

test('the hook uploads what was built, and no build fails when squidd is away', async () => {
  const config = join(dir, 'hook')
  const build = (attribute: string): Promise<Outcome> =>
    alice.attempt(
      'env',
      `SQUID_HOOK_CONFIG=${config}`,
      'nix',
      'build',
      '--no-link',
      '--print-build-logs',
      '--option',
      'post-build-hook',
      HOOK,
      `${flake}#${attribute}`,
    )
  const settings = `SQUID_UPLOAD=${PLACE}\nSQUID_NETRC=${netrc}\n`
  await writeFile(config, `${settings}SQUID_ORIGIN=${new URL(upload).origin}\n`)
  const built = await build('several')
  assert.equal(built.status, 0, built.stderr)
  assert.ok((await staged('infos')).length > 0, built.stderr)
  await writeFile(config, `${settings}SQUID_ORIGIN=http://127.0.0.1:9\n`)
  const away = await build('files')
  assert.equal(away.status, 0, away.stderr)
  assert.match(away.stderr, /squid post-build-hook: not uploaded to @alice\/sample: \/nix\/store\//)
})

function versionOf(json: string): number {
  return (JSON.parse(json) as { version: number }).version
}
