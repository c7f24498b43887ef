/**
 * Owners, from the ledger's and from BCS's form to the RPC's.
 * @module
 */
import type { bcs } from '@mysten/sui/bcs'
import { GrpcTypes } from '@mysten/sui/grpc'
import type { Owner } from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'

const { Owner_OwnerKind: KIND } = GrpcTypes

export function writeOwner(owner: Owner): Draft<GrpcTypes.Owner> {
  switch (owner.kind) {
    case 'address':
      return { kind: KIND.ADDRESS, address: owner.address }
    case 'object':
      return { kind: KIND.OBJECT, address: owner.parent }
    case 'shared':
      return { kind: KIND.SHARED, version: owner.initialSharedVersion }
    default:
      return { kind: KIND.IMMUTABLE }
  }
}

/** Same, of an owner inside effects. */
export function writeBcsOwner(owner: ReturnType<typeof bcs.Owner.parse>): Draft<GrpcTypes.Owner> {
  switch (owner.$kind) {
    case 'AddressOwner':
      return { kind: KIND.ADDRESS, address: owner.AddressOwner }
    case 'ObjectOwner':
      return { kind: KIND.OBJECT, address: owner.ObjectOwner }
    case 'Shared':
      return { kind: KIND.SHARED, version: BigInt(owner.Shared.initialSharedVersion) }
    case 'Immutable':
      return { kind: KIND.IMMUTABLE }
    default:
      return {
        kind: KIND.CONSENSUS_ADDRESS,
        address: owner.ConsensusAddressOwner.owner,
        version: BigInt(owner.ConsensusAddressOwner.startVersion),
      }
  }
}
