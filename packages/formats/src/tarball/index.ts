/**
 * The source of a flake as `.tar.gz`: what Nix's tarball fetcher unpacks. Deterministic: entries in the order of the
 * NAR, one time, no owners, plain permissions.
 * Spec: POSIX pax (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html), ustar headers with extended
 * headers where a name or link is too long, and RFC 1952.
 * @module
 */
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { concatBytes, encodeUtf8 } from '../bytes/index.ts'
import { SquidError } from '../errors/index.ts'
import type { NarEvent, Stream } from '../nar/index.ts'

const BLOCK = 512
const MAX_USTAR_SIZE = 8 ** 11 - 1
/** Linux's PATH_MAX without its NUL. Every entry says its whole path: deep trees would make archives of any size. */
const MAX_PATH = 4095
const NO_BYTES = new Uint8Array(0)
const SLASH = Uint8Array.of(0x2f)

/** How a source becomes a tarball. */
export interface TarballOptions {
  /** Seconds since 1970, the time of every entry: Nix reads the flake's `lastModified` from it. */
  readonly lastModified: number
  /** The one folder at the top; Nix strips it. */
  readonly prefix?: string
  /** Of zlib, 1 to 9. */
  readonly level?: number
}

interface Header {
  /** `0` file, `5` directory, `2` symbolic link, `x` extended header. */
  readonly type: '0' | '5' | '2' | 'x'
  readonly path: Uint8Array
  readonly mode: number
  readonly size: number
  readonly target: Uint8Array
}

/** A ustar header. Path and target must fit; `withExtension` sees to it. */
function ustar(header: Header, lastModified: number): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const octal = (value: number, offset: number, digits: number): void =>
    block.set(encodeUtf8(value.toString(8).padStart(digits, '0')), offset)
  block.set(header.path.subarray(0, 100), 0)
  octal(header.mode, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(header.size > MAX_USTAR_SIZE ? 0 : header.size, 124, 11)
  octal(lastModified, 136, 11)
  block.fill(0x20, 148, 156)
  block.set(encodeUtf8(header.type), 156)
  block.set(header.target.subarray(0, 100), 157)
  block.set(encodeUtf8('ustar\u000000'), 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.set(encodeUtf8(`${sum.toString(8).padStart(6, '0')}\u0000 `), 148)
  return block
}

/** `length key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = concatBytes([encodeUtf8(` ${key}=`), value, encodeUtf8('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return concatBytes([encodeUtf8(String(length)), rest])
}

function paddingTo512(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)
}

/** The entry's header, after an extended header when a value does not fit the old one. */
function withExtension(header: Header, lastModified: number): Uint8Array {
  const records = [
    ...(header.path.length > 100 ? [paxRecord('path', header.path)] : []),
    ...(header.target.length > 100 ? [paxRecord('linkpath', header.target)] : []),
    ...(header.size > MAX_USTAR_SIZE ? [paxRecord('size', encodeUtf8(String(header.size)))] : []),
  ]
  if (records.length === 0) return ustar(header, lastModified)
  const body = concatBytes(records)
  const extension: Header = {
    type: 'x',
    path: encodeUtf8('extended'),
    mode: 0o644,
    size: body.length,
    target: NO_BYTES,
  }
  return concatBytes([
    ustar(extension, lastModified),
    body,
    paddingTo512(body.length),
    ustar(header, lastModified),
  ])
}

/**
 * The uncompressed tar of an event sequence that a NAR parser made (its order and names are not checked again).
 * @returns pieces that belong to the consumer
 */
async function* tarOfEvents(events: Stream<NarEvent>, options: TarballOptions): AsyncGenerator<Uint8Array> {
  const root = encodeUtf8(options.prefix ?? 'source')
  const directories: Uint8Array[] = []
  let padding: Uint8Array = NO_BYTES
  let dataLeft = 0
  const pathOf = (name: Uint8Array): Uint8Array => {
    const parent = directories.at(-1)
    if (parent === undefined) return root
    if (parent.length + 1 + name.length > MAX_PATH) {
      throw new SquidError(
        'TARBALL_PATH',
        `The source has a path longer than ${MAX_PATH} bytes, which no system unpacks.`,
      )
    }
    return concatBytes([parent, SLASH, name])
  }
  for await (const event of events) {
    switch (event.kind) {
      case 'directory': {
        const path = pathOf(event.name)
        directories.push(path)
        const header = { path: concatBytes([path, SLASH]), mode: 0o755, size: 0, target: NO_BYTES }
        yield withExtension({ type: '5', ...header }, options.lastModified)
        break
      }
      case 'end':
        directories.pop()
        break
      case 'symlink': {
        const header = { path: pathOf(event.name), mode: 0o777, size: 0, target: event.target }
        yield withExtension({ type: '2', ...header }, options.lastModified)
        break
      }
      case 'file': {
        const mode = event.executable ? 0o755 : 0o644
        const header = { path: pathOf(event.name), mode, size: event.size, target: NO_BYTES }
        yield withExtension({ type: '0', ...header }, options.lastModified)
        padding = paddingTo512(event.size)
        dataLeft = event.size
        break
      }
      case 'data':
        yield event.bytes.slice()
        dataLeft -= event.bytes.length
        if (dataLeft === 0) yield padding
        break
    }
  }
  yield new Uint8Array(2 * BLOCK)
}

/**
 * The source of a flake as `.tar.gz`.
 * @returns pieces that belong to the consumer
 * @throws {SquidError} `TARBALL_PATH` when a path is longer than systems allow
 * @throws {RangeError} when `lastModified` is not a whole number of seconds that a tar header holds
 */
export async function* sourceTarball(
  events: Stream<NarEvent>,
  options: TarballOptions,
): AsyncGenerator<Uint8Array> {
  const { lastModified, level = 6 } = options
  if (!Number.isInteger(lastModified) || lastModified < 0 || lastModified > MAX_USTAR_SIZE) {
    throw new RangeError(`a tarball can not say the time ${lastModified}`)
  }
  const gzip = createGzip({ level })
  // A failing source destroys the gzip with its error, which the loop below then throws.
  const feeding = pipeline(tarOfEvents(events, options), gzip).catch(() => undefined)
  try {
    for await (const piece of gzip as AsyncIterable<Buffer>) yield Uint8Array.from(piece)
  } finally {
    gzip.destroy()
    await feeding
  }
}
