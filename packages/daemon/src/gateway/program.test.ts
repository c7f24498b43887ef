import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBase32 } from '@squid/formats/base32'
import { formatHex } from '@squid/formats/bytes'
import { type ManifestEntry, NO_REWRITES } from '@squid/formats/manifest'
import { parseStorePath, pathHash, type StorePath } from '@squid/formats/store-path'
import type { ReleaseContents } from './contract.ts'
import { describeProgram } from './program.ts'

const SYSTEM = 'x86_64-linux'
const DEFAULT = { attribute: '', system: SYSTEM, isRun: false } as const

function storePath(number: number): StorePath {
  const hash = new Uint8Array(20)
  new DataView(hash.buffer).setUint32(0, number)
  return parseStorePath(`/nix/store/${formatBase32(hash)}-p`)
}

/** A release whose path `n` needs the paths that `references` says, up to no end. */
class Endless implements ReleaseContents {
  /** Most lookups that were going on at once. */
  most = 0
  #going = 0
  readonly #references: (number: number) => readonly number[]
  readonly manifest: ReleaseContents['manifest'] = {
    sourceNarHash: new Uint8Array(32),
    flake: { lastModified: 0n },
    systems: [
      {
        system: SYSTEM,
        attributes: [
          {
            attribute: 'default',
            outputs: [{ name: 'out', path: storePath(0) }],
            outputsToInstall: ['out'],
          },
          {
            attribute: 'several',
            outputs: ['bin', 'dev', 'out'].map((name, index) => ({ name, path: storePath(index + 1) })),
            outputsToInstall: ['out', 'bin'],
            mainProgram: `${storePath(1)}/bin/several`,
          },
          {
            attribute: 'several.doc',
            outputs: [{ name: 'doc', path: storePath(9) }],
            outputsToInstall: ['doc'],
          },
        ],
      },
    ],
    holds: { sources: false, buildClosure: false },
    tree: undefined as never, // never read: lookups are answered here
  }

  constructor(references: (number: number) => readonly number[]) {
    this.#references = references
  }

  async lookupHash(hash: Uint8Array): Promise<ManifestEntry> {
    this.most = Math.max(this.most, ++this.#going)
    await Promise.resolve()
    this.#going--
    const number = new DataView(hash.buffer, hash.byteOffset).getUint32(0)
    return {
      storePath: storePath(number),
      narHash: new Uint8Array(32),
      narSize: 1n,
      references: this.#references(number).map(storePath),
      signatures: [],
      chunks: { kind: 'inline', ids: [] },
      rewrites: NO_REWRITES,
    }
  }

  list(): AsyncIterable<ManifestEntry> {
    throw new Error('unused')
  }

  log(): AsyncIterable<Uint8Array> {
    throw new Error('unused')
  }

  nar(): AsyncIterable<Uint8Array> {
    throw new Error('unused')
  }
}

test('a closure without end is refused', async () => {
  const wide = new Endless(number => Array.from({ length: 1000 }, (_, index) => number * 1000 + index))
  await assert.rejects(describeProgram(wide, 'sui:@eve:bomb', DEFAULT), {
    code: 'CLOSURE_TOO_LARGE',
    message: 'sui:@eve:bomb needs more than 100000 store paths; it is not run',
  })
})

test('a wide closure is looked up a few paths at a time, each once, and told in order', async () => {
  const numbers = Array.from({ length: 500 }, (_, index) => index)
  const contents = new Endless(() => numbers)
  const { closure } = await describeProgram(contents, 'sui:@a:b', DEFAULT)
  assert.deepEqual(
    closure.map(({ path }) => path),
    numbers.map(storePath).sort(),
  )
  assert.ok(contents.most > 1 && contents.most <= 64, `${contents.most} at once`)
  assert.equal(formatHex(pathHash(storePath(1))).slice(0, 8), '00000001')
})

// What is typed → outputs, and the paths that are fetched for it.
for (const [attribute, isRun, outputs, paths] of [
  ['several', false, ['out', 'bin'], [3, 1]],
  ['packages.x86_64-linux.several', false, ['out', 'bin'], [3, 1]],
  ['several', true, ['out', 'bin'], [1]],
  ['several^dev', false, ['dev'], [2]],
  ['several^dev,out', false, ['dev', 'out'], [2, 3]],
  ['several^*', false, ['bin', 'dev', 'out'], [1, 2, 3]],
  ['several.dev', false, ['dev'], [2]],
  ['several.doc', false, ['doc'], [9]],
] as const) {
  test(`${attribute}${isRun ? ' to run' : ''}: outputs ${outputs.join(', ')}`, async () => {
    const none = new Endless(() => [])
    const report = await describeProgram(none, 'sui:@a:b', { attribute, system: SYSTEM, isRun })
    assert.deepEqual(
      report.outputs.map(({ name }) => name),
      outputs,
    )
    assert.deepEqual(report.paths, paths.map(storePath))
  })
}

for (const [attribute, system, code, message] of [
  ['several^doc', SYSTEM, 'ATTRIBUTE_UNKNOWN', /has no output 'doc'; it has bin, dev, out/],
  ['several.doc.x', SYSTEM, 'ATTRIBUTE_UNKNOWN', /it holds default, several/],
  ['several^', SYSTEM, 'USAGE', /names of outputs/],
  ['several^a b', SYSTEM, 'USAGE', /names of outputs/],
  [
    'several',
    'riscv64-linux',
    'ATTRIBUTE_UNKNOWN',
    /it holds nothing for riscv64-linux, only for x86_64-linux/,
  ],
  ['several', 'a b', 'USAGE', /looks like/],
] as const) {
  test(`${attribute} for ${system} is refused`, async () => {
    const none = new Endless(() => [])
    const wanted = { attribute, system, isRun: false }
    await assert.rejects(describeProgram(none, 'sui:@a:b', wanted), { code, message })
  })
}
