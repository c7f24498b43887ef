/**
 * gRPC-Web framing, binary and text (base64), for requests of one message.
 * Spec: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 *
 * A frame is a flag byte, a big-endian u32 length, and that many bytes. Flag 0x80 marks trailers, 0x01 compression
 * (which nothing here asks for, so it is refused).
 * @module
 */
import { GrpcError } from './status.ts'

/** How bytes travel: as they are, or in base64. */
export type Encoding = 'binary' | 'text'

const HEADER_BYTES = 5
const DATA = 0x00
const COMPRESSED = 0x01
const TRAILERS = 0x80
const MAX_MESSAGE_CHARACTERS = 4096

/** The encoding that a content type names, or undefined when it is not gRPC-Web with protobuf. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/grpc-web-text' || type === 'application/grpc-web-text+proto') return 'text'
  if (type === 'application/grpc-web' || type === 'application/grpc-web+proto') return 'binary'
  return undefined
}

/** Content type of answers in `encoding`. */
export function contentTypeOf(encoding: Encoding): string {
  return encoding === 'text' ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto'
}

/**
 * The single message of a request body.
 * @throws {GrpcError} `INVALID_ARGUMENT` unless the body is exactly one uncompressed data frame
 */
export function readRequest(body: Uint8Array, encoding: Encoding): Uint8Array {
  const bytes = encoding === 'text' ? decodeText(body) : body
  if (bytes.length < HEADER_BYTES) throw malformed('is shorter than a frame header')
  const flag = bytes[0]
  if (flag === COMPRESSED) throw new GrpcError('UNIMPLEMENTED', 'compressed gRPC messages are not supported')
  if (flag !== DATA) throw malformed('does not start with a data frame')
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  if (bytes.length !== HEADER_BYTES + length)
    throw malformed(`announces ${length} bytes and has ${bytes.length - HEADER_BYTES}`)
  return bytes.subarray(HEADER_BYTES)
}

/** A data frame around `message`. */
export function dataFrame(message: Uint8Array): Uint8Array {
  return frame(DATA, message)
}

/** The frame that ends every answer. */
export function trailerFrame(status: number, message = ''): Uint8Array {
  const text = message === '' ? '' : `grpc-message: ${percentEncode(message)}\r\n`
  return frame(TRAILERS, Buffer.from(`grpc-status: ${status}\r\n${text}`))
}

/** Bytes as they go onto the wire. */
export function encodeFrames(frames: readonly Uint8Array[], encoding: Encoding): Uint8Array {
  const bytes = Buffer.concat(frames)
  return encoding === 'text' ? Buffer.from(bytes.toString('base64')) : bytes
}

function frame(flag: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  bytes[0] = flag
  new DataView(bytes.buffer).setUint32(1, payload.length)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** Base64, possibly of several pieces that are each padded. */
function decodeText(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('latin1').trimEnd()
  const pieces = text.match(/[A-Za-z0-9+/]+={0,2}/g) ?? []
  if (pieces.join('').length !== text.length || pieces.some(piece => piece.length % 4 !== 0))
    throw malformed('is not base64')
  return Buffer.concat(pieces.map(piece => Buffer.from(piece, 'base64')))
}

/** gRPC's percent encoding: printable ASCII except `%` stays, every other UTF-8 byte is escaped. */
function percentEncode(message: string): string {
  let encoded = ''
  for (const byte of Buffer.from(message.slice(0, MAX_MESSAGE_CHARACTERS)))
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return encoded
}

function malformed(what: string): GrpcError {
  return new GrpcError('INVALID_ARGUMENT', `malformed gRPC-Web request: the body ${what}`)
}
