/**
 * Executes one checked transaction: gas coins merged, commands run, gas charged, effects made. Reads the state,
 * writes nothing: the result says what to write.
 * @module
 */
import type { DatatypeType, Type, Value, Vm } from '@squid/move/vm'
import { buildEffects, encodeEffects } from '../effects/build.ts'
import type { TransactionEffectsV2 } from '../effects/transaction-effects.ts'
import { failure, TransactionFailure } from '../effects/failure.ts'
import { encodeEvents } from '../events/encode.ts'
import { EventLog, type AttributedEvent } from '../events/event-log.ts'
import {
  affordableInstructions,
  computationCost,
  instructionCost,
  internalBudget,
} from '../gas/computation.ts'
import { splitRebate } from '../gas/storage.ts'
import type { GasSummary, LedgerEvent, ObjectChange } from '../ledger/results.ts'
import { digestBytes, formatDigest } from '../objects/digest.ts'
import { chargedBytes } from '../objects/encode.ts'
import type { LedgerObject } from '../objects/object.ts'
import { GAS, LIMITS } from '../protocol.ts'
import { balanceOfContents, withBalance } from '../ptb/coin.ts'
import {
  CommandFailure,
  executeProgrammable,
  type ProgrammableOptions,
  type ResolvedInput,
} from '../ptb/execute.ts'
import type { Privileges } from '../ptb/run.ts'
import { ExecutionContext, type TransactionFacts } from '../runtime/execution-context.ts'
import { ObjectRuntime } from '../runtime/object-runtime.ts'
import type { Command } from './transaction-data.ts'
import {
  chargeStorage,
  type Draft,
  draftOfInputs,
  draftOfResults,
  keepRebates,
  objectTypeBytes,
  sealDraft,
} from './writes.ts'

/** How a transaction pays. */
export interface GasPayment {
  /** The first one pays, the others are merged into it. */
  readonly coins: readonly LedgerObject[]
  readonly price: bigint
  readonly budget: bigint
}

/** A transaction that passed every check. */
export interface ExecutionRequest {
  readonly digest: string
  readonly facts: TransactionFacts
  readonly inputs: readonly ResolvedInput[]
  readonly commands: readonly Command[]
  /** Packages that the commands name. */
  readonly packages: readonly LedgerObject[]
  /** Undefined: nothing is charged. */
  readonly gas: GasPayment | undefined
  readonly privileges: Privileges
  readonly observe?: ProgrammableOptions['observe']
}

/** What the executor needs from outside. */
export interface ExecutionDeps {
  readonly vm: Vm<ExecutionContext>
  readonly read: (id: string) => LedgerObject | undefined
  readonly type: (text: string) => DatatypeType
}

/** Everything that execution came to. */
export interface Execution {
  readonly effects: TransactionEffectsV2
  readonly effectsBytes: Uint8Array
  readonly effectsDigest: string
  readonly gasUsed: GasSummary
  readonly failure: { readonly cause: TransactionFailure; readonly command: number | undefined } | undefined
  readonly events: readonly LedgerEvent[]
  readonly eventsBytes: Uint8Array
  readonly changes: readonly ObjectChange[]
  readonly unchangedLoadedObjects: readonly LedgerObject[]
}

/** Instructions for what pays nothing. */
const UNMETERED_INSTRUCTIONS = Number.MAX_SAFE_INTEGER

const NO_GAS: GasSummary = {
  computationCost: 0n,
  storageCost: 0n,
  storageRebate: 0n,
  nonRefundableStorageFee: 0n,
}

/** Outcome of the commands, before gas. */
interface Run {
  readonly draft: Draft
  readonly events: readonly AttributedEvent[]
  readonly failure: Execution['failure']
}

/** One execution. */
class Executor {
  readonly #deps: ExecutionDeps
  readonly #request: ExecutionRequest
  /** Objects that may change: owned and mutable shared inputs, and the coin that pays. */
  readonly #mutable: readonly LedgerObject[]
  /** The coin that pays, holding what all gas coins held. */
  readonly #gasContents: Uint8Array | undefined

  constructor(deps: ExecutionDeps, request: ExecutionRequest) {
    this.#deps = deps
    this.#request = request
    this.#mutable = [...request.inputs.flatMap(changeableObject), ...(request.gas?.coins ?? []).slice(0, 1)]
    this.#gasContents = request.gas === undefined ? undefined : mergedContents(request.gas.coins)
  }

  execute(): Execution {
    const { run, computation } = this.#runCommands()
    const charged = this.#charge(run, computation)
    return this.#result(charged.run, charged.gas)
  }

  get #lamportVersion(): bigint {
    let highest = 0n
    for (const { object } of this.#request.inputs)
      if (object !== undefined && object.version > highest) highest = object.version
    for (const coin of this.#request.gas?.coins ?? []) if (coin.version > highest) highest = coin.version
    return highest + 1n
  }

  #runCommands(): { run: Run; computation: bigint } {
    const { vm } = this.#deps
    const { gas } = this.#request
    const internal = gas === undefined ? 0 : internalBudget(gas.budget, gas.price)
    const reading = gas === undefined ? 0 : this.#readingCost()
    const granted =
      gas === undefined ? UNMETERED_INSTRUCTIONS : affordableInstructions(Math.max(internal - reading, 0))
    vm.gas.remaining = granted
    const run = this.#attempt()
    if (gas === undefined) return { run, computation: 0n }
    // Whoever runs out of gas pays for all of it, also for what a native would have cost.
    const ranOut = run.failure?.cause.status.$kind === 'InsufficientGas'
    const used = ranOut ? internal : instructionCost(granted - Math.max(vm.gas.remaining, 0)) + reading
    const cost = computationCost(Math.min(used, internal), gas.price)
    if (cost < gas.budget) return { run, computation: cost }
    const failed = run.failure ?? {
      cause: failure('InsufficientGas', 'the gas budget does not pay for the computation'),
      command: undefined,
    }
    return { run: this.#failedRun(failed), computation: gas.budget }
  }

  /** Internal units for reading the inputs; packages are read from memory. */
  #readingCost(): number {
    let bytes = 0
    for (const { data } of [
      ...this.#request.inputs.flatMap(input => input.object ?? []),
      ...(this.#request.gas?.coins ?? []),
    ]) {
      if (data.kind === 'move')
        bytes += chargedBytes(data.contents, objectTypeBytes(this.#deps.type(data.type)))
    }
    return bytes * GAS.readPerByte
  }

  #attempt(): Run {
    const { vm } = this.#deps
    const events = new EventLog()
    vm.context = this.#context(events)
    try {
      const results = executeProgrammable(this.#programmable())
      const draft = draftOfResults(results, this.#mutable, (type, value) => vm.encode(type, value))
      this.#mergeGasCoins(draft)
      return { draft, events: events.finish(), failure: undefined }
    } catch (error) {
      const failed = failureOf(error)
      if (failed === undefined) throw error
      return this.#failedRun(failed)
    }
  }

  #context(events: EventLog): ExecutionContext {
    const { vm, read, type } = this.#deps
    const objects = new Map<string, LedgerObject>()
    const receivable = new Map<string, LedgerObject>()
    for (const { input, object } of this.#request.inputs) {
      if (object !== undefined) (input.kind === 'receiving' ? receivable : objects).set(object.id, object)
    }
    for (const coin of this.#request.gas?.coins ?? []) objects.set(coin.id, coin)
    const runtimeDeps = {
      read,
      type,
      decode: (of: Type, bytes: Uint8Array): Value => vm.decode(of, bytes),
      encode: (of: Type, value: Value): Uint8Array => vm.encode(of, value),
    }
    return new ExecutionContext(
      this.#request.facts,
      new ObjectRuntime(runtimeDeps, objects, receivable),
      events,
    )
  }

  #programmable(): ProgrammableOptions {
    const { inputs, commands, privileges, observe, gas } = this.#request
    const [object] = gas?.coins ?? []
    const contents = this.#gasContents
    const gasCoin =
      gas === undefined || object === undefined || contents === undefined
        ? undefined
        : { object, contents, reserved: gas.budget }
    const { vm, type } = this.#deps
    return { vm, inputs, commands, gasCoin, privileges, type, ...(observe === undefined ? {} : { observe }) }
  }

  #failedRun(failed: NonNullable<Execution['failure']>): Run {
    const draft = draftOfInputs(this.#mutable, this.#deps.type)
    const [coin] = this.#request.gas?.coins ?? []
    const gas = coin === undefined ? undefined : draft.written.get(coin.id)
    if (gas !== undefined && this.#gasContents !== undefined) gas.contents = this.#gasContents
    this.#mergeGasCoins(draft)
    return { draft, events: [], failure: failed }
  }

  /** All gas coins but the first are used up. */
  #mergeGasCoins(draft: Draft): void {
    for (const coin of this.#request.gas?.coins.slice(1) ?? []) {
      draft.consumed.set(coin.id, coin)
      draft.deleted.add(coin.id)
    }
  }

  /** Storage is paid out of what computation left of the budget; when that is too little, step by step less happens. */
  #charge(run: Run, computation: bigint): { run: Run; gas: GasSummary } {
    const { gas } = this.#request
    if (gas === undefined) {
      keepRebates(run.draft)
      return { run, gas: NO_GAS }
    }
    const whole = storageSummary(run.draft, computation)
    if (affordable(whole, gas.budget)) return { run: this.#deduct(run, whole), gas: whole }
    const failed = {
      cause: failure('InsufficientGas', 'the gas budget does not pay for the storage'),
      command: undefined,
    }
    const onlyInputs = this.#failedRun(run.failure ?? failed)
    const inputs = storageSummary(onlyInputs.draft, computation)
    if (affordable(inputs, gas.budget)) return { run: this.#deduct(onlyInputs, inputs), gas: inputs }
    const nothing = this.#failedRun(run.failure ?? failed)
    keepRebates(nothing.draft)
    const everything = { ...NO_GAS, computationCost: gas.budget }
    return {
      run: this.#deduct(nothing, this.#withoutStorage(nothing.draft, everything)),
      gas: this.#withoutStorage(nothing.draft, everything),
    }
  }

  /** Without charging storage, the rebates of merged gas coins still move: to the fund, as nobody paid for them. */
  #withoutStorage(draft: Draft, gas: GasSummary): GasSummary {
    let lost = 0n
    for (const [id, object] of draft.consumed) if (!draft.written.has(id)) lost += object.storageRebate
    return { ...gas, nonRefundableStorageFee: lost }
  }

  #deduct(run: Run, gas: GasSummary): Run {
    const [coin] = this.#request.gas?.coins ?? []
    const object = coin === undefined ? undefined : run.draft.written.get(coin.id)
    if (object === undefined) throw new Error('the gas coin is gone')
    const net = gas.computationCost + gas.storageCost - gas.storageRebate
    object.contents = withBalance(object.contents, balanceOfContents(object.contents) - net)
    return run
  }

  #result(run: Run, gasUsed: GasSummary): Execution {
    const { digest, facts, gas } = this.#request
    const version = this.#lamportVersion
    const changes = sealDraft(run.draft, version, digest)
    const eventsBytes = encodeEvents(run.events, facts.sender)
    const effects = buildEffects({
      failure:
        run.failure === undefined
          ? undefined
          : { status: run.failure.cause.status, command: run.failure.command },
      epoch: facts.epoch,
      gas: gasUsed,
      transactionDigest: digest,
      gasObjectId: gas?.coins[0]?.id,
      eventsDigest:
        run.events.length === 0 ? undefined : formatDigest(digestBytes('TransactionEvents', eventsBytes)),
      dependencies: this.#dependencies(run.draft),
      lamportVersion: version,
      changes,
      readOnlyShared: this.#readOnlyShared(),
    })
    const effectsBytes = encodeEffects(effects)
    if (effectsBytes.length > LIMITS.effectsBytes && run.failure === undefined)
      return this.#effectsTooLarge(effectsBytes.length)
    return {
      effects,
      effectsBytes,
      effectsDigest: formatDigest(digestBytes('TransactionEffects', effectsBytes)),
      gasUsed,
      failure: run.failure,
      events: run.events.map(({ packageId, module, type, contents }) => ({
        packageId,
        module,
        sender: facts.sender,
        type: type.key,
        contents,
      })),
      eventsBytes,
      changes,
      unchangedLoadedObjects: run.draft.unchangedChildren,
    }
  }

  #effectsTooLarge(size: number): Execution {
    const payload = { currentSize: String(size), maxSize: String(LIMITS.effectsBytes) }
    const cause = failure(
      'EffectsTooLarge',
      `the effects have ${size} bytes; the limit is ${LIMITS.effectsBytes}`,
      payload,
    )
    const { run, gas } = this.#charge(
      this.#failedRun({ cause, command: undefined }),
      this.#request.gas?.budget ?? 0n,
    )
    return this.#result(run, gas)
  }

  *#dependencies(draft: Draft): Generator<string> {
    for (const { object } of this.#request.inputs) if (object !== undefined) yield object.previousTransaction
    for (const coin of this.#request.gas?.coins ?? []) yield coin.previousTransaction
    for (const { previousTransaction } of this.#request.packages) yield previousTransaction
    for (const { previousTransaction } of draft.consumed.values()) yield previousTransaction
    for (const { previousTransaction } of draft.unchangedChildren) yield previousTransaction
  }

  #readOnlyShared(): LedgerObject[] {
    return this.#request.inputs.flatMap(({ input, object }) =>
      input.kind === 'shared' && !input.mutable && object !== undefined ? [object] : [],
    )
  }
}

/** The object of an input that the transaction may change: such an input always gets a new version. */
function changeableObject({ input, object }: ResolvedInput): LedgerObject[] {
  if (object === undefined || object.owner.kind === 'immutable') return []
  return input.kind === 'owned' || (input.kind === 'shared' && input.mutable) ? [object] : []
}

function mergedContents(coins: readonly LedgerObject[]): Uint8Array | undefined {
  const contents = coins.map(({ data }) => data.contents)
  const [first] = contents
  if (first === undefined) return undefined
  return withBalance(
    first,
    contents.reduce((sum, each) => sum + balanceOfContents(each), 0n),
  )
}

function storageSummary(draft: Draft, computation: bigint): GasSummary {
  const { cost, rebates } = chargeStorage(draft)
  const { rebate, nonRefundable } = splitRebate(rebates)
  return {
    computationCost: computation,
    storageCost: cost,
    storageRebate: rebate,
    nonRefundableStorageFee: nonRefundable,
  }
}

function affordable(gas: GasSummary, budget: bigint): boolean {
  return (
    gas.storageRebate >= gas.storageCost ||
    budget - gas.computationCost >= gas.storageCost - gas.storageRebate
  )
}

function failureOf(error: unknown): Execution['failure'] {
  if (error instanceof CommandFailure) return { cause: error.failure, command: error.command }
  if (error instanceof TransactionFailure) return { cause: error, command: undefined }
  return undefined
}

/**
 * Executes a transaction.
 * @returns what it did; a failed one did nothing but pay
 */
export function executeTransaction(deps: ExecutionDeps, request: ExecutionRequest): Execution {
  return new Executor(deps, request).execute()
}
