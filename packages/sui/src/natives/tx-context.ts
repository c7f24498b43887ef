/**
 * `0x2::tx_context`: facts about the transaction, and new ids.
 * @module
 */
import { deriveObjectId } from '../runtime/execution-context.ts'
import { bytesOf, type SuiNatives } from './values.ts'

export const txContextNatives: SuiNatives = {
  '0x2::tx_context::native_sender': vm => () => vm.context.transaction.sender,
  '0x2::tx_context::native_epoch': vm => () => vm.context.transaction.epoch,
  '0x2::tx_context::native_epoch_timestamp_ms': vm => () => vm.context.transaction.epochStartMs,
  '0x2::tx_context::native_ids_created': vm => () => vm.context.idsCreated,
  '0x2::tx_context::native_gas_price': vm => () => vm.context.transaction.gasPrice,
  '0x2::tx_context::native_rgp': vm => () => vm.context.transaction.referenceGasPrice,
  '0x2::tx_context::native_gas_budget': vm => () => vm.context.transaction.gasBudget,
  '0x2::tx_context::native_sponsor': vm => () => {
    const { sponsor } = vm.context.transaction
    return sponsor === undefined ? [] : [sponsor]
  },
  '0x2::tx_context::fresh_id': vm => () => vm.context.freshId(),
  '0x2::tx_context::derive_id': () => (digest, index) => deriveObjectId(bytesOf(digest), index as bigint),
}
