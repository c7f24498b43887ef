/**
 * The nodes' signatures. What is asked for is a confirmation of one blob by many nodes within moments, so one job
 * signs for all of them, and the result is kept until asked for; a node hands its own out only when it may.
 * @module
 */
import { type BlobId, blobIdBytes } from './blob-id.ts'
import type { Coder } from './coder.ts'

/** Message type 1 (storage confirmation), version 0, application 3 (storage). */
const INTENT = Uint8Array.of(1, 0, 3)
const KEPT_MESSAGES = 64

/**
 * The message that confirms a blob, BCS `{ intent: [u8; 3], epoch: u32, blob_id: u256, Permanent | Deletable { address } }`.
 * @param objectId of a deletable blob; undefined for a permanent one
 */
export function confirmationMessage(epoch: number, id: BlobId, objectId: string | undefined): Uint8Array {
  const epochBytes = Buffer.alloc(4)
  epochBytes.writeUInt32LE(epoch)
  const persistence =
    objectId === undefined
      ? Uint8Array.of(0)
      : Buffer.concat([Uint8Array.of(1), Buffer.from(objectId.slice(2), 'hex')])
  return Buffer.concat([INTENT, epochBytes, blobIdBytes(id), persistence])
}

export class Signer {
  readonly #coder: Coder
  readonly #secretKeys: readonly bigint[]
  readonly #signatures = new Map<string, Promise<readonly Uint8Array[]>>()

  /** @param secretKeys of the nodes, by index */
  constructor(coder: Coder, secretKeys: readonly bigint[]) {
    this.#coder = coder
    this.#secretKeys = secretKeys
  }

  /** A node's signature of a message: compressed, 96 bytes. */
  async sign(node: number, message: Uint8Array): Promise<Uint8Array> {
    const signatures = await this.#signAll(message)
    return signatures[node] as Uint8Array
  }

  /** The aggregate of several nodes' signatures. */
  aggregate(nodes: readonly number[], message: Uint8Array): Promise<Uint8Array> {
    return this.#coder.aggregate(
      message,
      nodes.map(node => this.#secretKeys[node] as bigint),
    )
  }

  #signAll(message: Uint8Array): Promise<readonly Uint8Array[]> {
    const key = Buffer.from(message).toString('latin1')
    const known = this.#signatures.get(key)
    if (known) return known
    const signing = this.#coder.sign(message, this.#secretKeys)
    signing.catch(() => this.#signatures.delete(key))
    this.#signatures.set(key, signing)
    const [oldest] = this.#signatures.keys()
    if (this.#signatures.size > KEPT_MESSAGES && oldest !== undefined) this.#signatures.delete(oldest)
    return signing
  }
}
