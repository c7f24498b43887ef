/**
 * Whether a content-addressed path is what its address says.
 * @module
 */
import { createHash } from 'node:crypto'
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { parseNar } from '@squid/formats/nar'
import type { NarInfo } from '@squid/formats/nar-info'
import {
  type ContentAddress,
  contentAddressedPath,
  parseContentAddress,
  pathName,
} from '@squid/formats/store-path'

/**
 * A path that refers to itself is addressed by its content without the reference: there only the address is checked, and
 * Nix checks the rest when it takes the path.
 */
export async function hasItsAddress(info: NarInfo, nar: () => AsyncIterable<Uint8Array>): Promise<boolean> {
  if (info.ca === undefined) return true
  const address = parseContentAddress(info.ca)
  const others = info.references.filter(path => path !== info.storePath)
  const isSelf = others.length < info.references.length
  try {
    if (contentAddressedPath(address, pathName(info.storePath), others, isSelf) !== info.storePath)
      return false
  } catch (error) {
    if (error instanceof SquidError || error instanceof RangeError) return false
    throw error
  }
  return isSelf || (await hasContent(address, info, nar()))
}

async function hasContent(
  { method, hash }: ContentAddress,
  { narHash }: NarInfo,
  nar: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  if (method === 'recursive' && hash.algorithm === 'sha256') return equalBytes(hash.digest, narHash)
  const digest = createHash(hash.algorithm)
  if (method === 'recursive') for await (const piece of nar) digest.update(piece)
  else {
    for await (const event of parseNar(nar)) {
      if (event.kind === 'directory' || event.kind === 'symlink') return false
      if (event.kind === 'data') digest.update(event.bytes)
    }
  }
  return equalBytes(digest.digest(), hash.digest)
}
