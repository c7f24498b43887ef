import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runProcess } from './process.ts'
import {
  build,
  closure,
  currentSystem,
  derivationClosure,
  describeOutputs,
  dumpPath,
  isFileInStore,
  type FlakeSource,
  flakeSource,
  type Nix,
  pathInfo,
  programCommand,
  realise,
  storePathOf,
} from './index.ts'
import { parseAttributePath } from './flake.ts'
import { NixEnvironment, writeSampleFlake } from './testing/index.ts'

const SYSTEM = 'x86_64-linux'
let environment: NixEnvironment
let nix: Nix
let source: FlakeSource
let sample: string

before(async () => {
  environment = await NixEnvironment.create()
  nix = await environment.nix()
  sample = await writeSampleFlake(join(environment.dir, 'sample'))
  source = await flakeSource(nix, sample)
})
after(async () => {
  await environment[Symbol.asyncDispose]()
})

test('a source is in the store, locked by its hash', async () => {
  assert.match(source.sourcePath, /^\/nix\/store\/[0-9a-z]{32}-source$/)
  assert.equal(source.description, 'Sample outputs for tests')
  assert.equal(source.revision, null)
  assert.deepEqual(source.inputs, [])
  const again = await flakeSource(nix, source.reference)
  assert.deepEqual(again, source)
})

test('the system is asked of Nix', async () => {
  assert.equal(await currentSystem(nix), SYSTEM)
})

test('derivations are what nix build would build', async () => {
  const attributes = ['hello', 'several', '', 'packages.x86_64-linux.renamed', 'several.dev']
  const outputs = await describeOutputs(nix, source, attributes, SYSTEM)
  for (const [index, attribute] of attributes.entries()) {
    const printed = await nix.capture([
      'eval',
      '--raw',
      `${sample}#${attribute}.drvPath`.replace('#.', '#default.'),
    ])
    assert.equal(outputs[index]?.derivation, printed, attribute)
    const installable = `${sample}#${attribute}`
    const built = (await nix.json(['build', '--dry-run', '--no-link', installable])) as { outputs: object }[]
    assert.deepEqual(Object.keys(built[0]?.outputs ?? {}), outputs[index]?.outputsToInstall, attribute)
  }
  const [hello, several, byDefault, renamed, dev] = outputs
  assert.equal(hello?.program, `${hello?.outputs[0]?.path}/bin/hello`)
  assert.equal(hello?.attributePath, 'packages.x86_64-linux.hello')
  assert.equal(byDefault?.attribute, 'default')
  assert.equal(byDefault?.derivation, hello?.derivation)
  assert.deepEqual(several?.outputsToInstall, ['out'])
  assert.deepEqual(
    several?.outputs.map(output => output.name),
    ['out', 'dev'],
  )
  assert.match(renamed?.program ?? '', /-renamed-1\/bin\/other$/)
  assert.deepEqual(dev?.needs, [`${dev?.derivation ?? ''}!dev`])
})

test('an app is found by its own name, with what it needs', async () => {
  const [app, several] = await describeOutputs(nix, source, ['greet', 'several'], SYSTEM)
  assert.equal(app?.attributePath, 'apps.x86_64-linux.greet')
  assert.equal(app?.program, several?.program)
  assert.deepEqual(app?.needs, [`${several?.derivation ?? ''}!out`])
})

test('built outputs run, and their closure is what nix-store says', async () => {
  const [hello] = await describeOutputs(nix, source, ['hello'], SYSTEM)
  assert.ok(hello)
  await build(nix, [hello])
  const path = storePathOf(hello.program)
  const infos = await closure(nix, [path])
  const listed = (await nix.store(['-qR', path])).trim().split('\n').sort()
  assert.deepEqual(
    infos.map(info => info.path),
    listed,
  )
  const [program, ...args] = programCommand(nix, path, hello.program, ['a', 'b c'])
  const ran = await runProcess(program, args, { env: nix.env })
  assert.equal(ran.stdout, 'hello a b c\n', ran.stderr)
  assert.equal(isFileInStore(nix, hello.program), true)
  assert.equal(isFileInStore(nix, `${path}/bin`), false)
  assert.equal(isFileInStore(nix, `${path}/bin/other`), false)
  const tools = infos.find(info => info.path.endsWith('-tools'))?.path ?? ''
  assert.equal(isFileInStore(nix, `${tools}/bin/sh`), true, 'through an absolute link')
  assert.equal(isFileInStore(nix.with({}), '/nix/store'), false)
})

test('the .drv closure holds the derivations and their sources', async () => {
  const [hello] = await describeOutputs(nix, source, ['hello'], SYSTEM)
  assert.ok(hello?.derivation)
  const infos = await derivationClosure(nix, [hello.derivation])
  assert.deepEqual(
    infos.map(info => info.path),
    (await nix.store(['-qR', hello.derivation])).trim().split('\n').sort(),
  )
  assert.ok(infos.every(info => info.contentAddress !== null))
})

test('a dumped path hashes to what the store recorded, from files and from Nix', async () => {
  const [files] = await describeOutputs(nix, source, ['files'], SYSTEM)
  assert.ok(files)
  await build(nix, [files])
  const path = files.outputs[0]?.path ?? ''
  const { narHash, narSize } = await pathInfo(nix, path)
  for (const stream of [dumpPath(nix, path), nix.stream(['store', 'dump-path', path])]) {
    const hash = createHash('sha256')
    let size = 0n
    for await (const part of stream) {
      hash.update(part)
      size += BigInt(part.length)
    }
    assert.equal(hash.digest('hex'), Buffer.from(narHash).toString('hex'))
    assert.equal(size, narSize)
  }
})

test('realise keeps a path with a root', async () => {
  const [fixed] = await describeOutputs(nix, source, ['fixed'], SYSTEM)
  assert.ok(fixed)
  await build(nix, [fixed])
  const path = fixed.outputs[0]?.path ?? ''
  await realise(nix, [path], { gcRoot: join(environment.dir, 'root-link') })
  assert.match(await nix.store(['--query', '--roots', path]), /root-link/)
  await assert.rejects(realise(nix, ['/nix/store/00000000000000000000000000000000-x']), {
    code: 'NIX_FAILED',
  })
})

test('what cannot be published is refused by name', async () => {
  await assert.rejects(describeOutputs(nix, source, ['helo'], SYSTEM), {
    code: 'NIX_NO_ATTRIBUTE',
    message: /no 'helo' for x86_64-linux; it offers .*hello/,
  })
  await assert.rejects(describeOutputs(nix, source, ['data'], SYSTEM), { code: 'NIX_NOT_BUILDABLE' })
  await assert.rejects(describeOutputs(nix, source, ['a..b'], SYSTEM), { code: 'NIX_NO_ATTRIBUTE' })
  await assert.rejects(flakeSource(nix, `path:${environment.dir}/nothing`), { code: 'NIX_NO_FLAKE' })
  await assert.rejects(flakeSource(nix, 'nowhere'), {
    code: 'NIX_NO_FLAKE',
    message: /registry.*by the name nowhere; a folder is written \.\/nowhere/,
  })
  await mkdir(join(environment.dir, 'empty'))
  await assert.rejects(flakeSource(nix, `path:${environment.dir}/empty`), { code: 'NIX_NO_FLAKE' })
  await mkdir(join(environment.dir, 'floating'))
  await writeFile(
    join(environment.dir, 'floating/flake.nix'),
    `{ outputs = _: { ca = derivation { name = "ca"; system = "${SYSTEM}"; builder = "/bin/sh"; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; }; }; }`,
  )
  const floating = await flakeSource(nix, `path:${environment.dir}/floating`)
  const experimental = nix.with({ 'experimental-features': 'nix-command flakes ca-derivations' })
  await assert.rejects(describeOutputs(experimental, floating, ['ca'], SYSTEM), { code: 'NIX_UNSUPPORTED' })
})

test('a build that fails says so with the builder and leaves nothing', async () => {
  const [broken] = await describeOutputs(nix, source, ['broken'], SYSTEM)
  assert.ok(broken)
  await assert.rejects(build(nix, [broken]), {
    code: 'NIX_FAILED',
    message: /broken\.drv failed; .* nix log \/nix\/store\/.*-broken\.drv$/,
  })
})

test('locked inputs are found; an unlocked one is refused', async () => {
  const dir = join(environment.dir, 'with-input')
  await mkdir(join(dir, 'dep'), { recursive: true })
  await writeFile(join(environment.dir, 'dep.txt'), 'text')
  const main = join(environment.dir, 'with-input/main')
  await mkdir(main)
  await writeFile(
    join(main, 'flake.nix'),
    `{ inputs.sample.url = "path:${environment.dir}/sample"; outputs = { self, sample }: { packages = sample.packages; }; }`,
  )
  await assert.rejects(flakeSource(nix, `path:${main}`), { code: 'NIX_UNLOCKED', message: /nix flake lock/ })
  await nix.capture(['flake', 'lock', `path:${main}`])
  const locked = await flakeSource(nix, `path:${main}`)
  assert.deepEqual(locked.inputs, [source.sourcePath])
  const [through, direct] = await Promise.all([
    describeOutputs(nix, locked, ['hello'], SYSTEM),
    describeOutputs(nix, source, ['hello'], SYSTEM),
  ])
  assert.equal(through[0]?.derivation, direct[0]?.derivation)
  await rm(dir, { recursive: true })
})

test('attribute paths are split as Nix does', () => {
  assert.deepEqual(parseAttributePath(''), [])
  assert.deepEqual(parseAttributePath('a.b-c.d'), ['a', 'b-c', 'd'])
  assert.deepEqual(parseAttributePath('a."b.c"'), ['a', 'b.c'])
  for (const bad of ['.', 'a.', '.a', 'a..b', 'a"b']) {
    assert.throws(() => parseAttributePath(bad), { code: 'NIX_NO_ATTRIBUTE' }, bad)
  }
})
