/**
 * Reading request bodies with a limit.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import { SquidError } from '@squid/formats/errors'

/**
 * Reads the whole body.
 * @throws {SquidError} `BODY_TOO_LARGE` past `limitBytes`; what remains is thrown away, so that an answer gets through
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size <= limitBytes) chunks.push(chunk)
    else if (size > limitBytes + DRAIN_BYTES) break
  }
  if (size > limitBytes)
    throw new SquidError('BODY_TOO_LARGE', `The request body is larger than ${limitBytes} bytes.`)
  return Buffer.concat(chunks)
}

/** How much of an oversized body is read only to be able to answer it; beyond, the connection is cut. */
const DRAIN_BYTES = 16 * 1024 * 1024
