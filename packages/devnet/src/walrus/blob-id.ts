/**
 * Walrus blob ids: 32 bytes, in URLs as unpadded URL-safe base64, on the ledger as a little-endian `u256`.
 * @module
 */

/** A blob id in its URL form; made only here. */
export type BlobId = string & { readonly __blobId: true }

/** The id in a URL, or undefined when the text is not the one form of 32 bytes. */
export function parseBlobId(text: string): BlobId | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return undefined
  return Buffer.from(text, 'base64url').toString('base64url') === text ? (text as BlobId) : undefined
}

/** @param bytes exactly 32 */
export function blobIdOf(bytes: Uint8Array): BlobId {
  return Buffer.from(bytes).toString('base64url') as BlobId
}

export function blobIdBytes(id: BlobId): Uint8Array {
  return Buffer.from(id, 'base64url')
}

/** The id that the ledger writes as this number. */
export function blobIdOfInteger(value: bigint): BlobId {
  const bytes = Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
  return blobIdOf(bytes.reverse())
}
