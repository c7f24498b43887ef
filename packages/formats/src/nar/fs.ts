/**
 * Archives of real file trees: dumping, hashing, restoring.
 *
 * File system calls are synchronous, which for the many small files of a store is several times faster than
 * promises; the event loop gets a turn after every few mebibytes.
 * @module
 */
import { setImmediate } from 'node:timers/promises'
import { joinParts } from './encoder.ts'
import type { Stream } from './event.ts'
import { type NarDigest, NarMeter } from './index.ts'
import type { NarLimits } from './limits.ts'
import { NarParser } from './parser.ts'
import { TreeWriter } from './restore.ts'
import { walkTree } from './walk.ts'

const TURN_BYTES = 4 * 1024 * 1024

/** Pieces of the archive, each valid until the next, with turns for the event loop. */
async function* dump(path: string): AsyncGenerator<Uint8Array> {
  let sinceTurn = 0
  for (const piece of joinParts(walkTree(path))) {
    yield piece
    sinceTurn += piece.length
    if (sinceTurn < TURN_BYTES) continue
    sinceTurn = 0
    await setImmediate()
  }
}

/**
 * Archives a file tree, in bounded memory.
 * @returns pieces of at most 512 KiB that belong to the consumer
 * @throws {SquidError} `NAR_FILE_TYPE`, `NAR_CHANGED`
 */
export async function* narFromPath(path: string): AsyncGenerator<Uint8Array> {
  for await (const piece of dump(path)) yield piece.slice()
}

/**
 * What a narinfo would say about a file tree.
 * @throws {SquidError} `NAR_FILE_TYPE`, `NAR_CHANGED`
 */
export async function hashNarOfPath(path: string): Promise<NarDigest> {
  const meter = new NarMeter()
  for await (const piece of dump(path)) meter.update(piece)
  return meter.digest()
}

/**
 * Writes the tree of an archive to `target`, which must not exist and whose folder nobody else writes to meanwhile.
 * Whatever goes wrong, nothing is left at `target`.
 * @returns what was really read, for the caller to compare before the tree is used
 * @throws {DecodeError} where the archive is not what Nix would have written
 * @throws {SquidError} `NAR_RESTORE` when the file system refuses, for instance because `target` exists
 */
export async function restoreNar(
  chunks: Stream<Uint8Array>,
  target: string,
  limits: Partial<NarLimits> = {},
): Promise<NarDigest> {
  const meter = new NarMeter()
  const parser = new NarParser(limits)
  const writer = new TreeWriter(target)
  try {
    for await (const chunk of chunks) {
      meter.update(chunk)
      for (const event of parser.push(chunk)) writer.apply(event)
    }
    parser.finish()
  } catch (error) {
    writer.undo()
    throw error
  }
  return meter.digest()
}
