/**
 * From transaction bytes to outcomes: decodes, checks, runs. Changes nothing; the ledger commits what comes back.
 * @module
 */
import type { Type } from '@squid/move/vm'
import { formatDigest, digestBytes } from '../objects/digest.ts'
import { parseAddress, SYSTEM_ADDRESS } from '../objects/address.ts'
import { sealObject } from '../objects/encode.ts'
import type { LedgerObject } from '../objects/object.ts'
import { KNOWN_TYPE } from '../objects/type-tag.ts'
import { GAS, LIMITS } from '../protocol.ts'
import { coinValue } from '../ptb/coin.ts'
import type { MutatedArgument } from '../ptb/move-call.ts'
import type { TypedValue } from '../ptb/values.ts'
import { buildEffects, encodeEffects } from '../effects/build.ts'
import {
  type Execution,
  type ExecutionRequest,
  executeTransaction,
  type GasPayment,
} from '../transactions/execute.ts'
import { type ObjectSource, resolveGasCoins, resolveInputs, resolvePackages } from '../transactions/inputs.ts'
import { TransactionRefused } from '../transactions/refusal.ts'
import { verifySignatures } from '../transactions/signature.ts'
import {
  type Argument,
  decodeTransactionData,
  type GasData,
  type TransactionData,
} from '../transactions/transaction-data.ts'
import { assertGasNumbers, assertNotExpired, assertWithinLimits } from '../transactions/validity.ts'
import { objectTypeBytes } from '../transactions/writes.ts'
import { outcomeOf } from './assemble.ts'
import type { Chain, FinishedTransaction } from './chain.ts'
import type { Code } from './code.ts'
import type { CommandOutput, ObjectChange, SimulatedTransaction, TransactionArgument } from './results.ts'
import { clockTransaction, programmableTransaction, type SystemTransaction } from './system-transactions.ts'

const NO_GAS = { computationCost: 0n, storageCost: 0n, storageRebate: 0n, nonRefundableStorageFee: 0n }

const USER = { anyFunction: false, anyValue: false } as const
const SYSTEM = { anyFunction: true, anyValue: false } as const
const UNCHECKED = { anyFunction: true, anyValue: true } as const

/** Id of the coin that pays in simulations without a gas payment. */
const SIMULATED_COIN = parseAddress(`0x${'5a'.repeat(32)}`)

/** Objects as a transaction sees them: those of the chain, and those that a prologue has just changed. */
class View implements ObjectSource {
  readonly #chain: Chain
  readonly #changed = new Map<string, LedgerObject>()

  constructor(chain: Chain) {
    this.#chain = chain
  }

  readonly read = (id: string): LedgerObject | undefined =>
    this.#changed.get(id) ?? this.#chain.objects.read(id)
  readonly isGone = (id: string): boolean => this.#chain.objects.isGone(id)

  apply(changes: readonly ObjectChange[]): void {
    for (const { id, after } of changes) if (after !== undefined) this.#changed.set(id, after)
  }
}

/** MIST in it: a million SUI. */
const SIMULATED_BALANCE = 1_000_000_000_000_000n

/** Runs transactions on the present state. */
export class Runner {
  readonly #chain: Chain
  readonly #code: Code

  constructor(chain: Chain, code: Code) {
    this.#chain = chain
    this.#code = code
  }

  /**
   * Runs what a user signed.
   * @returns what is to be committed: the transaction last, before it a prologue where it reads the clock
   * @throws {TransactionRefused}
   */
  runSigned(
    bytes: Uint8Array,
    digest: Uint8Array,
    signatures: readonly Uint8Array[],
    timestampMs: bigint,
    verify: boolean,
  ): FinishedTransaction[] {
    assertSize(bytes, signatures)
    const data = decodeTransactionData(bytes)
    this.#assertAcceptable(data, timestampMs)
    if (verify) verifySignatures(bytes, signatures, data.sender, data.gas.owner)
    const view = new View(this.#chain)
    const prologue = this.#prologue(view, data, timestampMs)
    const request = this.#request(view, data, digest, { sender: data.sender, isSystem: false })
    const coins = resolveGasCoins(view, data)
    const gas = { coins, price: data.gas.price, budget: data.gas.budget }
    const execution = this.#execute(view, { ...request, gas, privileges: USER })
    return [...prologue, this.#finished(execution, data.sender, bytes, digest, signatures, timestampMs)]
  }

  /** Runs commands of the system, without gas and with every right. */
  runSystem(transaction: SystemTransaction, sender: string, timestampMs: bigint): FinishedTransaction[] {
    const nonce = { chainId: this.#chain.chainId, nonce: this.#chain.transactionCount % 2 ** 32 }
    const { bytes, digest } = programmableTransaction(transaction, sender, nonce)
    const data = decodeTransactionData(bytes, true)
    const view = new View(this.#chain)
    const prologue = this.#prologue(view, data, timestampMs)
    const request = this.#request(view, data, digest, { sender, isSystem: true })
    const execution = this.#execute(view, { ...request, gas: undefined, privileges: SYSTEM })
    return [...prologue, this.#finished(execution, sender, bytes, digest, [], timestampMs)]
  }

  /** Runs a transaction to see what it would do. */
  simulate(bytes: Uint8Array, timestampMs: bigint, checks: boolean): SimulatedTransaction {
    assertSize(bytes, [])
    const decoded = decodeTransactionData(bytes)
    const data = checks ? decoded : { ...decoded, gas: withDefaults(decoded.gas) }
    const digest = digestBytes('TransactionData', bytes)
    if (checks) this.#assertAcceptable(data, timestampMs)
    else assertWithinLimits(data)
    const view = new View(this.#chain)
    this.#prologue(view, data, timestampMs)
    const request = this.#request(view, data, digest, {
      sender: checks ? data.sender : undefined,
      isSystem: false,
    })
    const commands: CommandOutput[] = []
    const observe = (results: readonly TypedValue[], mutated: readonly MutatedArgument[]): void => {
      commands.push(this.#output(results, mutated))
    }
    const gas = this.#simulatedPayment(view, data)
    const execution = this.#execute(view, { ...request, gas, privileges: checks ? USER : UNCHECKED, observe })
    const transaction = { digest: formatDigest(digest), bytes, timestampMs }
    const outcome = outcomeOf(execution, transaction, (id, name) => this.#code.vm.module(id, name))
    return { ...outcome, commands, suggestedGasBudget: suggestedBudget(execution) }
  }

  #assertAcceptable(data: TransactionData, timestampMs: bigint): void {
    const { epoch, chainId } = this.#chain
    const { referenceGasPrice } = epoch
    assertWithinLimits(data)
    assertNotExpired(data.expiration, { epoch: epoch.number, chainId, timestampMs, referenceGasPrice })
    assertGasNumbers(data.gas, referenceGasPrice)
  }

  #request(
    view: View,
    data: TransactionData,
    digest: Uint8Array,
    rules: { sender: string | undefined; isSystem: boolean },
  ): Omit<ExecutionRequest, 'gas' | 'privileges'> {
    const { transaction, sender, gas } = data
    const { number, startMs, referenceGasPrice } = this.#chain.epoch
    return {
      digest: formatDigest(digest),
      facts: {
        sender,
        digest,
        epoch: number,
        epochStartMs: startMs,
        referenceGasPrice,
        gasPrice: gas.price,
        gasBudget: gas.budget,
        sponsor: rules.isSystem || gas.owner === sender ? undefined : gas.owner,
      },
      inputs: resolveInputs(view, transaction, gas, rules),
      commands: transaction.commands,
      packages: resolvePackages(view, transaction.commands),
    }
  }

  #execute(view: View, request: ExecutionRequest): Execution {
    return executeTransaction({ vm: this.#code.vm, read: view.read, type: this.#code.objectType }, request)
  }

  #finished(
    execution: Execution,
    sender: string,
    bytes: Uint8Array,
    digest: Uint8Array,
    signatures: readonly Uint8Array[],
    timestampMs: bigint,
  ): FinishedTransaction {
    const transaction = { digest: formatDigest(digest), bytes, timestampMs }
    const outcome = outcomeOf(execution, transaction, (id, name) => this.#code.vm.module(id, name))
    return { outcome, sender, signatures, failureMessage: execution.failure?.cause.message }
  }

  /** Sets the clock for a transaction that reads it. */
  #prologue(view: View, { transaction }: TransactionData, timestampMs: bigint): FinishedTransaction[] {
    const readsClock = transaction.inputs.some(
      input => input.kind === 'shared' && input.id === SYSTEM_ADDRESS.clock,
    )
    return readsClock ? this.#setClock(view, timestampMs) : []
  }

  /** Sets the clock; nothing when it shows this time already. */
  setClock(timestampMs: bigint): FinishedTransaction[] {
    return this.#setClock(new View(this.#chain), timestampMs)
  }

  #setClock(view: View, timestampMs: bigint): FinishedTransaction[] {
    const clock = view.read(SYSTEM_ADDRESS.clock)
    if (clock?.data.kind !== 'move') return []
    const type = this.#code.objectType(clock.data.type)
    const [uid, present] = this.#code.vm.decode(type, clock.data.contents) as [never, bigint]
    if (present >= timestampMs) return []
    const contents = this.#code.vm.encode(type, [uid, timestampMs])
    const { number } = this.#chain.epoch
    const { bytes, digest } = clockTransaction(number, BigInt(this.#chain.transactionCount), timestampMs)
    const after = sealObject({
      ...clock,
      version: clock.version + 1n,
      previousTransaction: formatDigest(digest),
      objectType: objectTypeBytes(type),
      data: { ...clock.data, contents },
    })
    const changes: ObjectChange[] = [{ id: clock.id, before: clock, after, idOperation: 'none' }]
    view.apply(changes)
    const execution = unmeteredExecution(
      formatDigest(digest),
      number,
      after.version,
      changes,
      clock.previousTransaction,
    )
    return [this.#finished(execution, SYSTEM_ADDRESS.zero, bytes, digest, [], timestampMs)]
  }

  /** What pays in a simulation: the named coins, or one that is made up. */
  #simulatedPayment(view: View, data: TransactionData): GasPayment {
    const { gas } = data
    if (gas.payment.length > 0)
      return { coins: resolveGasCoins(view, data), price: gas.price, budget: gas.budget }
    const type = this.#code.objectType(KNOWN_TYPE.gasCoin)
    const contents = this.#code.vm.encode(type, coinValue(SIMULATED_COIN, SIMULATED_BALANCE))
    const coin = sealObject({
      id: SIMULATED_COIN,
      version: 1n,
      owner: { kind: 'address', address: gas.owner },
      previousTransaction: formatDigest(new Uint8Array(32)),
      storageRebate: 0n,
      objectType: objectTypeBytes(type),
      data: { kind: 'move', type: type.key, hasPublicTransfer: true, contents },
    })
    return { coins: [coin], price: gas.price, budget: gas.budget }
  }

  #output(results: readonly TypedValue[], mutated: readonly MutatedArgument[]): CommandOutput {
    const value = (type: Type, cell: TypedValue['cell']): { type: string; bcs: Uint8Array } => ({
      type: type.key,
      bcs: cell[0] === undefined ? new Uint8Array() : this.#code.vm.encode(type, cell[0]),
    })
    return {
      returnValues: results.map(({ type, cell }) => value(type, cell)),
      mutatedByReference: mutated.map(({ argument, type, cell }) => ({
        ...value(type, [...cell]),
        argument: publicArgument(argument),
      })),
    }
  }
}

/** Without checks, price and budget may be left at zero. */
function withDefaults(gas: GasData): GasData {
  const price = gas.price === 0n ? GAS.referencePrice : gas.price
  return { ...gas, price, budget: gas.budget === 0n ? GAS.maxBudget : gas.budget }
}

function publicArgument(argument: Argument): TransactionArgument {
  switch (argument.kind) {
    case 'result':
      return { kind: 'result', command: argument.command, index: 0 }
    case 'nestedResult':
      return { kind: 'result', command: argument.command, index: argument.index }
    default:
      return argument
  }
}

function assertSize(bytes: Uint8Array, signatures: readonly Uint8Array[]): void {
  const size = signatures.reduce((sum, signature) => sum + signature.length, bytes.length)
  if (size > LIMITS.transactionBytes) {
    throw new TransactionRefused(
      'SizeLimitExceeded',
      `the transaction has ${size} bytes; the limit is ${LIMITS.transactionBytes}`,
    )
  }
}

/** Sui's estimate: what it cost, with room for 1,000 more gas units of computation. */
function suggestedBudget({ gasUsed }: Execution): bigint {
  const computation = gasUsed.computationCost + GAS.baseCost * GAS.referencePrice
  const total = computation + gasUsed.storageCost - gasUsed.storageRebate
  return total > computation ? total : computation
}

/** The result of a system transaction that is no program. */
export function unmeteredExecution(
  transactionDigest: string,
  epoch: bigint,
  version: bigint,
  changes: readonly ObjectChange[],
  dependency: string | undefined,
): Execution {
  const effects = buildEffects({
    failure: undefined,
    epoch,
    gas: NO_GAS,
    transactionDigest,
    gasObjectId: undefined,
    eventsDigest: undefined,
    dependencies: dependency === undefined ? [] : [dependency],
    lamportVersion: version,
    changes,
    readOnlyShared: [],
  })
  const effectsBytes = encodeEffects(effects)
  return {
    effects,
    effectsBytes,
    effectsDigest: formatDigest(digestBytes('TransactionEffects', effectsBytes)),
    gasUsed: NO_GAS,
    failure: undefined,
    events: [],
    eventsBytes: new Uint8Array([0]),
    changes,
    unchangedLoadedObjects: [],
  }
}
