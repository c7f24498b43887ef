/**
 * The plugin in Debian's Nix 2.8: what it offers, what it locks, and whom it does not believe.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { formatSri } from '@squid/formats/sri'
import { nixPlugin } from '../../tools/nix-plugin.ts'
import { type BuiltSample, buildSample, Guest } from '../run/release-server.ts'

const SPACE = `0x${'11'.repeat(32)}`

let plugin = ''
let sample: BuiltSample
let bob: Guest
before(async () => {
  plugin = nixPlugin()
  sample = await buildSample()
})
after(async () => {
  await sample[Symbol.asyncDispose]()
})
beforeEach(async () => {
  bob = await guest()
})
afterEach(async () => {
  await bob[Symbol.asyncDispose]()
})

async function guest(): Promise<Guest> {
  const made = await Guest.create()
  for (const select of ['', '?version=1', '?tag=stable']) {
    made.offered.set(`sui:@alice:hello${select}`, sample.release.release())
  }
  await configure(made)
  return made
}

async function configure(of: Guest, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  await of.nix.configure({ 'max-jobs': '0', 'plugin-files': plugin, ...settings })
}

async function write(folder: string, text: string): Promise<void> {
  await mkdir(join(bob.home, folder), { recursive: true })
  await writeFile(join(bob.home, folder, 'flake.nix'), text)
}

/** Nix, which must succeed. */
async function nix(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await bob.run('nix', ...args)
  assert.equal(status, 0, stderr)
  return stdout
}

/** Nix, which must say so in one sentence and leave nothing in the store. */
async function refused(message: RegExp, ...args: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await bob.run('nix', ...args)
  assert.deepEqual([status, stdout], [1, ''], stderr)
  assert.match(stderr, message)
  const store = await readdir(bob.nix.physical('/nix/store')).catch(() => [])
  assert.deepEqual(
    store.filter(name => name !== '.links'),
    [],
  )
}

/** What the sample's release is locked to. */
function locked(): Record<string, unknown> {
  const release = sample.release.release()
  return {
    type: 'sui',
    owner: '@alice',
    flake: 'hello',
    version: 1,
    object: SPACE,
    narHash: formatSri({ algorithm: 'sha256', digest: release.sourceNarHash }),
    lastModified: Number(release.lastModified),
  }
}

test('nix flake run, with nothing but the plugin', async () => {
  assert.equal(await nix('flake', 'run', 'sui:@alice:hello#hello', '--', 'a  b', '--x'), 'hello a  b --x\n')
  assert.equal(await nix('run', 'sui:@alice:hello?tag=stable#greet'), 'several\n')
  assert.match(await nix('flake', '--help'), /flake/)
})

test('an input is locked to the Space, the version and the hash, by every spelling', async () => {
  bob.offered.set(`sui:${SPACE}:hello`, sample.release.release({}))
  const flake = `0x${'22'.repeat(32)}`
  bob.offered.set(`sui:${flake}`, sample.release.release())
  for (const [reference, owner] of [
    ['sui:@alice:hello', '@alice'],
    ['sui:%40alice%3Ahello?tag=stable', '@alice'],
    ['sui:@alice:hello?version=1', '@alice'],
    [`sui:${SPACE}:hello`, SPACE],
    [`sui:${flake}`, SPACE],
  ] as const) {
    const { locked: found } = JSON.parse(await nix('flake', 'metadata', '--json', reference)) as {
      locked: unknown
    }
    assert.deepEqual(found, { ...locked(), owner }, reference)
  }
})

test('input of a flake, getFlake, fetchTree, registry', async () => {
  await write(
    'user',
    '{ inputs.hello.url = "sui:@alice:hello"; outputs = { self, hello }: { inherit (hello) packages apps; }; }',
  )
  assert.equal(await nix('run', './user#hello', '--', 'x'), 'hello x\n')
  const lock = JSON.parse(await readFile(join(bob.home, 'user/flake.lock'), 'utf8')) as {
    nodes: { hello: { locked: unknown; original: unknown } }
  }
  assert.deepEqual(lock.nodes.hello.locked, locked())
  assert.deepEqual(lock.nodes.hello.original, { type: 'sui', owner: '@alice', flake: 'hello' })
  const names = 'builtins.attrNames (builtins.getFlake "sui:@alice:hello").packages.x86_64-linux'
  assert.match(await nix('eval', '--impure', '--expr', names), /"chain20"/)
  const tree =
    '(builtins.fetchTree { type = "sui"; owner = "@alice"; flake = "hello"; version = 1; }).narHash'
  assert.equal(await nix('eval', '--impure', '--raw', '--expr', tree), locked()['narHash'])
  assert.equal((await bob.run('nix', 'eval', '--expr', tree)).status, 1, 'not locked, so not pure')
  await nix('registry', 'add', 'greeter', 'sui:@alice:hello')
  const registry = join(bob.home, 'registry.json')
  await writeFile(registry, '{"version":2,"flakes":[]}')
  await configure(bob, { 'flake-registry': registry })
  assert.equal(await nix('run', 'greeter#greet'), 'several\n')
})

test('a lock stays with its release, whatever the name says later', async () => {
  await write(
    'user',
    '{ inputs.hello.url = "sui:@alice:hello"; outputs = { self, hello }: { inherit (hello) packages; }; }',
  )
  await nix('flake', 'lock', './user')
  bob.offered.set('sui:@alice:hello', new SquidError('NAME_REBOUND', 'the name is another’s now'))
  assert.equal(await nix('run', './user#hello', '--', '1'), 'hello 1\n')
  assert.match((await bob.run('nix', 'flake', 'update', './user')).stderr, /the name is another’s now/)
})

test('what is locked to a revoked release is refused', async () => {
  const attributes = Object.entries(locked()).map(([name, value]) => `${name} = ${JSON.stringify(value)};`)
  bob.offered.set(
    `sui:${SPACE}:hello?version=1`,
    new SquidError('RELEASE_REVOKED', 'it was revoked: it leaks'),
  )
  await refused(
    /it leaks/,
    'eval',
    '--raw',
    '--expr',
    `(builtins.fetchTree { ${attributes.join(' ')} }).outPath`,
  )
})

test('what is locked needs no squidd where another cache has it', async () => {
  await write(
    'user',
    '{ inputs.hello.url = "sui:@alice:hello"; outputs = { self, hello }: { inherit (hello) packages; }; }',
  )
  await nix('flake', 'lock', './user')
  const cache = `file://${join(bob.home, 'cache')}`
  const path = await nix('eval', '--raw', './user#hello')
  await nix('build', '--no-link', './user#hello')
  await nix('copy', '--to', cache, path, './user')
  const source = JSON.parse(await nix('flake', 'archive', '--json', './user')) as {
    inputs: { hello: { path: string } }
  }
  await nix('copy', '--to', cache, source.inputs.hello.path)
  await bob.gateway.stop()
  await using carol = await Guest.create()
  await rm(join(carol.home, 'state/squidd.json'))
  await configure(carol, { substituters: cache, 'require-sigs': 'false' })
  const user = join(bob.home, 'user')
  const ran = await carol.run('nix', 'run', `path:${user}#hello`, '--', 'offline')
  assert.equal(ran.stdout, 'hello offline\n', ran.stderr)
})

for (const [reference, message] of [
  ['sui:@alice', /names no flake: write sui:@alice:FLAKE/],
  ['sui://alice/hello', /write sui:@alice:hello, without slashes/],
  ['sui:alice:hello', /'alice' is not a @name or 0x… id/],
  ['sui:@alice:He!lo', /is not the name of a flake/],
  ['sui:@alice:hello?version=x', /'version' of '.*' is not a number/],
  ['sui:@alice:hello?version=0', /begin with 1/],
  ['sui:@alice:hello?version=1&tag=stable', /both a version and a tag/],
  ['sui:@alice:hello?object=0x1', /is not the object id of a Space/],
  ['sui:@alice:hello?rev=1', /has no attribute 'rev'/],
  ['sui:@alice:other', /nobody published that/],
] as const) {
  test(`${reference} is refused`, async () => {
    await refused(message, 'flake', 'metadata', reference)
  })
}

test('a lock that says another hash or Space than the ledger is refused', async () => {
  const { narHash: _, ...rest } = locked()
  const attributes = Object.entries({ ...rest, object: `0x${'33'.repeat(32)}` })
    .map(([name, value]) => `${name} = ${JSON.stringify(value)};`)
    .join(' ')
  await refused(
    /is now of the Space/,
    'eval',
    '--impure',
    '--expr',
    `(builtins.fetchTree { ${attributes} }).outPath`,
  )
  const wrong = 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
  const ran = await bob.run('nix', 'flake', 'metadata', `sui:@alice:hello?narHash=${wrong}`)
  assert.equal(ran.status, 102)
  assert.match(ran.stderr, /NAR hash mismatch/)
})

test('no squidd is told with what to do', async () => {
  await bob.gateway.stop()
  await refused(
    /squidd does not answer at http:.*; start it with: squidd/,
    'flake',
    'metadata',
    'sui:@alice:hello',
  )
  await rm(join(bob.home, 'state/squidd.json'))
  await refused(/squidd is not running; start it with: squidd/, 'flake', 'metadata', 'sui:@alice:hello')
})

/** Stands between Nix and squidd, on a port of its own, and changes answers. */
async function between(
  change: (target: string, body: Buffer) => Buffer,
  secret: string,
): Promise<AsyncDisposable> {
  const squidd = new URL(bob.gateway.origin)
  const relay = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '', headers } = incoming
    const asking = request({ host: '127.0.0.1', port: squidd.port, path: url, headers }).end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    const body = change(url, Buffer.concat(await answer.toArray()))
    const { 'transfer-encoding': _, ...rest } = answer.headers
    response.writeHead(answer.statusCode ?? 500, { ...rest, 'content-length': body.length }).end(body)
  }
  const server = createServer((incoming, response) => void relay(incoming, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://squid.localhost:${(server.address() as AddressInfo).port}`
  const state = { pid: process.pid, origin, network: 'memory', secret }
  await writeFile(join(bob.home, 'state/squidd.json'), JSON.stringify(state))
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('whoever listens where squidd should, without its secret, is not believed', async () => {
  await using _ = await between((__, body) => body, 'another secret')
  await refused(/is not the squidd of this home/, 'run', 'sui:@alice:hello#hello')
})

for (const [what, pattern, from, to] of [
  ['an answer', /^\/api\/resolve/, '"version":1', '"version":2'],
  ['the key', /^\/api\/status/, 'squid-test-1', 'evil-key---1'],
  ['a narinfo', /\.narinfo$/, 'NarSize: ', 'NarSize:  '],
] as const) {
  test(`${what} that was changed on its way is not believed`, async () => {
    const change = (target: string, body: Buffer): Buffer =>
      pattern.test(target) ? Buffer.from(body.toString('latin1').replace(from, to), 'latin1') : body
    await using _ = await between(change, 'shared')
    await refused(/is not the squidd of this home/, 'run', 'sui:@alice:hello#hello')
  })
}

test('other bytes of a source are refused, and are not what the release is called', async () => {
  await using _ = await between((target, body) => {
    const at = /\/nar\//.test(target) ? body.indexOf('Sample outputs for tests') : -1
    return at < 0 ? body : Buffer.concat([body.subarray(0, at), Buffer.from('X'), body.subarray(at + 1)])
  }, 'shared')
  const { status, stdout, stderr } = await bob.run('nix', 'run', 'sui:@alice:hello#hello')
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /squidd sent other bytes for '.*-source' than the ledger names/)
  const source = /'(\/nix\/store\/[^']+-source)'/.exec(stderr)?.[1] ?? ''
  assert.notEqual((await bob.run('nix', 'path-info', source)).status, 0)
})

test('a wrong byte of another store path is refused by Nix', async () => {
  await using _ = await between((target, body) => {
    const at = /\/nar\//.test(target) ? body.indexOf('echo "hello $*"') : -1
    return at < 0 ? body : Buffer.concat([body.subarray(0, at), Buffer.from('X'), body.subarray(at + 1)])
  }, 'shared')
  const { status, stdout, stderr } = await bob.run('nix', 'run', 'sui:@alice:hello#hello')
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /hash mismatch|specified|not valid/i)
})

test('two releases that disagree about a path: neither is taken', async () => {
  const other = (await sample.withAnotherNar('-chain-3')).release({
    name: 'mallory',
    space: `0x${'44'.repeat(32)}`,
  })
  bob.offered.set('sui:@mallory:hello', other)
  const both = await bob.run(
    'nix',
    'build',
    '--no-link',
    'sui:@alice:hello#hello',
    'sui:@mallory:hello#hello',
  )
  assert.notEqual(both.status, 0)
  assert.match(both.stderr, /disagree about \/nix\/store\/[^ ]+-chain-3; neither is used/)
})

test('another Nix than it was built for is told, and nothing happens', async () => {
  const bytes = await readFile(plugin)
  const at = bytes.indexOf(Buffer.from([0, ...Buffer.from('2.8.0'), 0]))
  assert.notEqual(at, -1)
  const copy = join(bob.home, 'plugin.so')
  await writeFile(
    copy,
    Buffer.concat([bytes.subarray(0, at + 1), Buffer.from('2.7.0'), bytes.subarray(at + 6)]),
  )
  await configure(bob, { 'plugin-files': copy })
  const { status, stderr } = await bob.run('nix', 'flake', 'metadata', 'sui:@alice:hello')
  assert.equal(status, 1)
  assert.match(stderr, /warning: Squid's plugin was built for Nix 2\.7\.0 and does nothing in Nix 2\.8\.0/)
  assert.match(stderr, /is unsupported/)
})
