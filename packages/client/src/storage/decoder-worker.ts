/**
 * The thread behind `Decoder`: runs the official RedStuff decoder.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import init, { BlobEncoder } from '@mysten/walrus-wasm'

import type { DecodeAnswer, DecodeRequest } from './decoder.ts'

function decode(request: DecodeRequest): DecodeAnswer {
  using encoder = new BlobEncoder(request.shards)
  const bytes = new Uint8Array(request.blobSize)
  try {
    encoder.decode(request.blobId, BigInt(request.blobSize), [...request.slivers], bytes)
    return { bytes }
  } catch (error) {
    return { failure: String(error) }
  }
}

init()
parentPort?.on('message', (request: DecodeRequest) => {
  const answer = decode(request)
  parentPort?.postMessage(answer, 'bytes' in answer ? [answer.bytes.buffer as ArrayBuffer] : [])
})
