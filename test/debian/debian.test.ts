/**
 * Debian packages as Nix derivations, on real Nix and the machine's own apt sources: generated, built in the sandbox,
 * run. SQUID_DEBIAN_LARGE=1 (nightly) builds the large closure with every check and some builds twice.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Archives, debianCache, DebianError, type DebianFlake, writeDebianFlake } from '@squid/host/debian'
import { closure, type Nix, NixError } from '@squid/host/nix'
import { NixEnvironment } from '@squid/host/nix/testing'
import { addArchives, buildDebian, LARGE } from '../../tools/debian-closure.ts'

const root = join(import.meta.dirname, '../..')
const large = process.env['SQUID_DEBIAN_LARGE'] === '1'
const run = promisify(execFile)

let dir = ''
let environment: NixEnvironment
let nix: Nix
let written: DebianFlake
const flake = (): string => join(dir, 'flake')

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'squid-debian-test-'))
  environment = await NixEnvironment.create({ 'max-jobs': '2' })
  nix = await environment.nix()
  written = await writeDebianFlake(flake(), { packages: ['jq'], sources: ['hello'] })
  await addArchives(nix, written)
})
after(async () => {
  await environment[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

const isDebianError =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof DebianError && error.code === code

/** Builds attributes and returns their paths. */
async function build(...attributes: readonly string[]): Promise<readonly string[]> {
  const references = attributes.map(attribute => `path:${flake()}#${attribute}`)
  const built = (await nix.json(['build', '--no-link', ...references])) as readonly {
    outputs: { out: string }
  }[]
  return built.map(({ outputs }) => outputs.out)
}

/** Runs a program of a store path. */
async function start(path: string, program: string, ...args: readonly string[]): Promise<string> {
  return await nix.capture(['shell', path, '--command', `${path}/${program}`, ...args])
}

/** Names of store paths without their hashes. */
function names(paths: readonly { readonly path: string }[]): readonly string[] {
  return paths.map(({ path }) => path.slice('/nix/store/'.length + 33)).sort()
}

test('the lock names every file by hash and groups what needs each other', async () => {
  const text = await readFile(join(flake(), 'debian.json'), 'utf8')
  const lock = JSON.parse(text) as typeof written.lock
  assert.deepEqual(lock, written.lock)
  assert.deepEqual(lock.wanted, ['jq'])
  assert.deepEqual(lock.units['libc6']?.packages, ['libc6', 'libgcc-s1'])
  assert.equal(lock.packages['libgcc-s1'], 'libc6')
  for (const unit of Object.values(lock.units)) {
    assert.equal(unit.archives.length, unit.packages.length)
    for (const { sha256, path, mirror } of unit.archives) {
      assert.match(sha256, /^[0-9a-f]{64}$/)
      assert.ok(!path.includes('://') && lock.mirrors[mirror] !== undefined)
    }
  }
  assert.deepEqual(
    lock.sources['hello']?.files.map(({ name }) => name.replace(/^.*?\.(?=orig|debian|dsc)/, '')),
    ['dsc', 'orig.tar.gz', 'debian.tar.xz'],
  )
})

test('asked again, the archive gives the same lock', async () => {
  const again = join(dir, 'again')
  await writeDebianFlake(again, { packages: ['jq'], sources: ['hello'] })
  assert.equal(
    await readFile(join(again, 'debian.json'), 'utf8'),
    await readFile(join(flake(), 'debian.json'), 'utf8'),
  )
})

test('programs run from their store paths and use nothing of this machine', async () => {
  const [jq = '', libc = ''] = await build('jq', 'legacyPackages.x86_64-linux.libc6')
  assert.equal((await start(jq, 'bin/jq', '-n', '6 * 7')).trim(), '42')
  // The loader says where each library comes from; this machine has a libc of its own.
  const loader = `${libc}/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2`
  const loaded = await nix.capture(['shell', jq, '--command', loader, '--list', `${jq}/bin/jq`])
  const libraries = [...loaded.matchAll(/=> (\S+)/g)].map(([, path = '']) => path)
  assert.ok(libraries.length >= 3, loaded)
  for (const library of libraries) assert.match(library, /^\/nix\/store\//)
  // A library that is in no store path is not taken from this machine either.
  const unset = await nix.attempt(['shell', libc, '--command', loader, '/bin/true'])
  assert.notEqual(unset.status, 0)
  assert.match(unset.stderr, /libc\.so\.6: cannot open shared object file/)
})

test('references are those of Debian, and the seed is none of them', async () => {
  const [jq = ''] = await build('jq')
  const paths = await closure(nix, [jq])
  const { units } = written.lock
  const expected = new Set<string>()
  const visit = (key: string): void => {
    expected.add(units[key]?.name ?? key)
    for (const next of units[key]?.depends ?? []) visit(next)
  }
  visit('jq')
  assert.deepEqual(names(paths), [...expected].sort())
})

test('GNU hello, compiled from its source package, needs libc alone', async () => {
  const [hello = ''] = await build('hello')
  assert.equal(await start(hello, 'bin/hello'), 'Hello, world!\n')
  const { units, packages, sources } = written.lock
  const needed = ['libc6', ...(units['libc6']?.depends ?? [])].map(
    key => units[packages[key] ?? '']?.name ?? '',
  )
  assert.deepEqual(
    names(await closure(nix, [hello])),
    [`hello-${sources['hello']?.version ?? ''}`, ...needed].sort(),
  )
})

test('the checks pass in the sandbox, where there is nothing but the store', async () => {
  await build('checks.x86_64-linux.cc', 'checks.x86_64-linux.hello', 'checks.x86_64-linux.jq')
})

test('built again, the bytes are the same', async () => {
  const attributes = ['jq', 'legacyPackages.x86_64-linux.libc6', 'cc', ...(large ? ['hello'] : [])]
  await nix.capture(['build', '--no-link', '--rebuild', ...attributes.map(it => `path:${flake()}#${it}`)])
})

/** A copy of the flake whose lock wants another hash for the archive of jq. */
async function withHash(name: string, hash: string): Promise<string> {
  const changed = join(dir, name)
  await cp(flake(), changed, { recursive: true })
  const text = await readFile(join(changed, 'debian.json'), 'utf8')
  const before = written.lock.units['jq']?.archives[0]?.sha256 ?? ''
  await writeFile(join(changed, 'debian.json'), text.replace(before, hash))
  return `path:${changed}#jq`
}

test('an archive with another hash is refused', async () => {
  const reference = await withHash('changed', '0123456789abcdef'.repeat(4))
  await assert.rejects(
    nix.capture(['build', '--no-link', reference]),
    (error: unknown) => error instanceof NixError && error.code === 'NIX_FAILED',
  )
})

test('an archive that the seed cannot decompress is refused by name', async () => {
  const folder = join(dir, 'zstd')
  await mkdir(join(folder, 'DEBIAN'), { recursive: true })
  const control =
    'Package: jq\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: x\n'
  await writeFile(join(folder, 'DEBIAN/control'), control)
  const file = join(dir, written.lock.units['jq']?.archives[0]?.name ?? '')
  await run('dpkg-deb', ['--build', '-Zzstd', folder, file])
  await nix.store(['--add-fixed', 'sha256', file])
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  const { stderr } = await nix.attempt(['build', '--no-link', '-L', await withHash('zstd-flake', hash)])
  assert.match(stderr, /data\.tar\.zst is compressed in a way that the seed cannot read/)
})

test('a kept archive that was damaged is noticed and removed', async () => {
  const jq = written.lock.units['jq']
  assert.ok(jq !== undefined)
  const kept = new Archives(join(dir, 'kept'))
  const hash = jq.archives[0]?.sha256 ?? ''
  const bytes = await readFile(written.archives.path(hash))
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  await mkdir(join(dir, 'kept'))
  await writeFile(kept.path(hash), bytes)
  const lock = { ...written.lock, units: { jq }, sources: {} }
  await assert.rejects(kept.stage(lock, dir), isDebianError('DEBIAN_ARCHIVE'))
  assert.equal(existsSync(kept.path(hash)), false)
})

test('what apt does not know, and what has no recipe, is named', async () => {
  const target = join(dir, 'refused')
  await assert.rejects(
    writeDebianFlake(target, { packages: ['no-such-package-anywhere'] }),
    isDebianError('DEBIAN_NO_PACKAGE'),
  )
  await assert.rejects(
    writeDebianFlake(target, { packages: [], sources: ['jq'] }),
    isDebianError('DEBIAN_UNSUPPORTED'),
  )
  assert.equal(existsSync(target), false)
})

test('the commands of nix/debian/README.md work as they stand there', async () => {
  const text = await readFile(join(root, 'nix/debian/README.md'), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(match => match[1] ?? '')
  assert.ok(blocks.length >= 2)
  const script = blocks.join('\n').replaceAll('/tmp/', `${dir}/`)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: root,
    env: { ...environment.env, SQUID_DEBIAN_CACHE: debianCache() },
  })
  assert.match(stdout, /^Hello, world!$/m)
  assert.match(stdout, /^2\.00$/m)
})

if (large) {
  test('the large closure is real, and every check passes in it', async () => {
    const built = await buildDebian(LARGE)
    assert.ok(built.paths.length >= 150, String(built.paths.length))
    assert.ok(built.narBytes >= 300e6, String(built.narBytes))
    await buildDebian({ ...LARGE, attribute: 'checked' })
  })
}
