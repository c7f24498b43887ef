/**
 * How squidd shows that it is the squidd of this home and not another program on its port: both read a secret that
 * lies in a file of the home, mode 0600. Only built-ins here: this is on the path of every warm run.
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Request header: anything that the asker did not send before. */
export const NONCE_HEADER = 'x-squid-nonce'
/** Answer header: the proof, in hexadecimal. */
export const PROOF_HEADER = 'x-squid-proof'

/** What a proof binds together. */
export interface Exchange {
  readonly nonce: string
  /** Path and query, as asked. */
  readonly target: string
  /** Status of the answer. */
  readonly status: number
  readonly body: string
}

/** HMAC-SHA256 over the exchange, a line each and the body last; hexadecimal. */
export function proofOf(secret: string, { nonce, target, status, body }: Exchange): string {
  return createHmac('sha256', secret).update(`${nonce}\n${target}\n${status}\n${body}`).digest('hex')
}

/** Did whoever answered know the secret? */
export function isProof(proof: unknown, secret: string, exchange: Exchange): boolean {
  if (typeof proof !== 'string') return false
  const [given, wanted] = [Buffer.from(proof), Buffer.from(proofOf(secret, exchange))]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
