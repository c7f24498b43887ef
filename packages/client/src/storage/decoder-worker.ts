/**
 * The thread behind `Decoder`: runs the official RedStuff code.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import init, { BlobEncoder } from '@mysten/walrus-wasm'

import type { DecodeAnswer, DecodeRequest, IdentifyAnswer, IdentifyRequest } from './decoder.ts'

function decode(request: DecodeRequest): DecodeAnswer {
  using encoder = new BlobEncoder(request.shards)
  const bytes = new Uint8Array(request.blobSize)
  try {
    encoder.decode(request.blobId, BigInt(request.blobSize), [...request.slivers], bytes)
    return { bytes }
  } catch (error) {
    // A trap leaves the module in an unknown state: the thread ends, and the next request starts another.
    if (error instanceof Error && error.name === 'RuntimeError') throw error
    return { failure: String(error) }
  }
}

function identify({ shards, bytes }: IdentifyRequest): IdentifyAnswer {
  using encoder = new BlobEncoder(shards)
  const [blobId] = encoder.compute_metadata(bytes) as [readonly number[]]
  return { blobId: Uint8Array.from(blobId) }
}

init()
parentPort?.on('message', (request: DecodeRequest | IdentifyRequest) => {
  if ('bytes' in request) return parentPort?.postMessage(identify(request))
  const answer = decode(request)
  parentPort?.postMessage(answer, 'bytes' in answer ? [answer.bytes.buffer as ArrayBuffer] : [])
})
