/**
 * From what a manifest says of a path to the narinfo that Nix reads.
 * Format: https://nix.dev/manual/nix/latest/protocols/binary-cache
 * @module
 */
import { formatBase32 } from '@squid/formats/base32'
import { SquidError } from '@squid/formats/errors'
import type { ManifestEntry } from '@squid/formats/manifest'
import { formatNarInfo } from '@squid/formats/nar-info'
import { fingerprint, type SecretKey, signText } from '@squid/formats/signature'
import { contentAddressedPath, hashPart, parseContentAddress, pathName } from '@squid/formats/store-path'

/** A content-addressed path that does not have the address it claims. */
class ContentAddressError extends SquidError {
  override name = 'ContentAddressError'

  constructor(path: string) {
    super(
      'CONTENT_ADDRESS',
      `the release says of ${path} a content address that belongs to another path; it is refused`,
    )
  }
}

/** Where the gateway serves the NAR of an entry; the NAR hash keeps a stale narinfo from fetching other bytes. */
export function narUrl(entry: ManifestEntry): string {
  return `nar/${hashPart(entry.storePath)}-${formatBase32(entry.narHash)}.nar`
}

/**
 * Content-addressed paths prove themselves: name, address and references must give the path.
 * @throws {ContentAddressError}
 */
function checkContentAddress(entry: ManifestEntry): void {
  if (entry.ca === undefined) return
  const others = entry.references.filter(path => path !== entry.storePath)
  const self = others.length < entry.references.length
  let expected: string | undefined
  try {
    expected = contentAddressedPath(parseContentAddress(entry.ca), pathName(entry.storePath), others, self)
  } catch (error) {
    if (!(error instanceof SquidError) && !(error instanceof RangeError)) throw error
  }
  if (expected !== entry.storePath) throw new ContentAddressError(entry.storePath)
}

/** How a NAR is sent. */
export type Compression = 'none' | 'zstd'

/**
 * The narinfo.
 * @param keys sign it; none where the policy does not accept what the release says
 * @throws {ContentAddressError}
 */
export function narInfoOf(
  entry: ManifestEntry,
  keys: readonly SecretKey[],
  compression: Compression,
): string {
  checkContentAddress(entry)
  const text = fingerprint(entry)
  const own = keys.map(key => signText(key, text))
  const names = new Set(keys.map(({ name }) => name))
  const foreign = entry.signatures.filter(signature => !names.has(signature.slice(0, signature.indexOf(':'))))
  return formatNarInfo({
    storePath: entry.storePath,
    ...(compression === 'none'
      ? { url: narUrl(entry), fileHash: entry.narHash, fileSize: entry.narSize }
      : { url: `${narUrl(entry)}.zst` }),
    compression,
    narHash: entry.narHash,
    narSize: entry.narSize,
    references: entry.references,
    signatures: [...new Set([...foreign, ...own])].sort(),
    ...(entry.deriver === undefined ? {} : { deriver: entry.deriver }),
    ...(entry.ca === undefined ? {} : { ca: entry.ca }),
  })
}
