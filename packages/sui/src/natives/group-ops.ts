/**
 * `0x2::group_ops` over BLS12-381: scalars, G1, G2 and uncompressed G1. GT and pairings are refused by name.
 * Points: ZCash's serialisation, compressed (48, 96 bytes) or, for `UncompressedG1`, 96 bytes. Scalars: 32 bytes,
 * big-endian, less than the order.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { NativeAbort, NativeFailure, type Ref, type Value } from '@squid/move/vm'
import { bytesBehind, bytesOf, byteVector, type SuiNatives } from './values.ts'

/** Abort codes of `0x2::group_ops`. */
const ABORT = { notSupported: 0n, invalidInput: 1n, inputTooLong: 2n } as const

/** The numbers by which `0x2::bls12381` names its groups. */
const GROUP = { scalar: 0, g1: 1, g2: 2, gt: 3, uncompressedG1: 4 } as const

/** Terms of a multi-scalar multiplication and of a sum. */
const MAX_TERMS = 1200

/** RFC 9380 suites as Sui uses them. */
const G1_DOMAIN = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const G2_DOMAIN = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_'

/** Gas, from the measured costs of the operations. */
const COST = { validate: 7, add: 121, multiply: 5000, hash: 13_000, convert: 38, term: 60 } as const

const { Fr } = bls12_381.fields
const G1 = bls12_381.G1.Point
const G2 = bls12_381.G2.Point
type G1Point = InstanceType<typeof G1>
type G2Point = InstanceType<typeof G2>

/** The group operations that both curves have, so that they are written once. */
interface Curve<P> {
  readonly parse: (bytes: Uint8Array) => P
  readonly format: (point: P) => Uint8Array
  readonly add: (a: P, b: P) => P
  readonly negate: (a: P) => P
  readonly multiply: (a: P, scalar: bigint) => P
  readonly hash: (message: Uint8Array) => P
  readonly zero: P
  readonly bytes: number
}

/** Bytes of compressed points; an uncompressed point of G1 has those of G2. */
const G1_BYTES = 48
const G2_BYTES = 96

/** First byte of the point at infinity, whose other bytes are zeros. */
const COMPRESSED_IDENTITY = 0xc0
const UNCOMPRESSED_IDENTITY = 0x40

function identity(flag: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes[0] = flag
  return bytes
}

function isIdentity(flag: number, bytes: Uint8Array): boolean {
  return bytes[0] === flag && bytes.subarray(1).every(byte => byte === 0)
}

const g1: Curve<G1Point> = {
  parse(bytes) {
    const point = G1.fromBytes(bytes)
    point.assertValidity()
    return point
  },
  format: point => (point.is0() ? identity(COMPRESSED_IDENTITY, G1_BYTES) : point.toBytes(true)),
  add: (a, b) => a.add(b),
  negate: a => a.negate(),
  multiply: (a, scalar) => a.multiplyUnsafe(scalar),
  hash: message => bls12_381.G1.hashToCurve(message, { DST: G1_DOMAIN }),
  zero: G1.ZERO,
  bytes: G1_BYTES,
}

const g2: Curve<G2Point> = {
  parse(bytes) {
    const point = G2.fromBytes(bytes)
    point.assertValidity()
    return point
  },
  format: point => (point.is0() ? identity(COMPRESSED_IDENTITY, G2_BYTES) : point.toBytes(true)),
  add: (a, b) => a.add(b),
  negate: a => a.negate(),
  multiply: (a, scalar) => a.multiplyUnsafe(scalar),
  hash: message => bls12_381.G2.hashToCurve(message, { DST: G2_DOMAIN }),
  zero: G2.ZERO,
  bytes: G2_BYTES,
}

function invalid(): NativeAbort {
  return new NativeAbort(ABORT.invalidInput)
}

function unsupported(group: number): Error {
  if (group === GROUP.gt)
    return new NativeFailure('missingNative', 'group operations in GT are not supported')
  return new NativeAbort(ABORT.notSupported)
}

/** A scalar; more than 32 bytes or not less than the order is invalid. */
function parseScalar(bytes: Uint8Array): bigint {
  const value = bytes.length === 32 ? bytesToNumberBE(bytes) : undefined
  if (value === undefined || value >= Fr.ORDER) throw invalid()
  return value
}

function formatScalar(value: bigint): Uint8Array {
  return numberToBytesBE(value, 32)
}

/** A point with every check; the identity is a point. */
function parsePoint<P>(curve: Curve<P>, bytes: Uint8Array): P {
  if (bytes.length !== curve.bytes) throw invalid()
  if (isIdentity(COMPRESSED_IDENTITY, bytes)) return curve.zero
  try {
    return curve.parse(bytes)
  } catch {
    throw invalid()
  }
}

/** An uncompressed point, believed to be in the subgroup as `0x2::bls12381` documents; it must be on the curve. */
function parseUncompressed(bytes: Uint8Array): G1Point {
  if (bytes.length !== G2_BYTES) throw invalid()
  if (isIdentity(UNCOMPRESSED_IDENTITY, bytes)) return G1.ZERO
  if (((bytes[0] ?? 0) & 0xe0) !== 0) throw invalid()
  try {
    return G1.fromBytes(bytes)
  } catch {
    throw invalid()
  }
}

function formatUncompressed(point: G1Point): Uint8Array {
  return point.is0() ? identity(UNCOMPRESSED_IDENTITY, G2_BYTES) : point.toBytes(false)
}

type Binary = (left: Uint8Array, right: Uint8Array) => Uint8Array

const addIn: Readonly<Record<number, Binary>> = {
  [GROUP.scalar]: (a, b) => formatScalar(Fr.add(parseScalar(a), parseScalar(b))),
  [GROUP.g1]: (a, b) => g1.format(g1.add(parsePoint(g1, a), parsePoint(g1, b))),
  [GROUP.g2]: (a, b) => g2.format(g2.add(parsePoint(g2, a), parsePoint(g2, b))),
}

const subtractIn: Readonly<Record<number, Binary>> = {
  [GROUP.scalar]: (a, b) => formatScalar(Fr.sub(parseScalar(a), parseScalar(b))),
  [GROUP.g1]: (a, b) => g1.format(g1.add(parsePoint(g1, a), g1.negate(parsePoint(g1, b)))),
  [GROUP.g2]: (a, b) => g2.format(g2.add(parsePoint(g2, a), g2.negate(parsePoint(g2, b)))),
}

/** Scalar first, then the element. */
const multiplyIn: Readonly<Record<number, Binary>> = {
  [GROUP.scalar]: (a, b) => formatScalar(Fr.mul(parseScalar(a), parseScalar(b))),
  [GROUP.g1]: (scalar, point) => g1.format(times(g1, parsePoint(g1, point), parseScalar(scalar))),
  [GROUP.g2]: (scalar, point) => g2.format(times(g2, parsePoint(g2, point), parseScalar(scalar))),
}

const divideIn: Readonly<Record<number, Binary>> = {
  [GROUP.scalar]: (a, b) => formatScalar(Fr.mul(inverse(parseScalar(a)), parseScalar(b))),
  [GROUP.g1]: (scalar, point) => g1.format(times(g1, parsePoint(g1, point), inverse(parseScalar(scalar)))),
  [GROUP.g2]: (scalar, point) => g2.format(times(g2, parsePoint(g2, point), inverse(parseScalar(scalar)))),
}

function times<P>(curve: Curve<P>, point: P, scalar: bigint): P {
  return scalar === 0n ? curve.zero : curve.multiply(point, scalar)
}

function inverse(scalar: bigint): bigint {
  if (scalar === 0n) throw invalid()
  return Fr.inv(scalar)
}

function operation(table: Readonly<Record<number, Binary>>, group: number): Binary {
  const found = table[group]
  if (found === undefined) throw unsupported(group)
  return found
}

function validate(group: number, bytes: Uint8Array): boolean {
  try {
    if (group === GROUP.scalar) parseScalar(bytes)
    else if (group === GROUP.g1) parsePoint(g1, bytes)
    else if (group === GROUP.g2) parsePoint(g2, bytes)
    else throw unsupported(group)
    return true
  } catch (error) {
    if (error instanceof NativeAbort && error.code === ABORT.invalidInput) return false
    throw error
  }
}

function hashTo(group: number, message: Uint8Array): Uint8Array {
  if (group === GROUP.g1) return g1.format(g1.hash(message))
  if (group === GROUP.g2) return g2.format(g2.hash(message))
  throw unsupported(group)
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size))
  return found
}

function multiScalar<P>(curve: Curve<P>, scalars: Uint8Array, points: Uint8Array): Uint8Array {
  const count = points.length / curve.bytes
  if (count === 0 || points.length % curve.bytes !== 0 || scalars.length !== count * 32) throw invalid()
  if (count > MAX_TERMS) throw new NativeAbort(ABORT.inputTooLong)
  const factors = pieces(scalars, 32).map(parseScalar)
  const sum = pieces(points, curve.bytes)
    .map((bytes, i) => times(curve, parsePoint(curve, bytes), factors[i] ?? 0n))
    .reduce((a, b) => curve.add(a, b), curve.zero)
  return curve.format(sum)
}

function convert(from: number, to: number, bytes: Uint8Array): Uint8Array {
  if (from === GROUP.g1 && to === GROUP.uncompressedG1) return formatUncompressed(parsePoint(g1, bytes))
  if (from === GROUP.uncompressedG1 && to === GROUP.g1) return g1.format(parseUncompressed(bytes))
  throw unsupported(from === GROUP.gt ? from : to)
}

function sum(group: number, terms: readonly Uint8Array[]): Uint8Array {
  if (group !== GROUP.uncompressedG1) throw unsupported(group)
  if (terms.length > MAX_TERMS) throw new NativeAbort(ABORT.inputTooLong)
  return formatUncompressed(terms.reduce((total, bytes) => total.add(parseUncompressed(bytes)), G1.ZERO))
}

export const groupOpsNatives: SuiNatives = {
  '0x2::group_ops::internal_validate': vm => (group, bytes) => {
    vm.charge(COST.validate)
    return validate(group as number, bytesBehind(bytes))
  },
  '0x2::group_ops::internal_add': vm => (group, a, b) => {
    vm.charge(COST.add)
    return byteVector(operation(addIn, group as number)(bytesBehind(a), bytesBehind(b)))
  },
  '0x2::group_ops::internal_sub': vm => (group, a, b) => {
    vm.charge(COST.add)
    return byteVector(operation(subtractIn, group as number)(bytesBehind(a), bytesBehind(b)))
  },
  '0x2::group_ops::internal_mul': vm => (group, a, b) => {
    vm.charge(COST.multiply)
    return byteVector(operation(multiplyIn, group as number)(bytesBehind(a), bytesBehind(b)))
  },
  '0x2::group_ops::internal_div': vm => (group, a, b) => {
    vm.charge(COST.multiply)
    return byteVector(operation(divideIn, group as number)(bytesBehind(a), bytesBehind(b)))
  },
  '0x2::group_ops::internal_hash_to': vm => (group, message) => {
    vm.charge(COST.hash)
    return byteVector(hashTo(group as number, bytesBehind(message)))
  },
  '0x2::group_ops::internal_multi_scalar_mul': vm => (group, scalars, points) => {
    const [factors, elements] = [bytesBehind(scalars), bytesBehind(points)]
    vm.charge(COST.multiply * Math.ceil(factors.length / 32))
    if (group === GROUP.g1) return byteVector(multiScalar(g1, factors, elements))
    if (group === GROUP.g2) return byteVector(multiScalar(g2, factors, elements))
    throw unsupported(group as number)
  },
  '0x2::group_ops::internal_pairing': () => () => {
    throw new NativeFailure('missingNative', 'pairings (0x2::group_ops::internal_pairing) are not supported')
  },
  '0x2::group_ops::internal_convert': vm => (from, to, bytes) => {
    vm.charge(COST.convert)
    return byteVector(convert(from as number, to as number, bytesBehind(bytes)))
  },
  '0x2::group_ops::internal_sum': vm => (group, terms) => {
    const elements = ((terms as Ref).value as Value[]).map(bytesOf)
    vm.charge(COST.convert + COST.term * elements.length)
    return byteVector(sum(group as number, elements))
  },
}
