import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../hash/index.ts'
import { parseStorePath } from '../store-path/index.ts'
import { encodeManifest, type Manifest } from './index.ts'

const PATH = parseStorePath(`/nix/store/${'0'.repeat(32)}-hello`)

/** A manifest with these words. */
function manifestWith(words: {
  system?: string
  attribute?: string
  output?: string
  program?: string
  revision?: string
  description?: string
}): Manifest {
  const { system = 'x86_64-linux', attribute = 'hello', output = 'out', program = 'bin/hello' } = words
  return {
    sourceNarHash: sha256(),
    flake: {
      lastModified: 0n,
      revision: words.revision ?? 'abc',
      description: words.description ?? 'Says hello',
    },
    systems: [
      {
        system,
        attributes: [
          {
            attribute,
            outputs: [{ name: output, path: PATH }],
            outputsToInstall: [output],
            mainProgram: `${PATH}/${program}`,
          },
        ],
      },
    ],
    holds: { sources: false, buildClosure: false },
    tree: { digest: sha256(), paths: 1, narBytes: 1n },
  }
}

// ESC ] 0 sets a terminal's title; U+009B is a one-character CSI; U+202E turns the text that follows around.
for (const evil of [
  '\u001b]0;x\u0007',
  'a\nb',
  'a\rb',
  '\u009b2J',
  'a\u202eb',
  'a\u2066b',
  'a\u2028b',
  '\u007f',
]) {
  const shown = JSON.stringify(evil)
  for (const where of ['system', 'attribute', 'output', 'program', 'revision'] as const) {
    test(`the ${where} ${shown} is refused: people read it on terminals`, () => {
      assert.throws(() => encodeManifest(manifestWith({ [where]: evil })), {
        code: 'MANIFEST_INVALID',
        message: /invisible characters/,
      })
    })
  }
}

test('a description may have lines, and nothing else that is invisible', () => {
  encodeManifest(manifestWith({ description: 'Two\r\n\tlines, größer, 你好, 👋' }))
  assert.throws(() => encodeManifest(manifestWith({ description: 'a\u001b[2Jb' })), {
    code: 'MANIFEST_INVALID',
  })
})

test('words of all languages are words', () => {
  encodeManifest(manifestWith({ attribute: 'größe-你好-👋', program: 'bin/naïve program' }))
})
