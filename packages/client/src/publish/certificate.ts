/**
 * Has Walrus store a blob and certify it: through the network's upload relay where there is one that works, else by
 * writing to the storage nodes. A relay's certificate is checked like those of nodes, and again by the ledger.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'

import type { Network } from '../networks/index.ts'
import type { EncodedBlob, EncodeThreads } from './encode-threads.ts'
import { NodeWriter } from './node-writer.ts'
import {
  confirmationMessage,
  isQuorum,
  loadSigners,
  type Member,
  preventsQuorum,
  type Signers,
} from './signers.ts'

/** What the ledger wants to see. `signers` are places in the committee. */
export interface Certificate {
  readonly signers: readonly number[]
  readonly serializedMessage: Uint8Array
  readonly signature: Uint8Array
}

/** Where blobs are sent: `auto` is the relay that the network names, and the nodes when it fails. */
export type UploadWay = 'auto' | 'nodes'

const TIP_TIMEOUT_MS = 10_000
/** A relay encodes and uploads before it answers. */
const RELAY_TIMEOUT_MS = 300_000
/** Nonce and transaction are for relays that want a tip. */
const NO_NONCE = new Uint8Array(32)
/** Once a quorum has confirmed, the others get this part of the time that it took, and this at least. */
const GRACE = 0.5
const MIN_GRACE_MS = 500

export interface UploaderDeps {
  readonly network: Network
  readonly threads: EncodeThreads
  readonly scheme: 'http' | 'https'
}

export class Uploader {
  readonly #deps: UploaderDeps
  readonly #nodes = new NodeWriter()
  readonly #onRelayLost: (reason: string) => void
  #relay: Promise<boolean>
  #signers: Promise<Signers> | undefined

  /** @param onRelayLost told once when the relay is not used any more */
  constructor(deps: UploaderDeps, way: UploadWay, onRelayLost: (reason: string) => void) {
    this.#deps = deps
    this.#onRelayLost = onRelayLost
    const url = way === 'auto' ? deps.network.descriptor.walrus.uploadRelay : undefined
    this.#relay = url === undefined ? Promise.resolve(false) : this.#isFree(url)
  }

  /** Whether blobs go to a relay, which needs no encoding here. */
  get usesRelay(): Promise<boolean> {
    return this.#relay
  }

  /** The committee of the current epoch; read from the ledger once, or again when `fresh`. */
  signers(fresh = false): Promise<Signers> {
    if (fresh || this.#signers === undefined) {
      this.#signers = loadSigners(this.#deps.network, this.#deps.scheme)
      this.#signers.catch(() => (this.#signers = undefined))
    }
    return this.#signers
  }

  /**
   * Sends a blob through the relay.
   * @returns undefined when it failed: from then on the relay is not used
   */
  async throughRelay(
    bytes: Uint8Array,
    blobId: Uint8Array,
    blobObjectId: string,
    signal?: AbortSignal,
  ): Promise<Certificate | undefined> {
    try {
      const request = {
        blobId: Buffer.from(blobId).toString('base64url'),
        blob: bytes,
        nonce: NO_NONCE,
        txDigest: '',
        deletable: true,
        blobObjectId,
        // The client hands this on to its requests, though its types do not say so.
        timeout: RELAY_TIMEOUT_MS,
        ...(signal && { signal }),
      } as const
      const { certificate } = await this.#deps.network.walrus.writeBlobToUploadRelay(request)
      await this.#check(certificate, blobId, blobObjectId)
      return certificate
    } catch (error) {
      signal?.throwIfAborted()
      this.#loseRelay(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  /**
   * Writes a blob to the storage nodes until enough of them confirm it.
   * @throws {SquidError} `STORAGE_UNAVAILABLE`
   */
  async toNodes(
    encoded: EncodedBlob,
    blobObjectId: string,
    isResumed: boolean,
    signal?: AbortSignal,
  ): Promise<Certificate> {
    const signers = await this.signers()
    const message = confirmationMessage(signers.epoch, encoded.blobId, blobObjectId)
    // The second time without abandoning slow nodes: some of the fast ones have signed something wrong.
    for (const isPatient of [false, true]) {
      const blob = { signers, encoded, blobObjectId, isResumed: isResumed || isPatient }
      const signed = await this.#collect(signers, isPatient, signal, (member, stop) =>
        this.#nodes.write(member, blob, stop),
      )
      const members = [...signed.keys()]
      const { signature, valid } = await this.#deps.threads.aggregate(
        message,
        [...signed.values()],
        members.map(({ publicKey }) => publicKey),
      )
      const proven = valid.flatMap(index => members[index] ?? [])
      if (isQuorum(signers, proven))
        return { signers: proven.map(({ index }) => index), serializedMessage: message, signature }
    }
    throw unavailable()
  }

  close(): void {
    this.#nodes.close()
  }

  // Signatures by member; ends when nobody more is to be expected.
  async #collect(
    signers: Signers,
    isPatient: boolean,
    signal: AbortSignal | undefined,
    write: (member: Member, stop: AbortSignal) => Promise<Uint8Array>,
  ): Promise<Map<Member, Uint8Array>> {
    const began = performance.now()
    const enough = new AbortController()
    const stop = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal])
    const signed = new Map<Member, Uint8Array>()
    const failed: Member[] = []
    let cause: unknown
    await Promise.all(
      signers.members.map(async member => {
        try {
          signed.set(member, await write(member, stop))
        } catch (error) {
          if (enough.signal.aborted) return
          cause = error
          failed.push(member)
          if (preventsQuorum(signers, failed)) enough.abort()
          return
        }
        if (isPatient || !isQuorum(signers, [...signed.keys()])) return
        const graceMs = Math.max((performance.now() - began) * GRACE, MIN_GRACE_MS)
        await sleep(graceMs, undefined, { signal: stop }).catch(() => undefined)
        enough.abort()
      }),
    )
    signal?.throwIfAborted()
    if (preventsQuorum(signers, failed)) throw unavailable(cause)
    return signed
  }

  // Relays that want to be paid want it in the transaction that registers one blob; ours register several.
  async #isFree(url: string): Promise<boolean> {
    try {
      const response = await fetch(`${url}/v1/tip-config`, { signal: AbortSignal.timeout(TIP_TIMEOUT_MS) })
      const text = (await response.text()).slice(0, 1024)
      if (response.ok && JSON.parse(text) === 'no_tip') return true
      this.#loseRelay(response.ok ? 'it asks for a tip' : `it answered with status ${response.status}`)
    } catch (error) {
      this.#loseRelay(error instanceof Error ? error.message : String(error))
    }
    return false
  }

  #loseRelay(reason: string): void {
    this.#relay = Promise.resolve(false)
    this.#onRelayLost(reason)
  }

  async #check(certificate: Certificate, blobId: Uint8Array, blobObjectId: string): Promise<void> {
    const signers = await this.signers()
    const members = certificate.signers.flatMap(index => signers.members[index] ?? [])
    const { signature, serializedMessage } = certificate
    const message = confirmationMessage(signers.epoch, blobId, blobObjectId)
    const isRight =
      new Set(members).size === certificate.signers.length &&
      isQuorum(signers, members) &&
      equalBytes(serializedMessage, message) &&
      (await this.#deps.threads.isSignedByAll(
        message,
        signature,
        members.map(({ publicKey }) => publicKey),
      ))
    if (!isRight) throw new SquidError('STORAGE_RELAY', 'its certificate is not one')
  }
}

function unavailable(cause?: unknown): SquidError {
  return new SquidError(
    'STORAGE_UNAVAILABLE',
    'Too few Walrus storage nodes accept the upload; run the same command again later, it goes on where it stopped',
    { cause },
  )
}
