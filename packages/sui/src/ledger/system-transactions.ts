/**
 * Transactions that nobody signs: their bytes, in the kinds that Sui has for them.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import { digestBytes } from '../objects/digest.ts'

/** Commands and inputs as the official SDK writes them (`transaction.getData()` has the same inputs and commands). */
export type SystemTransaction = typeof bcs.ProgrammableTransaction.$inferInput

type Kind = typeof bcs.TransactionKind.$inferInput

/** BCS of a transaction and its 32 bytes of digest. */
export interface EncodedTransaction {
  readonly bytes: Uint8Array
  readonly digest: Uint8Array
}

function encode(kind: Kind, sender: string, nonce?: { chainId: string; nonce: number }): EncodedTransaction {
  const none = { minEpoch: null, maxEpoch: null, minTimestamp: null, maxTimestamp: null }
  const bytes = bcs.TransactionData.serialize({
    V1: {
      kind,
      sender,
      gasData: { payment: [], owner: SYSTEM_ADDRESS.zero, price: 1, budget: 0 },
      expiration:
        nonce === undefined
          ? { None: true }
          : { ValidDuring: { ...none, chain: nonce.chainId, nonce: nonce.nonce } },
    },
  }).toBytes()
  return { bytes, digest: digestBytes('TransactionData', bytes) }
}

/** The transaction that makes the packages. `packages`: BCS of `MovePackage`. */
export function genesisTransaction(packages: readonly Uint8Array[]): EncodedTransaction {
  const objects = packages.map(contents => ({
    RawObject: { data: { Package: bcs.MovePackage.parse(contents) }, owner: { Immutable: true as const } },
  }))
  return encode({ Genesis: { objects } }, SYSTEM_ADDRESS.zero)
}

/** The transaction that sets the clock. `round` makes it unique. */
export function clockTransaction(epoch: bigint, round: bigint, timestampMs: bigint): EncodedTransaction {
  return encode(
    { ConsensusCommitPrologue: { epoch, round, commitTimestampMs: timestampMs } },
    SYSTEM_ADDRESS.zero,
  )
}

/** The transaction that ends an epoch. */
export function epochTransaction(
  nextEpoch: bigint,
  protocolVersion: bigint,
  startMs: bigint,
): EncodedTransaction {
  const ChangeEpoch = {
    epoch: nextEpoch,
    protocolVersion,
    storageCharge: 0,
    computationCharge: 0,
    storageRebate: 0,
    nonRefundableStorageFee: 0,
    epochStartTimestampMs: startMs,
    systemPackages: [],
  }
  return encode({ ChangeEpoch }, SYSTEM_ADDRESS.zero)
}

/** Commands of the system; `nonce` makes equal commands different transactions. */
export function programmableTransaction(
  transaction: SystemTransaction,
  sender: string,
  nonce: { chainId: string; nonce: number },
): EncodedTransaction {
  return encode({ ProgrammableSystemTransaction: transaction }, sender, nonce)
}
