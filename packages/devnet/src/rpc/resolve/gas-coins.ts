/**
 * Which coins pay for a transaction.
 * @module
 */
import type { Ledger, LedgerObject } from '@squid/sui/ledger'
import type { ObjectRef } from '../convert/transaction.ts'
import { coinBalance } from '../convert/object.ts'

const GAS_COIN = '0x2::coin::Coin<0x2::sui::SUI>'
/** Sui's limit on the objects of a gas payment. */
const MAX_PAYMENT_OBJECTS = 256
/** How far the search goes in an account of very many coins. */
const MAX_COINS_SEEN = 10_000
const PAGE = 1000

/** A gas payment and what it is worth. */
export interface Payment {
  readonly coins: readonly ObjectRef[]
  /** MIST. */
  readonly total: bigint
}

/**
 * The largest SUI coins of `owner` that reach `wanted` MIST together, or all that there are.
 * @param exclude ids that the transaction uses otherwise
 */
export function selectGasCoins(
  ledger: Ledger,
  owner: string,
  exclude: ReadonlySet<string>,
  wanted: bigint,
): Payment {
  const largestFirst = gasCoins(ledger, owner)
    .filter(coin => !exclude.has(coin.id))
    .map(coin => ({ coin, balance: coinBalance(coin) ?? 0n }))
    .sort((a, b) => (a.balance === b.balance ? 0 : a.balance > b.balance ? -1 : 1))
  const coins: ObjectRef[] = []
  let total = 0n
  for (const { coin, balance } of largestFirst) {
    if (total >= wanted || coins.length === MAX_PAYMENT_OBJECTS) break
    coins.push({ objectId: coin.id, version: String(coin.version), digest: coin.digest })
    total += balance
  }
  return { coins, total }
}

/** What a payment that the client chose is worth; objects that are not SUI coins count nothing. */
export function paymentOf(ledger: Ledger, coins: readonly ObjectRef[]): Payment {
  const total = coins.reduce((sum, ref) => {
    const object = ledger.object(ref.objectId)
    return sum + ((object && coinBalance(object)) ?? 0n)
  }, 0n)
  return { coins, total }
}

function gasCoins(ledger: Ledger, owner: string): LedgerObject[] {
  const coins: LedgerObject[] = []
  let cursor: string | undefined
  do {
    const page = ledger.ownedObjects(owner, { type: GAS_COIN, cursor, limit: PAGE })
    coins.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined && coins.length < MAX_COINS_SEEN)
  return coins
}
