/**
 * Bad input and a bad world: one clear sentence that says what to do, a status that is not 0, no half-written state.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Outcome, type Person, World } from './world.ts'

let world: World
let alice: Person
let sample: string

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  sample = await world.sample(alice)
  await alice.json('publish', `${sample}#hello`)
  await alice.start()
})
after(async () => {
  await world[Symbol.asyncDispose]()
})

/** Progress may come before it, but there is one error, and it is one sentence. */
function assertRefused(outcome: Outcome, message: RegExp, status = 1): void {
  assert.equal(outcome.status, status, outcome.stderr)
  assert.equal(outcome.stdout, '')
  const errors = outcome.stderr.split('\n').filter(line => line.startsWith('error:'))
  assert.equal(errors.length, 1, outcome.stderr)
  assert.match(errors[0] ?? '', /^error: .{10,}[.!?)]$/)
  assert.match(errors[0] ?? '', message)
  assert.match(outcome.stderr, /\n$/)
  assert.doesNotMatch(outcome.stderr, /\.ts:\d|bug of squid/)
}

/** How many releases alice's flake has. */
async function releases(): Promise<number> {
  const { releases } = await alice.json('releases', 'sui:@alice:hello')
  return (releases as unknown[]).length
}

for (const [args, message, status] of [
  [['resolve', 'hello'], /not a reference/, 2],
  [['resolve', 'sui:@alice'], /names no flake/, 2],
  [['resolve', 'sui:@ALICE:hello'], /not a reference/, 2],
  [['resolve', 'sui:@alice:hello?version=0'], /not a reference/, 2],
  [['resolve', 'sui:@nobody:hello'], /nobody/, 1],
  [['resolve', 'sui:@alice:other'], /no flake other/, 1],
  [['resolve', 'sui:@alice:hello?version=9'], /no version 9/, 1],
  [['resolve', 'sui:@alice:hello?tag=nightly'], /no tag nightly/, 1],
  [['resolve', `sui:0x${'9'.repeat(64)}:hello`], /neither a Space nor an owner/, 1],
  [['resolve', `sui:0x${'9'.repeat(64)}`], /no object/, 1],
  [['resolve', 'sui:0x6'], /not a flake/, 1],
  [['run', 'sui:@nobody:hello'], /nobody/, 1],
  [['run', 'sui:@alice:hello#other'], /no 'other'.*it holds hello/, 1],
  [['name', 'claim', 'No!'], /a name is 3 to 63/, 2],
  [['yank', 'sui:@alice:hello'], /say which version/, 2],
  [
    ['yank', 'sui:@alice:hello?version=9'],
    /sui:@alice:hello has no version 9; see squid releases sui:@alice:hello/,
    1,
  ],
  [['yank', 'sui:@alice:hello?version=1', '--undo'], /version 1 is not yanked/, 1],
  [['revoke', 'sui:@alice:hello?version=9', 'x'], /has no version 9; see squid releases/, 1],
  [['publish', './nowhere#hello'], /no flake at \.\/nowhere/, 1],
  [['publish', 'nowhere#hello'], /a folder is written \.\/nowhere/, 1],
  [['trust', 'accept', '@nobody'], /nobody/, 1],
  [['trust', 'set', 'keys', 'nonsense'], /not a public key/, 2],
  [['trust', 'set', 'everybody'], /no policy 'everybody'; say publisher or keys/, 2],
  [['trust', 'set', 'keys'], /say which keys/, 2],
  [['trust', 'set', 'publisher', 'x-1:AAAA'], /publisher takes no keys/, 2],
  [['trust', 'set'], /say what to set/, 2],
  [['trust', 'set', '--strict', '--no-strict'], /not both/, 2],
  [['trust', 'explain', '/etc/passwd'], /is not in \/nix\/store/, 1],
  [['trust'], /there is: squid trust show, squid trust set/, 2],
  [['shell', 'sui:@alice:hello', '-c'], /after -c comes a command/, 2],
  [['profile', 'install', '--priority', 'x', 'sui:@alice:hello'], /--priority wants a whole number/, 2],
  [['profile', 'rollback', '--to', 'x'], /--to wants the number of a generation/, 2],
] as const) {
  test(`squid ${args.join(' ')}`, async () => {
    assertRefused(await alice.squid(...args), message, status)
  })
}

test('a flake that is not there, an attribute that is not, a build that fails: nothing is released', async () => {
  const before = await releases()
  for (const [installable, message] of [
    [`path:${alice.home}/nowhere#hello`, /no flake at/],
    [`${sample}#helo`, /no 'helo' for x86_64-linux; it offers .*hello/],
    [`${sample}#data`, /neither a package nor an app/],
    [`${sample}#broken`, /broken\.drv.*failed/],
  ] as const) {
    assertRefused(await alice.squid('publish', installable, '--as', 'hello'), message)
  }
  assertRefused(
    await alice.squid('publish', `${sample}#hello`, '--as', 'No Name'),
    /--as wants .*, not 'No Name'/,
    2,
  )
  assert.equal(await releases(), before)
})

test('somebody without key, without money, without name, without rights', async () => {
  const stranger = await world.stranger()
  assertRefused(await stranger.squid('resolve', 'sui:@alice:hello'), /run: squid init/)
  assertRefused(await stranger.squid('publish', `${sample}#hello`), /run: squid init/)
  const poor = await world.stranger()
  await poor.json('init', '--network', await world.withoutFaucet(poor))
  assertRefused(
    await poor.squid('name', 'claim', 'poor'),
    /^error: No SUI .* has too little; send some to it\.$/,
  )
  const nameless = await world.person()
  assertRefused(await nameless.squid('publish', `${sample}#hello`), /squid name claim/, 2)
  assertRefused(await nameless.squid('name', 'claim', 'alice'), /alice/)
  assertRefused(
    await nameless.squid('publish', `${await world.sample(nameless)}#library`, '--space', '@alice'),
    /may not publish into Space 0x[0-9a-f]{64}: ask one of its admins for the publish role/,
  )
  for (const [words, role] of [
    [['yank', 'sui:@alice:hello?version=1'], 'publish'],
    [['revoke', 'sui:@alice:hello?version=1', 'x'], 'admin'],
  ] as const) {
    assertRefused(
      await nameless.squid(...words),
      new RegExp(
        `0x[0-9a-f]{64} may not ${words[0]} in the Space 0x[0-9a-f]{64}: ask .* for the ${role} role`,
      ),
    )
  }
})

test('a home stays with its network; an unreachable network is told; nothing is written', async () => {
  assertRefused(
    await alice.squid('init', '--network', 'http://127.0.0.1:9/network.json'),
    /belongs to .*SQUID_HOME/,
  )
  const lost = await world.stranger()
  assertRefused(await lost.squid('init', '--network', 'http://127.0.0.1:9/network.json'), /network/)
  await writeFile(join(lost.home, 'bad.json'), '{"version":1}')
  assertRefused(await lost.squid('init', '--network', join(lost.home, 'bad.json')), /descriptor/)
  assert.deepEqual((await readdir(lost.home)).sort(), ['bad.json'])
})

test('what others wrote does nothing to a terminal', async () => {
  const eve = await world.person('eve')
  await eve.json('publish', `${await world.sample(eve)}#library`)
  await eve.json('revoke', 'sui:@eve:library?version=1', 'gone\u001b[2J\u009b2J\u202eerror: x')
  const { stdout, stderr } = await alice.squid('resolve', 'sui:@eve:library?version=1')
  assert.equal(stdout, '')
  assert.match(stderr, /gone\\u001b\[2J\ufffd2J\ufffderror: x/)
  const { releases } = await alice.json('releases', 'sui:@eve:library')
  assert.equal((releases as { revoked: string }[])[0]?.revoked, 'gone\u001b[2J\u009b2J\u202eerror: x')
  const again = await eve.squid('yank', 'sui:@eve:library?version=1')
  assertRefused(again, /version 1 was revoked, which nothing undoes: gone/)
})

test('a key for this machine that others may read is not used', async () => {
  const fay = await world.person()
  await (await fay.start()).stop()
  const key = join(fay.home, 'keys/nix-signing-key')
  assert.equal((await stat(key)).mode & 0o777, 0o600)
  await chmod(key, 0o640)
  assertRefused(await fay.run('squidd', '--port', '0'), /others may read .*nix-signing-key.*remove it/)
  await rm(key)
  await fay.start()
})

test('a second name moves the home, and says so', async () => {
  const gil = await world.person('gil-one')
  const { stdout, stderr, status } = await gil.squid('name', 'claim', 'gil-two')
  assert.equal(status, 0, stderr)
  assert.match(
    stderr,
    /^note: squid publish released into 0x[0-9a-f]{64} so far, from now on into @gil-two's Space\n$/,
  )
  assert.match(stdout, /@gil-two is yours/)
  assert.equal((await gil.squid('name', 'claim', 'gil-two')).stderr, '')
})

test('damaged files of the home are named', async () => {
  const frank = await world.person('frank')
  const config = join(frank.home, 'config.toml')
  const text = await readFile(config, 'utf8')
  await writeFile(config, 'network = ')
  assertRefused(await frank.squid('resolve', 'sui:@alice:hello'), /config\.toml is not TOML/)
  await writeFile(config, text)
  await writeFile(join(frank.home, 'keys/default'), 'x', { mode: 0o600 })
  assertRefused(await frank.squid('publish', `${sample}#hello`), /keys\/default/)
})

test('a taken port: squidd says so and stops', async () => {
  await using blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as { port: number }
  const gina = await world.person()
  assertRefused(await gina.run('squidd', '--port', String(port)), new RegExp(`port ${port} is taken.*--port`))
  assertRefused(await gina.squid('devnet', '--rpc-port', String(port), '--admin-port', '0'), /taken|in use/)
})

test('a Nix of several users that does not trust this one: told by doctor and by run', async () => {
  const hana = await world.stranger({ 'trusted-users': 'somebody-else' })
  await hana.json('init', '--network', world.devnet.networkUrl)
  const socket = { NIX_DAEMON_SOCKET_PATH: join(hana.home, 'socket') }
  const { program } = await hana.nix.nix()
  const daemon = spawn(program, ['daemon'], { env: { ...hana.env, ...socket }, stdio: 'ignore' })
  try {
    await hana.start()
    const remote = { ...socket, NIX_REMOTE: 'daemon' }
    const sentence = /Nix takes nothing from squidd for .* "extra-trusted-users = .*" and restart nix-daemon/
    assertRefused(await hana.runWith(remote, 'squid', 'run', 'sui:@alice:hello#hello'), sentence)
    const doctor = await hana.runWith(remote, 'squid', 'doctor')
    assert.equal(doctor.status, 1)
    assert.match(doctor.stdout, new RegExp(`^NO  nix .*${sentence.source}`, 'm'))
  } finally {
    const ended = once(daemon, 'close')
    daemon.kill()
    await ended
  }
})

test('no squidd: run and the shim say how to start it', async () => {
  const hugo = await world.person()
  assertRefused(
    await hugo.squid('run', 'sui:@alice:hello#hello'),
    /squidd is not running; start it with: squidd/,
  )
  await hugo.squid('shim', 'install', join(hugo.home, 'shim'))
  assertRefused(await hugo.run('nix', 'run', 'sui:@alice:hello#hello'), /squidd is not running/)
})

test('whoever else listens where squidd was is not believed', async () => {
  const ivan = await world.person()
  await ivan.squid('shim', 'install', join(ivan.home, 'shim'))
  await ivan.start()
  const file = join(ivan.home, 'state/squidd.json')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await ivan.squidd?.stop('SIGKILL')
  const left = JSON.parse(await readFile(file, 'utf8')) as { origin: string; secret: string }
  let asked = ''
  // It tells what squidd would, and names its own cache and key; the proof is that of another secret.
  const answer = JSON.stringify({
    url: 'http://127.0.0.1:1/x.tar.gz',
    narHash: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    warnings: [],
    substituter: 'http://127.0.0.1:1',
    publicKey: 'evil-1:AAAA',
  })
  await using other = createHttpServer((request, response) => {
    asked += JSON.stringify([request.url, request.headers])
    response.setHeader('x-squid-proof', '0'.repeat(64)).end(answer)
  }).listen(Number(new URL(left.origin).port), '127.0.0.1')
  await once(other, 'listening')
  for (const words of [
    ['squid', 'run', 'sui:@alice:hello#hello'],
    ['squid', 'status'],
    ['nix', 'run', 'sui:@alice:hello#hello'],
  ] as const) {
    const [program, ...args] = words
    assertRefused(await ivan.run(program, ...args), /is not the squidd of this home/)
  }
  assert.match(asked, /api\/status/)
  assert.ok(!asked.includes(left.secret), 'the secret is not told')
})

test('squidd ends cleanly on SIGTERM and takes its state file along; SIGKILL loses nothing', async () => {
  const ines = await world.person()
  const first = await ines.start()
  assert.match(await readFile(join(ines.home, 'state/squidd.json'), 'utf8'), /"origin"/)
  assert.equal(await first.stop('SIGTERM'), 0)
  await assert.rejects(readFile(join(ines.home, 'state/squidd.json')))
  const second = await ines.start()
  assert.equal((await ines.squid('run', 'sui:@alice:hello#hello', '--', '1')).stdout, 'hello 1\n')
  await second.stop('SIGKILL')
  assertRefused(await ines.squid('run', 'sui:@alice:hello#hello'), /start it with: squidd/)
  await ines.start()
  assert.equal((await ines.squid('run', 'sui:@alice:hello#hello', '--', '2')).stdout, 'hello 2\n')
})

test('a full disk: publishing says so; with room it goes through', async () => {
  const jan = await world.person('jan')
  const flake = await world.sample(jan)
  // A file system of 96 KiB over the home's state: room for the journal, not for a pack.
  const script = `mkdir -p "$SQUID_HOME/state" && mount -t tmpfs -o size=96k none "$SQUID_HOME/state" && exec squid publish ${flake}#hello`
  const refused = await jan.run('unshare', '-m', 'sh', '-c', script)
  assertRefused(refused, /disk is full/)
  assertRefused(await jan.squid('resolve', 'sui:@jan:hello'), /no flake hello/)
  const { version } = await jan.json('publish', `${flake}#hello`)
  assert.equal(version, 1)
})

test('too few honest storage nodes: nothing is served, nothing is started, a new squidd works again', async () => {
  const kim = await world.person()
  await kim.start()
  for (const target of ['all', 'aggregator'] as const) world.devnet.setNodeFault(target, 'tamper')
  try {
    const refused = await kim.squid('run', 'sui:@alice:hello#hello')
    assertRefused(refused, /storage nodes/)
    assert.deepEqual(await readdir(kim.nix.physical('/nix/store')).catch(() => []), [])
  } finally {
    for (const target of ['all', 'aggregator'] as const) world.devnet.setNodeFault(target, null)
  }
  // It gave up on the nodes that lied; the next one tries them anew.
  await kim.squidd?.stop()
  await kim.start()
  assert.equal((await kim.squid('run', 'sui:@alice:hello#hello', '--', 'x')).stdout, 'hello x\n')
})

test('publishing with too few storage nodes fails cleanly and is resumed by the same command', async () => {
  const lou = await world.person('lou')
  const flake = await world.sample(lou)
  for (let node = 0; node < 8; node++) world.devnet.setNodeFault(node, 'down')
  try {
    assertRefused(await lou.squid('publish', `${flake}#library`), /storage/i)
    assertRefused(await lou.squid('resolve', 'sui:@lou:library'), /no flake library/)
  } finally {
    for (let node = 0; node < 12; node++) world.devnet.setNodeFault(node, null)
  }
  const { version } = await lou.json('publish', `${flake}#library`)
  assert.equal(version, 1)
})

test('publish killed with SIGKILL leaves no half release; the same command finishes it', async () => {
  const max = await world.person('max')
  const flake = await world.sample(max)
  const roots = join(max.home, 'state/gc-roots')
  for (const line of ['built', 'chunked', 'uploaded']) {
    await max.killedAt(new RegExp(`^${line} `, 'm'), 'squid', 'publish', `${flake}#files`)
    assert.equal((await readdir(roots)).length, 1, 'only of the killed one: what lay there before is gone')
    const seen = await max.squid('resolve', 'sui:@max:files', '--json')
    if (seen.status === 0) assert.equal((JSON.parse(seen.stdout) as { version: number }).version, 1)
  }
  const finished = await max.json('publish', `${flake}#files`)
  assert.equal(finished['version'], 1)
  assert.deepEqual(await readdir(roots), [])
  const { releases } = await max.json('releases', 'sui:@max:files')
  assert.equal((releases as unknown[]).length, 1)
})

test('a name that expired, and one that another person took: stopped with both Spaces, until it is accepted', async () => {
  const nina = await world.person('nina-to-go')
  await nina.json('publish', `${await world.sample(nina)}#library`, '--as', 'thing')
  const olga = await world.person()
  await olga.json('resolve', 'sui:@nina-to-go:thing')
  world.devnet.advanceClock(3 * 366 * 24 * 3600 * 1000)
  assertRefused(await olga.squid('resolve', 'sui:@nina-to-go:thing'), /expired/)
  const pete = await world.person('nina-to-go')
  await pete.json('publish', `${await world.sample(pete)}#library`, '--as', 'thing')
  const refused = await olga.squid('resolve', 'sui:@nina-to-go:thing')
  assertRefused(
    refused,
    /was the Space 0x[0-9a-f]{64} and is now the Space 0x[0-9a-f]{64}.*squid trust accept @nina-to-go/,
  )
  await olga.json('trust', 'accept', '@nina-to-go')
  await olga.json('resolve', 'sui:@nina-to-go:thing')
})
