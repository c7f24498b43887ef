/**
 * What can be said about a transaction without looking at any object: sizes, counts, gas numbers, expiration.
 * @module
 */
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import { GAS, LIMITS } from '../protocol.ts'
import { type RefusalKind, TransactionRefused } from './refusal.ts'
import type {
  Argument,
  Command,
  Expiration,
  GasData,
  ProgrammableTransaction,
  TransactionData,
} from './transaction-data.ts'

/** What expiration is measured against. */
export interface ChainFacts {
  readonly epoch: bigint
  readonly chainId: string
  readonly timestampMs: bigint
  readonly referenceGasPrice: bigint
}

function refuse(kind: RefusalKind, message: string): never {
  throw new TransactionRefused(kind, message)
}

function assertAtMost(count: number, limit: number, what: string): void {
  if (count > limit) refuse('SizeLimitExceeded', `${count} ${what}; the limit is ${limit}`)
}

/** Every argument that a command names. */
function argumentsOf(command: Command): readonly Argument[] {
  switch (command.kind) {
    case 'moveCall':
      return command.arguments
    case 'transferObjects':
      return [...command.objects, command.address]
    case 'splitCoins':
      return [command.coin, ...command.amounts]
    case 'mergeCoins':
      return [command.destination, ...command.sources]
    case 'makeMoveVector':
      return command.elements
  }
}

function assertCommand(command: Command): void {
  assertAtMost(argumentsOf(command).length, LIMITS.arguments, 'arguments in a command')
  switch (command.kind) {
    case 'moveCall':
      return assertAtMost(command.typeArguments.length, LIMITS.typeArguments, 'type arguments in a call')
    case 'transferObjects':
      return command.objects.length === 0
        ? refuse('EmptyCommandInput', 'TransferObjects without objects')
        : undefined
    case 'splitCoins':
      return command.amounts.length === 0
        ? refuse('EmptyCommandInput', 'SplitCoins without amounts')
        : undefined
    case 'mergeCoins':
      return command.sources.length === 0
        ? refuse('EmptyCommandInput', 'MergeCoins without sources')
        : undefined
    case 'makeMoveVector':
      if (command.elements.length === 0 && command.type === undefined) {
        refuse('EmptyCommandInput', 'MakeMoveVec without type and elements')
      }
  }
}

/** After a command that uses randomness, nothing may run that could undo what was decided. */
function assertRandomnessIsLast({ inputs, commands }: ProgrammableTransaction): void {
  let used = false
  for (const command of commands) {
    if (used && command.kind !== 'transferObjects' && command.kind !== 'mergeCoins') {
      refuse(
        'PostRandomCommandRestrictions',
        'after a command that uses Random only TransferObjects and MergeCoins may follow',
      )
    }
    used ||= argumentsOf(command).some(argument => {
      const input = argument.kind === 'input' ? inputs[argument.index] : undefined
      return input?.kind === 'shared' && input.id === SYSTEM_ADDRESS.random
    })
  }
}

/** Sizes and counts. @throws {TransactionRefused} */
export function assertWithinLimits({ transaction, gas }: Pick<TransactionData, 'transaction' | 'gas'>): void {
  const { inputs, commands } = transaction
  assertAtMost(commands.length, LIMITS.commands, 'commands')
  assertAtMost(inputs.length + gas.payment.length, LIMITS.inputObjects, 'inputs')
  assertAtMost(gas.payment.length, LIMITS.gasCoins, 'gas coins')
  for (const input of inputs) {
    if (input.kind === 'pure') assertAtMost(input.bytes.length, LIMITS.pureBytes, 'bytes in a pure input')
  }
  commands.forEach(assertCommand)
  assertRandomnessIsLast(transaction)
}

/** Price and budget. @throws {TransactionRefused} */
export function assertGasNumbers(gas: GasData, referenceGasPrice: bigint): void {
  if (gas.price < referenceGasPrice) {
    refuse('GasPriceUnderRGP', `gas price ${gas.price} is under the reference gas price ${referenceGasPrice}`)
  }
  if (gas.price >= GAS.maxPrice)
    refuse('GasPriceTooHigh', `gas price ${gas.price}; the limit is ${GAS.maxPrice}`)
  if (gas.budget > GAS.maxBudget)
    refuse('GasBudgetTooHigh', `gas budget ${gas.budget} is higher than ${GAS.maxBudget}`)
  const least = GAS.baseCost * gas.price
  if (gas.budget < least) refuse('GasBudgetTooLow', `gas budget ${gas.budget} is lower than ${least}`)
}

/** @throws {TransactionRefused} `TransactionExpired`, `InvalidChainId`, `InvalidExpiration` */
export function assertNotExpired(expiration: Expiration, chain: ChainFacts): void {
  if (expiration.kind === 'epoch' && chain.epoch > expiration.epoch) {
    refuse(
      'TransactionExpired',
      `the transaction expired with epoch ${expiration.epoch}; now it is ${chain.epoch}`,
    )
  }
  if (expiration.kind !== 'validDuring') return
  if (expiration.chain !== chain.chainId) {
    refuse('InvalidChainId', `the transaction is for the chain ${expiration.chain}, this is ${chain.chainId}`)
  }
  const { minEpoch = 0n, maxEpoch, minTimestamp = 0n, maxTimestamp } = expiration
  if (chain.epoch < minEpoch || chain.timestampMs < minTimestamp) {
    refuse('InvalidExpiration', 'the transaction is not valid yet')
  }
  if (
    (maxEpoch !== undefined && chain.epoch > maxEpoch) ||
    (maxTimestamp !== undefined && chain.timestampMs > maxTimestamp)
  ) {
    refuse('TransactionExpired', 'the time in which the transaction is valid is over')
  }
}
