/**
 * A file tree as a flat sequence of events, in the order of the archive.
 * @module
 */

/**
 * `name` is the entry's name in its directory and empty for the root alone. A directory's entries follow it in
 * byte order up to its `end`; a file's `data` pieces follow it and sum to `size`.
 */
export type NarEvent =
  | { readonly kind: 'directory'; readonly name: Uint8Array }
  | { readonly kind: 'file'; readonly name: Uint8Array; readonly executable: boolean; readonly size: number }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'symlink'; readonly name: Uint8Array; readonly target: Uint8Array }
  | { readonly kind: 'end' }

/** What is streamed can come from memory too. */
export type Stream<T> = AsyncIterable<T> | Iterable<T>
