/**
 * Who may certify a blob in the current Walrus epoch: nodes with their keys and weights, in the order in which the
 * ledger counts them, and the message that they sign.
 *
 * Layouts: `walrus::bls_aggregate::BlsCommittee`; confirmation = intent `01 00 03`, epoch u32, blob id, then `01` and
 * the object's id of a deletable blob (BCS `StorageConfirmation`).
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { BcsWriter } from '@squid/formats/bcs'
import { SquidError } from '@squid/formats/errors'

import type { Network } from '../networks/index.ts'
import { loadCommittee, type StorageNode } from '../storage/committee.ts'

/** A node that stores and signs. */
export interface Member extends StorageNode {
  /** Its place in a certificate's list of signers. */
  readonly index: number
  /** BLS12-381 G1, compressed. */
  readonly publicKey: Uint8Array
  readonly weight: number
}

export interface Signers {
  readonly epoch: number
  readonly shards: number
  readonly members: readonly Member[]
  /** Shard → the node that holds it. */
  readonly byShard: readonly Member[]
}

/** @throws {SquidError} `COMMITTEE` when the ledger's records contradict each other */
export async function loadSigners(network: Network, scheme: 'http' | 'https'): Promise<Signers> {
  network.walrus.reset()
  const [{ committee: keys }, storage] = await Promise.all([
    network.walrus.systemState(),
    loadCommittee(network, scheme),
  ])
  const nodes = new Map(storage.nodes.map(node => [node.id, node]))
  const members = keys.members.map(({ node_id: id, public_key: key, weight }, index): Member => {
    const node = nodes.get(id)
    if (node === undefined) throw new SquidError('COMMITTEE', `Walrus node ${id} signs but stores nothing`)
    return { ...node, index, publicKey: compressPoint(Uint8Array.from(key.bytes)), weight }
  })
  const byId = new Map(members.map(member => [member.id, member]))
  const byShard = storage.byShard.map(({ id }) => {
    const member = byId.get(id)
    if (member === undefined) throw new SquidError('COMMITTEE', `Walrus node ${id} stores but may not sign`)
    return member
  })
  return { epoch: keys.epoch, shards: storage.shards, members, byShard }
}

/** Whether these members are enough: two thirds of the shards and one more, as the ledger counts. */
export function isQuorum(signers: Signers, of: readonly Member[]): boolean {
  return 3 * of.reduce((sum, { weight }) => sum + weight, 0) >= 2 * signers.shards + 1
}

/** Whether these members are so many that no quorum is left without them. */
export function preventsQuorum(signers: Signers, of: readonly Member[]): boolean {
  return !isQuorum(
    signers,
    signers.members.filter(member => !of.includes(member)),
  )
}

const CONFIRMATION_INTENT = Uint8Array.of(1, 0, 3)
const DELETABLE = 1

/** What nodes sign once they store a deletable blob. */
export function confirmationMessage(epoch: number, blobId: Uint8Array, blobObjectId: string): Uint8Array {
  return new BcsWriter()
    .fixed(CONFIRMATION_INTENT)
    .u32(epoch)
    .fixed(blobId)
    .u8(DELETABLE)
    .fixed(bcs.Address.serialize(blobObjectId).toBytes())
    .finish()
}

/** The epoch that a confirmation was signed in; certificates of another one are refused by the ledger. */
export function epochOfConfirmation(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset, message.length).getUint32(
    CONFIRMATION_INTENT.length,
    true,
  )
}

const COORDINATE_BYTES = 48
const FIELD_PRIME = BigInt(
  '0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
)
const COMPRESSED = 0x80
const LARGER_Y = 0x20

/**
 * A point of G1 in the 48 bytes that the signature code wants; the ledger keeps keys of members in 96.
 * Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-pairing-friendly-curves-11.html appendix C
 */
function compressPoint(point: Uint8Array): Uint8Array {
  if (point.length === COORDINATE_BYTES) return point
  const y = BigInt(`0x${Buffer.from(point.subarray(COORDINATE_BYTES)).toString('hex') || '0'}`)
  const compressed = point.slice(0, COORDINATE_BYTES)
  compressed[0] = (compressed[0] ?? 0) | COMPRESSED | (2n * y > FIELD_PRIME ? LARGER_Y : 0)
  return compressed
}
