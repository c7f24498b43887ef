/**
 * Free coins for everybody: SUI and WAL out of what genesis made.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { isValidSuiAddress, normalizeSuiAddress } from '@mysten/sui/utils'
import { SquidError } from '@squid/formats/errors'
import type { Ledger } from '@squid/sui/ledger'
import type { Route } from '../http/json.ts'

/** What one request gives: 1000 SUI or 1000 WAL, in the smallest unit (both have 9 decimals). */
export const FAUCET_AMOUNT = 1_000_000_000_000n

/** Where the faucet takes its coins from. */
export interface FaucetDeps {
  readonly ledger: Ledger
  /** Owner of the WAL that genesis minted, and that coin's id. */
  readonly genesisAddress: string
  readonly walCoinId: string
}

/** Gives coins away. */
export class Faucet {
  readonly #deps: FaucetDeps

  constructor(deps: FaucetDeps) {
    this.#deps = deps
  }

  /** Gives `amount` MIST; returns the new coin's id. */
  giveSui(recipient: string, amount: bigint): string {
    return this.#deps.ledger.mint(parseRecipient(recipient), amount)
  }

  /** Gives `amount` FROST; returns the new coin's id. */
  giveWal(recipient: string, amount: bigint): string {
    const { ledger, walCoinId, genesisAddress } = this.#deps
    const address = parseRecipient(recipient)
    const { changes } = ledger.executeSystem(
      {
        inputs: [
          ledger.objectInput(walCoinId),
          { Pure: { bytes: bcs.u64().serialize(amount).toBytes() } },
          { Pure: { bytes: bcs.Address.serialize(address).toBytes() } },
        ],
        commands: [
          { SplitCoins: { coin: { Input: 0 }, amounts: [{ Input: 1 }] } },
          { TransferObjects: { objects: [{ NestedResult: [0, 0] }], address: { Input: 2 } } },
        ],
      },
      genesisAddress,
    )
    const created = changes.find(({ idOperation }) => idOperation === 'created')
    if (created === undefined) throw new TypeError('splitting a coin made no coin')
    return created.id
  }
}

/** The official faucet's endpoint for SUI, and the same for WAL. */
export function faucetRoutes(faucet: Faucet, ledger: Ledger): Route[] {
  const route = (path: RegExp, give: (recipient: string, amount: bigint) => string): Route => ({
    method: 'POST',
    path,
    anyOrigin: true,
    handle: (_, body) => {
      try {
        const id = give(readRequest(body), FAUCET_AMOUNT)
        const transferTxDigest = ledger.object(id)?.previousTransaction
        return { status: 'Success', coins_sent: [{ amount: Number(FAUCET_AMOUNT), id, transferTxDigest }] }
      } catch (error) {
        if (!(error instanceof SquidError)) throw error
        // The SDK reads failures from the body, whatever the status.
        return { status: { Failure: { internal: error.message } }, coins_sent: null }
      }
    },
  })
  return [
    route(/^\/v2\/gas$/, (recipient, amount) => faucet.giveSui(recipient, amount)),
    route(/^\/v2\/wal$/, (recipient, amount) => faucet.giveWal(recipient, amount)),
  ]
}

function readRequest(body: unknown): string {
  const request = isRecord(body) ? body['FixedAmountRequest'] : undefined
  const recipient = isRecord(request) ? request['recipient'] : undefined
  if (typeof recipient === 'string') return recipient
  throw new SquidError('BAD_REQUEST', 'Ask with {"FixedAmountRequest":{"recipient":"0x…"}}.')
}

function parseRecipient(text: string): string {
  const address = text.length <= 66 ? normalizeSuiAddress(text) : text
  if (isValidSuiAddress(address)) return address
  throw new SquidError('BAD_REQUEST', `${JSON.stringify(text.slice(0, 100))} is not a Sui address.`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
