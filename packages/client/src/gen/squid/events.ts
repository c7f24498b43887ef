/** From the bytecode of squid::events; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import { address, bytes, option, u64, u256 } from '../../codecs/index.ts'

export interface SpaceCreated {
  readonly space: string
  readonly label: string
  readonly admin: string
}
export const SpaceCreated: BcsType<SpaceCreated, SpaceCreated> = bcs.struct('SpaceCreated', {
  space: address,
  label: bcs.string(),
  admin: address,
})
export interface RolesSet {
  readonly space: string
  readonly member: string
  readonly roles: number
  readonly by: string
}
export const RolesSet: BcsType<RolesSet, RolesSet> = bcs.struct('RolesSet', {
  space: address,
  member: address,
  roles: bcs.u8(),
  by: address,
})
export interface EntryAdded {
  readonly space: string
  readonly name: string
  readonly kind: number
  readonly entry: string
}
export const EntryAdded: BcsType<EntryAdded, EntryAdded> = bcs.struct('EntryAdded', {
  space: address,
  name: bcs.string(),
  kind: bcs.u8(),
  entry: address,
})
export interface HomeSet {
  readonly owner: string
  readonly space: string
  readonly previous: string | null
}
export const HomeSet: BcsType<HomeSet, HomeSet> = bcs.struct('HomeSet', {
  owner: address,
  space: address,
  previous: option(address),
})
export interface HomeCleared {
  readonly owner: string
  readonly space: string
  readonly by: string
}
export const HomeCleared: BcsType<HomeCleared, HomeCleared> = bcs.struct('HomeCleared', {
  owner: address,
  space: address,
  by: address,
})
export interface StorageCreated {
  readonly storage: string
  readonly space: string
}
export const StorageCreated: BcsType<StorageCreated, StorageCreated> = bcs.struct('StorageCreated', {
  storage: address,
  space: address,
})
export interface BlobStored {
  readonly storage: string
  readonly blob: string
  readonly blobId: bigint
  readonly size: bigint
  readonly endEpoch: number
}
export const BlobStored: BcsType<BlobStored, BlobStored> = bcs.struct('BlobStored', {
  storage: address,
  blob: address,
  blobId: u256,
  size: u64,
  endEpoch: bcs.u32(),
})
export interface BlobExtended {
  readonly storage: string
  readonly blob: string
  readonly endEpoch: number
  readonly by: string
}
export const BlobExtended: BcsType<BlobExtended, BlobExtended> = bcs.struct('BlobExtended', {
  storage: address,
  blob: address,
  endEpoch: bcs.u32(),
  by: address,
})
export interface BlobTaken {
  readonly storage: string
  readonly blob: string
  readonly by: string
}
export const BlobTaken: BcsType<BlobTaken, BlobTaken> = bcs.struct('BlobTaken', {
  storage: address,
  blob: address,
  by: address,
})
export interface BlobCondemned {
  readonly storage: string
  readonly blob: string
  readonly by: string
}
export const BlobCondemned: BcsType<BlobCondemned, BlobCondemned> = bcs.struct('BlobCondemned', {
  storage: address,
  blob: address,
  by: address,
})
export interface BlobReprieved {
  readonly storage: string
  readonly blob: string
  readonly by: string
}
export const BlobReprieved: BcsType<BlobReprieved, BlobReprieved> = bcs.struct('BlobReprieved', {
  storage: address,
  blob: address,
  by: address,
})
export interface BlobDeleted {
  readonly storage: string
  readonly blob: string
  readonly by: string
}
export const BlobDeleted: BcsType<BlobDeleted, BlobDeleted> = bcs.struct('BlobDeleted', {
  storage: address,
  blob: address,
  by: address,
})
export interface SpareKept {
  readonly storage: string
  readonly spare: string
  readonly size: bigint
  readonly endEpoch: number
}
export const SpareKept: BcsType<SpareKept, SpareKept> = bcs.struct('SpareKept', {
  storage: address,
  spare: address,
  size: u64,
  endEpoch: bcs.u32(),
})
export interface SpareTaken {
  readonly storage: string
  readonly spare: string
  readonly by: string
}
export const SpareTaken: BcsType<SpareTaken, SpareTaken> = bcs.struct('SpareTaken', {
  storage: address,
  spare: address,
  by: address,
})
export interface LocatorMoved {
  readonly storage: string
  readonly revision: bigint
  readonly blobId: bigint
  readonly offset: bigint
  readonly length: bigint
  readonly sha256: Uint8Array
}
export const LocatorMoved: BcsType<LocatorMoved, LocatorMoved> = bcs.struct('LocatorMoved', {
  storage: address,
  revision: u64,
  blobId: u256,
  offset: u64,
  length: u64,
  sha256: bytes,
})
export interface FlakeCreated {
  readonly flake: string
  readonly space: string
  readonly name: string
}
export const FlakeCreated: BcsType<FlakeCreated, FlakeCreated> = bcs.struct('FlakeCreated', {
  flake: address,
  space: address,
  name: bcs.string(),
})
export interface Released {
  readonly flake: string
  readonly space: string
  readonly version: bigint
  readonly sourceNarHash: Uint8Array
  readonly manifest: Uint8Array
  readonly publisher: string
}
export const Released: BcsType<Released, Released> = bcs.struct('Released', {
  flake: address,
  space: address,
  version: u64,
  sourceNarHash: bytes,
  manifest: bytes,
  publisher: address,
})
export interface TagMoved {
  readonly flake: string
  readonly tag: string
  readonly from: bigint | null
  readonly to: bigint
}
export const TagMoved: BcsType<TagMoved, TagMoved> = bcs.struct('TagMoved', {
  flake: address,
  tag: bcs.string(),
  from: option(u64),
  to: u64,
})
export interface TagRemoved {
  readonly flake: string
  readonly tag: string
  readonly from: bigint
}
export const TagRemoved: BcsType<TagRemoved, TagRemoved> = bcs.struct('TagRemoved', {
  flake: address,
  tag: bcs.string(),
  from: u64,
})
export interface Yanked {
  readonly flake: string
  readonly version: bigint
  readonly by: string
}
export const Yanked: BcsType<Yanked, Yanked> = bcs.struct('Yanked', {
  flake: address,
  version: u64,
  by: address,
})
export interface Unyanked {
  readonly flake: string
  readonly version: bigint
  readonly by: string
}
export const Unyanked: BcsType<Unyanked, Unyanked> = bcs.struct('Unyanked', {
  flake: address,
  version: u64,
  by: address,
})
export interface Revoked {
  readonly flake: string
  readonly version: bigint
  readonly reason: string
  readonly by: string
}
export const Revoked: BcsType<Revoked, Revoked> = bcs.struct('Revoked', {
  flake: address,
  version: u64,
  reason: bcs.string(),
  by: address,
})
