/** Our formats against real Nix, over every path of a closure that it builds here. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { equalBytes } from '@squid/formats/bytes'
import {
  DerivationGraph,
  derivationKind,
  derivationPath,
  formatDerivation,
  parseDerivation,
} from '@squid/formats/derivation'
import { encodeNar, parseNar } from '@squid/formats/nar'
import { hashNarOfPath, narFromPath, restoreNar } from '@squid/formats/nar/fs'
import { formatSri, parseHash } from '@squid/formats/sri'
import {
  contentAddressedPath,
  fixedOutputPath,
  parseContentAddress,
  parseStorePath,
  pathName,
  type StorePath,
} from '@squid/formats/store-path'
import {
  buildSample,
  closureOf,
  derivationClosureOf,
  nix,
  nixText,
  type PathInfo,
  type Sample,
} from './sample.ts'

let sample: Sample
let paths: PathInfo[]
let derivations: StorePath[]

before(async () => {
  sample = await buildSample()
  const needed = derivationClosureOf(sample.environment, sample.derivation)
  const runtime = closureOf(sample.environment, sample.top)
  paths = [...new Map([...needed, ...runtime].map(info => [info.path, info])).values()]
  derivations = paths.map(({ path }) => parseStorePath(path)).filter(path => path.endsWith('.drv'))
})

after(async () => {
  await sample.environment[Symbol.asyncDispose]()
})

async function digest(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

/** The archive by Nix, to which a bare `.drv` path would mean what it makes. */
function dumped(path: string): Uint8Array {
  const flags = path.endsWith('.drv') ? ['--derivation'] : []
  return nix(sample.environment, 'nix', ['store', 'dump-path', ...flags, path])
}

test('the closure is one worth testing', () => {
  assert.ok(paths.length >= 55, `${paths.length} paths`)
  assert.ok(derivations.length >= 25, `${derivations.length} derivations`)
  assert.ok(paths.some(({ references }) => references.length > 5))
  assert.ok(paths.some(({ path, references }) => references.includes(path)))
})

test('every archive is byte for byte that of nix store dump-path', async () => {
  for (const { path, narHash, narSize } of paths) {
    const theirs = dumped(path)
    const file = sample.environment.physical(path)
    assert.equal(await digest(narFromPath(file)), createHash('sha256').update(theirs).digest('hex'), path)
    assert.equal(await digest(encodeNar(parseNar([theirs]))), await digest(narFromPath(file)), path)
    const ours = await hashNarOfPath(file)
    assert.deepEqual(
      formatSri({ algorithm: 'sha256', digest: ours.hash }),
      formatSri(parseHash(narHash)),
      path,
    )
    assert.equal(ours.size, BigInt(narSize), path)
  }
})

test('what we restore is what Nix hashes the same', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-restore-'))
  try {
    const targets: string[] = []
    for (const [i, { path }] of paths.entries()) {
      targets.push(join(dir, String(i)))
      await restoreNar([dumped(path)], join(dir, String(i)))
    }
    const hashes = nixText(sample.environment, 'nix', ['hash', 'path', ...targets]).split('\n')
    assert.deepEqual(
      hashes,
      paths.map(({ narHash }) => formatSri(parseHash(narHash))),
    )
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('every derivation is written back as it was, and named as it is', async () => {
  for (const path of derivations) {
    const bytes = Uint8Array.from(await readFile(sample.environment.physical(path)))
    const derivation = parseDerivation(bytes)
    assert.ok(equalBytes(formatDerivation(derivation), bytes), path)
    assert.equal(derivationPath(derivation, pathName(path).slice(0, -4)), path)
  }
})

test('every output path is recomputed', async () => {
  const load = async (path: StorePath): Promise<Uint8Array> =>
    Uint8Array.from(await readFile(sample.environment.physical(path)))
  const graph = new DerivationGraph(load)
  const kinds = new Set<string>()
  for (const path of derivations) {
    const derivation = parseDerivation(await load(path))
    kinds.add(derivationKind(derivation))
    const written = derivation.outputs.map(({ name, path }) => [name, path])
    assert.deepEqual([...(await graph.outputPaths(path))], written, path)
  }
  assert.deepEqual([...kinds].toSorted(), ['fixed-output', 'input-addressed'])
})

test('every content-addressed path proves itself, and no other path', async () => {
  const addressed = paths.filter(({ ca }) => ca !== undefined)
  assert.ok(addressed.length >= derivations.length + 5)
  for (const { path, ca = '', references } of addressed) {
    const others = references.filter(reference => reference !== path).map(parseStorePath)
    const name = pathName(parseStorePath(path))
    const address = parseContentAddress(ca)
    assert.equal(contentAddressedPath(address, name, others, references.includes(path)), path)
    const hash = {
      ...address.hash,
      digest: address.hash.digest.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
    }
    assert.notEqual(contentAddressedPath({ ...address, hash }, name, others, references.includes(path)), path)
  }
})

test('files added by every hash get the path that we work out', async () => {
  const file = join(sample.environment.dir, 'abc')
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'] as const) {
    for (const recursive of [false, true]) {
      const flags = recursive ? ['--recursive'] : []
      const theirs = nixText(sample.environment, 'nix-store', ['--add-fixed', ...flags, algorithm, file])
      const hex = nixText(sample.environment, 'nix-hash', [
        '--type',
        algorithm,
        ...(recursive ? [] : ['--flat']),
        file,
      ])
      assert.equal(fixedOutputPath({ recursive, hash: parseHash(`${algorithm}:${hex}`) }, 'abc'), theirs)
    }
  }
})
