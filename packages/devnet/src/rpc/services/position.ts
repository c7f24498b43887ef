/**
 * Places in the history: checkpoint, transaction in it, event in that. As a cursor a place is 17 bytes: a version
 * byte and the three numbers, big-endian.
 * @module
 */
import { GrpcError } from '../web/status.ts'

const VERSION = 1
const BYTES = 17
const PART_BITS = 32n
const PART_MAX = 0xffff_ffffn

/** Before everything. */
export const START = -1n
/** After everything. */
export const END: bigint = 1n << 128n

/** A place as one number; later places are greater. */
export function positionOf(checkpoint: bigint, transaction = 0, event = 0): bigint {
  return (((checkpoint << PART_BITS) | BigInt(transaction)) << PART_BITS) | BigInt(event)
}

/** The place after everything in a checkpoint. */
export function endOf(checkpoint: bigint): bigint {
  return (((checkpoint << PART_BITS) | PART_MAX) << PART_BITS) | PART_MAX
}

/** Checkpoint of a place. */
export function checkpointOf(position: bigint): bigint {
  return position >> (2n * PART_BITS)
}

export function writeCursor(position: bigint): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, VERSION)
  view.setBigUint64(1, checkpointOf(position))
  view.setBigUint64(9, BigInt.asUintN(64, position))
  return bytes
}

/** @throws {GrpcError} `INVALID_ARGUMENT` */
export function readCursor(bytes: Uint8Array): bigint {
  if (bytes.length !== BYTES || bytes[0] !== VERSION)
    throw new GrpcError('INVALID_ARGUMENT', 'the cursor is not one of this network')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return (view.getBigUint64(1) << 64n) | view.getBigUint64(9)
}
