/**
 * Limits of an archive, and the checks that reading and writing share.
 * @module
 */

/** What a NAR may ask for. Defaults are Linux's own limits, so that nothing that exists is refused. */
export interface NarLimits {
  /** Directories inside each other. */
  readonly maxDepth: number
  /** Bytes of one name. */
  readonly maxNameBytes: number
  /** Bytes of a symbolic link's target. */
  readonly maxTargetBytes: number
  /** Bytes of one file. */
  readonly maxFileBytes: number
}

/** Linux's NAME_MAX and PATH_MAX; a file's size only has to be an exact JavaScript number. */
export const DEFAULT_NAR_LIMITS: NarLimits = {
  maxDepth: 2048,
  maxNameBytes: 255,
  maxTargetBytes: 4095,
  maxFileBytes: Number.MAX_SAFE_INTEGER - 7,
}

const SLASH = 0x2f
const DOT = 0x2e

/** Why an entry can not be named so, or undefined. */
export function entryNameFault(name: Uint8Array, limits: NarLimits): string | undefined {
  if (name.length === 0) return 'entry without a name'
  if (name.length > limits.maxNameBytes) return `entry name longer than ${limits.maxNameBytes} bytes`
  if (name.includes(SLASH)) return 'entry name with a slash'
  if (name.includes(0)) return 'entry name with a NUL'
  if (name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT))) {
    return 'entry named like a relative directory'
  }
  return undefined
}

/** Why a symbolic link can not point there, or undefined. */
export function targetFault(target: Uint8Array, limits: NarLimits): string | undefined {
  if (target.length === 0) return 'symbolic link without a target'
  if (target.length > limits.maxTargetBytes) return `symbolic link longer than ${limits.maxTargetBytes} bytes`
  if (target.includes(0)) return 'symbolic link with a NUL'
  return undefined
}
