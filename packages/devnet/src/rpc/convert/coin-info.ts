/**
 * What is known of a coin type: its frozen metadata and its treasury.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import { bcs } from '@mysten/sui/bcs'
import type { Ledger, LedgerObject } from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'
import { writeType } from './type-name.ts'

const TWO = `0x${'2'.padStart(64, '0')}`

/** Layouts of `0x2::coin`. */
const CoinMetadata = bcs.struct('CoinMetadata', {
  id: bcs.Address,
  decimals: bcs.u8(),
  name: bcs.string(),
  symbol: bcs.string(),
  description: bcs.string(),
  iconUrl: bcs.option(bcs.string()),
})
const TreasuryCap = bcs.struct('TreasuryCap', { id: bcs.Address, totalSupply: bcs.u64() })

/** Facts about a coin type, or undefined when the ledger has neither metadata nor treasury of it. */
export function writeCoinInfo(
  ledger: Ledger,
  coinType: string,
): Draft<GrpcTypes.GetCoinInfoResponse> | undefined {
  const type = ledger.type(coinType).key
  const metadata = single(ledger, `${TWO}::coin::CoinMetadata<${type}>`)
  const treasury = single(ledger, `${TWO}::coin::TreasuryCap<${type}>`)
  if (metadata === undefined && treasury === undefined) return undefined
  return {
    coinType: writeType(type),
    metadata: metadata && writeMetadata(metadata),
    treasury: treasury && writeTreasury(treasury),
  }
}

function writeMetadata(object: LedgerObject): Draft<GrpcTypes.CoinMetadata> {
  const { decimals, name, symbol, description, iconUrl } = CoinMetadata.parse(object.data.contents)
  return { id: object.id, decimals, name, symbol, description, iconUrl: iconUrl ?? undefined }
}

function writeTreasury(object: LedgerObject): Draft<GrpcTypes.CoinTreasury> {
  return { id: object.id, totalSupply: BigInt(TreasuryCap.parse(object.data.contents).totalSupply) }
}

function single(ledger: Ledger, type: string): LedgerObject | undefined {
  return ledger.objectsOfType(type, { limit: 1 }).items[0]
}
