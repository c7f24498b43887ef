/**
 * The running epoch as the RPC describes it. The devnet has no validators and no system state object: figures that
 * come of staking are zero, and limits are those that the ledger keeps.
 * @module
 */
import type { GrpcTypes } from '@mysten/sui/grpc'
import type { Ledger } from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'
import { writeTimestamp } from './transaction.ts'

/** Sui's usual epoch; here epochs end when they are told to. */
const EPOCH_DURATION_MS = 86_400_000n

export function writeEpoch(ledger: Ledger): Draft<GrpcTypes.Epoch> {
  const { number, startMs, firstCheckpoint, referenceGasPrice, protocolVersion } = ledger.epoch
  return {
    epoch: number,
    firstCheckpoint,
    start: writeTimestamp(startMs),
    referenceGasPrice,
    protocolConfig: {
      protocolVersion,
      featureFlags: {},
      attributes: {
        max_tx_gas: '50000000000',
        max_gas_payment_objects: '256',
        max_programmable_tx_commands: '1024',
        max_input_objects: '2048',
        max_pure_argument_size: '16384',
        max_tx_size_bytes: '131072',
      },
    },
    systemState: {
      version: 2n,
      epoch: number,
      protocolVersion,
      referenceGasPrice,
      epochStartTimestampMs: startMs,
      safeMode: false,
      safeModeStorageRewards: 0n,
      safeModeComputationRewards: 0n,
      safeModeStorageRebates: 0n,
      safeModeNonRefundableStorageFee: 0n,
      parameters: {
        epochDurationMs: EPOCH_DURATION_MS,
        stakeSubsidyStartEpoch: 0n,
        minValidatorCount: 0n,
        maxValidatorCount: 0n,
        minValidatorJoiningStake: 0n,
        validatorLowStakeThreshold: 0n,
        validatorVeryLowStakeThreshold: 0n,
        validatorLowStakeGracePeriod: 0n,
      },
      storageFund: { totalObjectStorageRebates: 0n, nonRefundableBalance: 0n },
      stakeSubsidy: {
        balance: 0n,
        distributionCounter: 0n,
        currentDistributionAmount: 0n,
        stakeSubsidyPeriodLength: 0n,
        stakeSubsidyDecreaseRate: 0,
      },
    },
  }
}
