/**
 * A real file tree as events, in the order of the archive: names as bytes, in byte order.
 * @module
 */
import { Buffer } from 'node:buffer'
import * as fs from 'node:fs'
import { SquidError } from '../errors/index.ts'
import type { NarEvent } from './event.ts'

const READ_BYTES = 512 * 1024
const NO_NAME = new Uint8Array(0)
const SLASH = Buffer.from('/')

interface OpenDirectory {
  readonly path: Buffer
  readonly entries: fs.Dirent<Buffer>[]
  next: number
}

/**
 * Walks the tree below `root`, which may be a file or a symbolic link too. Owners, times and all permissions but the
 * owner's execute bit are left out, as in Nix.
 * @returns events; the bytes of `data` are valid until the next event is asked for
 * @throws {SquidError} `NAR_FILE_TYPE` on devices, sockets and pipes, `NAR_CHANGED` when a file shrinks or grows
 */
export function* walkTree(root: string): Generator<NarEvent, void> {
  const readBuffer = new Uint8Array(READ_BYTES)
  const open: OpenDirectory[] = []
  const start = Buffer.from(root)
  yield* walkEntry(start, fs.lstatSync(start), NO_NAME, open, readBuffer)
  for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
    const entry = directory.entries[directory.next++]
    if (entry === undefined) {
      open.pop()
      yield { kind: 'end' }
      continue
    }
    yield* walkEntry(Buffer.concat([directory.path, SLASH, entry.name]), entry, entry.name, open, readBuffer)
  }
}

/** The kind of an entry, as `lstat` and directories both tell it. */
interface EntryKind {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

function* walkEntry(
  path: Buffer,
  kind: EntryKind,
  name: Uint8Array,
  open: OpenDirectory[],
  readBuffer: Uint8Array,
): Generator<NarEvent, void> {
  if (kind.isFile()) yield* walkFile(path, name, readBuffer)
  else if (kind.isSymbolicLink())
    yield { kind: 'symlink', name, target: fs.readlinkSync(path, { encoding: 'buffer' }) }
  else if (kind.isDirectory()) {
    yield { kind: 'directory', name }
    open.push({ path, entries: sortedEntries(path), next: 0 })
  } else {
    throw new SquidError(
      'NAR_FILE_TYPE',
      `${path.toString()} is neither a file, a directory nor a symbolic link; remove it and try again.`,
    )
  }
}

function sortedEntries(path: Buffer): fs.Dirent<Buffer>[] {
  const entries = fs.readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
  return entries.sort((left, right) => Buffer.compare(left.name, right.name))
}

function* walkFile(path: Buffer, name: Uint8Array, readBuffer: Uint8Array): Generator<NarEvent, void> {
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
  try {
    const { size, mode } = fs.fstatSync(file)
    yield { kind: 'file', name, executable: (mode & 0o100) !== 0, size }
    let left = size
    while (left > 0) {
      const read = fs.readSync(file, readBuffer, 0, Math.min(left, readBuffer.length), null)
      if (read === 0) throw changed(path)
      left -= read
      yield { kind: 'data', bytes: readBuffer.subarray(0, read) }
    }
    if (fs.fstatSync(file).size !== size) throw changed(path)
  } finally {
    fs.closeSync(file)
  }
}

function changed(path: Buffer): SquidError {
  return new SquidError('NAR_CHANGED', `${path.toString()} changed while it was read; try again.`)
}
