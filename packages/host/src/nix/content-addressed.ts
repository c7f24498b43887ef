/**
 * Putting a file tree with references into the store. Such a path proves itself by its address, so that anybody may
 * add it, also through the daemon; `nix store add-path` would forget its references, and with them what it needs.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@squid/formats/hash'
import { formatNarInfo } from '@squid/formats/nar-info'
import {
  contentAddressedPath,
  formatContentAddress,
  hashPart,
  parseStorePath,
  type StorePath,
} from '@squid/formats/store-path'
import type { Nix, NixCallOptions } from './nix.ts'

/** A tree that is to become a store path. */
export interface AddressedTree {
  /** After the hash: `profile`. */
  readonly name: string
  readonly nar: Uint8Array
  /** Store paths that the tree mentions. */
  readonly references: readonly string[]
}

interface Addressed {
  readonly path: StorePath
  readonly narHash: Uint8Array
  readonly ca: string
  readonly references: readonly StorePath[]
}

function addressed({ name, nar, references }: AddressedTree): Addressed {
  const narHash = sha256(nar)
  const address = { method: 'recursive', hash: { algorithm: 'sha256', digest: narHash } } as const
  const sorted = [...new Set(references.map(parseStorePath))].sort()
  const path = contentAddressedPath(address, name, sorted)
  return { path, narHash, ca: formatContentAddress(address), references: sorted }
}

/** The path that a tree will have. */
export function addressOf(tree: AddressedTree): string {
  return addressed(tree).path
}

/**
 * Adds the tree; its references must be there.
 * @returns its path
 * @throws {NixError} NIX_FAILED
 */
export async function addTree(nix: Nix, tree: AddressedTree, options: NixCallOptions = {}): Promise<string> {
  const { path, narHash, ca, references } = addressed(tree)
  const cache = await mkdtemp(join(tmpdir(), 'squid-add-'))
  try {
    const info = formatNarInfo({
      storePath: path,
      url: 'nar/tree.nar',
      compression: 'none',
      fileHash: narHash,
      fileSize: BigInt(tree.nar.length),
      narHash,
      narSize: BigInt(tree.nar.length),
      references,
      signatures: [],
      ca,
    })
    await mkdir(join(cache, 'nar'))
    await writeFile(join(cache, 'nix-cache-info'), 'StoreDir: /nix/store\n')
    await writeFile(join(cache, 'nar/tree.nar'), tree.nar)
    await writeFile(join(cache, `${hashPart(path)}.narinfo`), info)
    await nix.capture(['copy', '--no-recursive', '--from', `file://${cache}`, path], options)
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
  return path
}
