/**
 * A thread behind `Decoder`.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import {
  type Code,
  codeOf,
  recipes,
  RedStuffEncoder,
  RowBuilder,
  shardGeometry,
} from '@squid/formats/redstuff'

import type { DecoderTask, DecoderAnswer } from './decoder.ts'

/** What was needed for the last task is kept: mostly, all packs have the same shards and symbols. */
class Last<Key, Value> {
  readonly #make: (key: Key) => Value
  #kept: { readonly key: Key; readonly value: Value } | undefined

  constructor(make: (key: Key) => Value) {
    this.#make = make
  }

  get(key: Key): Value {
    if (this.#kept?.key !== key) this.#kept = { key, value: this.#make(key) }
    return this.#kept.value
  }
}

const codes = new Last((shards: number): Code => codeOf(shardGeometry(shards).primarySymbols, shards))
const encoders = new Last((shards: number) => new RedStuffEncoder(shards))
const builders = new Last((symbolSize: number) => new RowBuilder(symbolSize))

function perform(task: DecoderTask): readonly Uint8Array<ArrayBuffer>[] {
  const { shards, symbolSize } = task.geometry
  if (task.kind === 'hash') return [encoders.get(shards).primaryHash(task.row, symbolSize)]
  const given = new Map(task.given.map(({ row, bytes }) => [row, bytes]))
  return builders.get(symbolSize).follow(recipes(codes.get(shards), [...given.keys()], task.wanted), given)
}

parentPort?.on('message', (task: DecoderTask) => {
  const made = perform(task)
  parentPort?.postMessage(
    made satisfies DecoderAnswer,
    made.map(({ buffer }) => buffer),
  )
})
