/**
 * Arbitrary file trees as NAR events.
 * @module
 */
import * as fc from 'fast-check'
import { compareBytes } from '../bytes/index.ts'
import type { NarEvent } from '../nar/index.ts'

type Tree =
  | { readonly kind: 'file'; readonly executable: boolean; readonly data: Uint8Array }
  | { readonly kind: 'symlink'; readonly target: Uint8Array }
  | { readonly kind: 'directory'; readonly entries: readonly (readonly [name: Uint8Array, tree: Tree])[] }

const name = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map(bytes => bytes.map(byte => (byte === 0 || byte === 0x2f || byte === 0x2e ? 0x61 : byte)))

const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('file' as const),
      executable: fc.boolean(),
      data: fc.uint8Array({ maxLength: 40 }),
    }),
    fc.record({ kind: fc.constant('symlink' as const), target: name }),
    fc.record({
      kind: fc.constant('directory' as const),
      entries: fc
        .uniqueArray(fc.tuple(name, tie('tree')), { selector: ([name]) => name.join(), maxLength: 5 })
        .map(entries => entries.sort(([left], [right]) => compareBytes(left, right))),
    }),
  ),
}))

function* eventsOf(tree: Tree, name: Uint8Array): Generator<NarEvent> {
  if (tree.kind === 'symlink') yield { kind: 'symlink', name, target: tree.target }
  else if (tree.kind === 'file') {
    yield { kind: 'file', name, executable: tree.executable, size: tree.data.length }
    if (tree.data.length > 0) yield { kind: 'data', bytes: tree.data }
  } else {
    yield { kind: 'directory', name }
    for (const [name, entry] of tree.entries) yield* eventsOf(entry, name)
    yield { kind: 'end' }
  }
}

/** Events of any file tree that Linux could hold. */
export const arbitraryTree: fc.Arbitrary<NarEvent[]> = tree.map(root => [
  ...eventsOf(root, new Uint8Array(0)),
])
