import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeUtf8, encodeUtf8 } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import {
  baseName,
  parseStorePath,
  pathName,
  type StorePath,
  storePathOfBaseName,
} from '../store-path/index.ts'
import { assertCanonicalCodec, readVector } from '../testing/codec.ts'
import {
  decodeByteString,
  type Derivation,
  DerivationGraph,
  derivationKind,
  derivationPath,
  formatDerivation,
  parseDerivation,
} from './index.ts'

const FOLDER = join(import.meta.dirname, '../../../../vectors/nix/derivations')
const PATHS = readdirSync(FOLDER)
  .filter(name => name.endsWith('.drv'))
  .map(storePathOfBaseName)

function fileOf(path: StorePath): Uint8Array {
  return readVector(`nix/derivations/${baseName(path)}`)
}

/** The vector whose derivation has this name. */
function named(name: string): StorePath {
  const path = PATHS.find(path => pathName(path) === `${name}.drv`)
  assert.ok(path !== undefined, name)
  return path
}

function graphOf(files: ReadonlyMap<string, Uint8Array> = new Map()): DerivationGraph {
  return new DerivationGraph(async path => files.get(path) ?? fileOf(path))
}

const TEXT = decodeUtf8(fileOf(named('multi')))

test('derivations of real Nix are read and written byte for byte', () => {
  assert.equal(PATHS.length, 11)
  for (const path of PATHS) {
    const derivation = parseDerivation(fileOf(path))
    assert.deepEqual(formatDerivation(derivation), fileOf(path))
    assert.equal(derivationPath(derivation, pathName(path).slice(0, -4)), path)
  }
})

test('output paths are those that Nix wrote into the file', async () => {
  const graph = graphOf()
  let outputs = 0
  for (const path of PATHS) {
    if (['floating.drv', 'above.drv'].includes(pathName(path))) continue
    const paths = await graph.outputPaths(path)
    for (const output of parseDerivation(fileOf(path)).outputs) {
      assert.equal(paths.get(output.name), output.path, baseName(path))
      outputs++
    }
  }
  assert.equal(outputs, 11)
})

test('output paths are worked out, not read', async () => {
  const path = named('base')
  const derivation = parseDerivation(fileOf(path))
  const [output] = derivation.outputs
  assert.ok(output !== undefined)
  const lying = {
    ...derivation,
    outputs: [{ ...output, path: parseStorePath(`/nix/store/${'0'.repeat(32)}-base`) }],
  }
  const liarPath = derivationPath(lying, 'base')
  const paths = await graphOf(new Map([[liarPath, formatDerivation(lying)]])).outputPaths(liarPath)
  assert.equal(paths.get('out'), output.path)
})

test('the fields of one, with all that needs escaping', () => {
  const derivation = parseDerivation(fileOf(named('base')))
  const variables = new Map(derivation.environment)
  assert.equal(
    decodeByteString(variables.get('tricky') ?? ''),
    'tab\t quote" backslash\\ newline\n return\r dollar$ é',
  )
  assert.equal(derivation.system, 'x86_64-linux')
  assert.equal(derivation.builder, '/bin/sh')
  assert.deepEqual(derivation.inputDerivations, [])
  assert.deepEqual(derivation.inputSources.map(pathName), ['hello.txt', 'data'])
  assert.deepEqual(parseDerivation(fileOf(named('fixed'))).arguments.length, 2)
})

test('kinds are told apart', () => {
  const kinds = Object.fromEntries(
    PATHS.map(path => [pathName(path), derivationKind(parseDerivation(fileOf(path)))]),
  )
  assert.equal(kinds['base.drv'], 'input-addressed')
  assert.equal(kinds['fixed.drv'], 'fixed-output')
  assert.equal(kinds['sha512.drv'], 'fixed-output')
  assert.equal(kinds['floating.drv'], 'content-addressed')
  const derivation = parseDerivation(fileOf(named('fixed')))
  const [output] = derivation.outputs
  assert.ok(output !== undefined)
  const refused = { code: 'DERIVATION_OUTPUTS' }
  assert.throws(() => derivationKind({ ...derivation, outputs: [{ ...output, name: 'dev' }] }), refused)
  assert.throws(() => derivationKind({ ...derivation, outputs: [output, { ...output, name: 'z' }] }), refused)
  const mixed = { ...output, name: 'z', hashAlgorithm: '', hash: '' }
  assert.throws(() => derivationKind({ ...derivation, outputs: [output, mixed] }), refused)
})

test('floating outputs are refused by name, wherever they are', async () => {
  const refused = { code: 'CONTENT_ADDRESSED_DERIVATION', message: /floating/ }
  await assert.rejects(graphOf().outputPaths(named('floating')), refused)
  await assert.rejects(graphOf().hashModulo(named('floating')), refused)
  await assert.rejects(graphOf().outputPaths(named('above')), refused)
  await assert.rejects(graphOf().hashModulo(named('above')), refused)
})

test('a file that does not belong at its path is refused', async () => {
  const files = new Map([[named('base'), fileOf(named('sha1'))]])
  await assert.rejects(graphOf(files).outputPaths(named('base')), { code: 'DERIVATION_MISMATCH' })
  await assert.rejects(graphOf(files).hashModulo(named('top')), { code: 'DERIVATION_MISMATCH' })
  await assert.rejects(graphOf().hashModulo(storePathOfBaseName(`${'0'.repeat(32)}-x`)), {
    code: 'NOT_A_DERIVATION',
  })
})

test('an unknown way of fixing an output is refused by name', async () => {
  const derivation = parseDerivation(fileOf(named('fixed')))
  const outputs = derivation.outputs.map(output => ({ ...output, hashAlgorithm: 'git:sha1' }))
  const path = derivationPath({ ...derivation, outputs }, 'fixed')
  const files = new Map([[path, formatDerivation({ ...derivation, outputs })]])
  await assert.rejects(graphOf(files).outputPaths(path), { code: 'DERIVATION_HASH', message: /git:sha1/ })
})

/** A chain or lattice of input-addressed derivations, each needing the ones before it. */
function chain(length: number, width: number): { files: Map<string, Uint8Array>; last: StorePath } {
  const files = new Map<string, Uint8Array>()
  const paths: StorePath[] = []
  for (let i = 0; i < length; i++) {
    const inputDerivations = paths
      .slice(-width)
      .sort()
      .map(path => ({ path, outputs: ['out'] }))
    const output = { name: 'out', path: '' as const, hashAlgorithm: '', hash: '' }
    const derivation: Derivation = {
      outputs: [output],
      inputDerivations,
      inputSources: [],
      system: 'x',
      builder: '/b',
      arguments: [String(i)],
      environment: [],
    }
    const path = derivationPath(derivation, 'link')
    files.set(path, formatDerivation(derivation))
    paths.push(path)
  }
  const last = paths.at(-1)
  assert.ok(last !== undefined)
  return { files, last }
}

test('long chains and dense lattices are linear: no deep recursion, nothing twice', async () => {
  for (const [length, width] of [
    [5000, 1],
    [200, 20],
  ] as const) {
    const { files, last } = chain(length, width)
    let loads = 0
    const graph = new DerivationGraph(async path => {
      loads++
      return files.get(path) ?? new Uint8Array(0)
    })
    await graph.hashModulo(last)
    assert.equal(loads, length)
  }
})

test('any accepted file is the one file of its derivation', () => {
  assertCanonicalCodec(bytes => formatDerivation(parseDerivation(bytes)), PATHS.map(fileOf))
})

test('each rule has its refusal', () => {
  const refused: [string, string][] = [
    ['nothing', ''],
    ['blanks', TEXT.replace('],[', '], [')],
    ['trailing bytes', `${TEXT}\n`],
    ['dynamic inputs', TEXT.replace('Derive(', 'DrvWithVersion("xp-dyn-drv",')],
    ['no outputs', 'Derive([],[],[],"x","/b",[],[])'],
    ['an output without a path in the store', TEXT.replaceAll('/nix/store/', '/gnu/store/')],
    ['outputs out of order', TEXT.replace('("dev"', '("zzz"')],
    ['a strange output name', TEXT.replace('("dev"', '("d v"')],
    ['an environment out of order', TEXT.replace('("base"', '("zzz"')],
    ['an unknown escape', TEXT.replace('"x86_64-linux"', String.raw`"\x"`)],
    ['a bare line end', TEXT.replace('"x86_64-linux"', '"x86\n"')],
    ['an open string', TEXT.slice(0, -4)],
    ['wanted outputs twice', TEXT.replace('["out"]', '["out","out"]')],
  ]
  for (const [what, text] of refused) {
    assert.notEqual(text, TEXT, what)
    assert.throws(() => parseDerivation(encodeUtf8(text)), DecodeError, what)
  }
})

test('bytes that are not UTF-8 survive', () => {
  const file = Uint8Array.from(Buffer.from('Derive([("out","","","")],[],[],"\xff","/b",[],[])', 'latin1'))
  const derivation = parseDerivation(file)
  assert.deepEqual(formatDerivation(derivation), file)
  assert.throws(() => decodeByteString(derivation.system), DecodeError)
})
