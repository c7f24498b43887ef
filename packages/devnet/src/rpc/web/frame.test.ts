import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { contentTypeOf, dataFrame, encodeFrames, encodingOf, readRequest, trailerFrame } from './frame.ts'
import { GrpcError } from './status.ts'

// Frames by hand, after the gRPC-Web specification: flag, u32 length, bytes.
const HELLO = Uint8Array.of(0, 0, 0, 0, 2, 0x68, 0x69)
const HELLO_TEXT = Buffer.from('AAAAAAJoaQ==')

test('a request is one data frame, binary or base64', () => {
  assert.deepEqual([...readRequest(HELLO, 'binary')], [0x68, 0x69])
  assert.deepEqual([...readRequest(HELLO_TEXT, 'text')], [0x68, 0x69])
  assert.deepEqual([...readRequest(Uint8Array.of(0, 0, 0, 0, 0), 'binary')], [])
})

test('base64 may come in pieces that are each padded', () => {
  assert.deepEqual([...readRequest(Buffer.from('AA==AAAAAmhp'), 'text')], [0x68, 0x69])
})

const malformed: readonly [what: string, body: Uint8Array, encoding: 'binary' | 'text'][] = [
  ['nothing', new Uint8Array(), 'binary'],
  ['half a header', Uint8Array.of(0, 0, 0), 'binary'],
  ['too few bytes', HELLO.subarray(0, 6), 'binary'],
  ['too many bytes', Buffer.concat([HELLO, Uint8Array.of(1)]), 'binary'],
  ['a trailer frame', Uint8Array.of(0x80, 0, 0, 0, 0), 'binary'],
  ['an unknown flag', Uint8Array.of(0x02, 0, 0, 0, 0), 'binary'],
  ['text that is not base64', Buffer.from('AAAA!!!!'), 'text'],
  ['base64 cut short', HELLO_TEXT.subarray(0, 10), 'text'],
  ['a length of 4 GiB', Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff), 'binary'],
]
for (const [what, body, encoding] of malformed)
  test(`${what} is no request`, () => {
    assert.throws(() => readRequest(body, encoding), { name: 'GrpcError', code: 'INVALID_ARGUMENT' })
  })

test('compressed frames are refused by name', () => {
  const compressed = Uint8Array.of(1, 0, 0, 0, 0)
  assert.throws(() => readRequest(compressed, 'binary'), { code: 'UNIMPLEMENTED', message: /compressed/ })
})

test('arbitrary bytes are a request that encodes back to them, or an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      try {
        assert.deepEqual(dataFrame(readRequest(bytes, 'binary')), bytes)
      } catch (error) {
        assert.ok(error instanceof GrpcError)
      }
    }),
  )
})

test('any message survives framing in both encodings', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('binary' as const, 'text' as const), (message, encoding) => {
      const sent = encodeFrames([dataFrame(message)], encoding)
      assert.deepEqual(Buffer.from(readRequest(sent, encoding)), Buffer.from(message))
    }),
  )
})

test('trailers carry status and percent-encoded message', () => {
  assert.equal(Buffer.from(trailerFrame(0).subarray(5)).toString(), 'grpc-status: 0\r\n')
  const text = Buffer.from(trailerFrame(5, 'über 100%\r\nx').subarray(5)).toString()
  assert.equal(text, 'grpc-status: 5\r\ngrpc-message: %C3%BCber 100%25%0D%0Ax\r\n')
})

test('content types name the encoding', () => {
  assert.equal(encodingOf('application/grpc-web-text'), 'text')
  assert.equal(encodingOf('application/grpc-web+proto; charset=utf-8'), 'binary')
  assert.equal(encodingOf('application/grpc'), undefined)
  assert.equal(encodingOf('application/grpc-web+json'), undefined)
  assert.equal(encodingOf(undefined), undefined)
  assert.equal(encodingOf(contentTypeOf('text')), 'text')
  assert.equal(encodingOf(contentTypeOf('binary')), 'binary')
})
