/**
 * The ledger: Sui's rules over a SQLite file. Synchronous and deterministic: the same calls at the same times
 * give the same bytes.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { SquidError } from '@squid/formats/errors'
import type { CompiledModule } from '@squid/move/binary'
import type { Field, Type, Value, Variant } from '@squid/move/vm'
import { parseAddress, SYSTEM_ADDRESS } from '../objects/address.ts'
import { digestBytes, formatDigest, isDigest } from '../objects/digest.ts'
import { encodeObject } from '../objects/encode.ts'
import type { LedgerObject } from '../objects/object.ts'
import { KNOWN_TYPE } from '../objects/type-tag.ts'
import type { HistoryRange } from '../store/history-store.ts'
import { decodeTransactionData } from '../transactions/transaction-data.ts'
import { objectTypeBytes } from '../transactions/writes.ts'
import { type HistoryDeps, outcomeOf, restoreTransaction } from './assemble.ts'
import { Chain } from './chain.ts'
import { Code, modulesOfPackage } from './code.ts'
import type { DatatypeDescriptor, FunctionDescriptor } from './descriptors.ts'
import { dynamicFieldOf } from './dynamic-fields.ts'
import { runGenesis } from './genesis.ts'
import { callsFunction, eventCursor, historyRange, pageLimit } from './history-range.ts'
import type {
  EventFilter,
  GenesisOptions,
  HistoryOptions,
  LedgerOptions,
  SimulationOptions,
  TransactionFilter,
} from './options.ts'
import type {
  Balance,
  Checkpoint,
  DynamicField,
  EpochInfo,
  EventRecord,
  ExecutedTransaction,
  Page,
  PageOptions,
  SimulatedTransaction,
} from './results.ts'
import { Runner, unmeteredExecution } from './runner.ts'
import { SystemTransactionFailed } from './system-transaction-failed.ts'
import { epochTransaction, type SystemTransaction } from './system-transactions.ts'

/** An object input as the official SDK parses it; `transaction.object(…)` and `SystemTransaction` take it. */
export type ObjectInput = Extract<typeof bcs.CallArg.$inferType, { readonly $kind: 'Object' }>

/** The layout of a type that has fields. */
export type Layout =
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'enum'; readonly variants: readonly Variant[] }

const DEFAULT_CACHED_OBJECTS = 20_000

/** How many transactions are looked at for one page of a filter that no index serves. */
const SCAN = 1000

/** A Sui ledger in this process. */
export class Ledger {
  readonly #chain: Chain
  readonly #now: () => bigint
  readonly #verifySignatures: boolean
  readonly #listeners = new Set<(transaction: ExecutedTransaction) => void>()
  #code: Code
  #runner: Runner

  private constructor(chain: Chain, code: Code, options: LedgerOptions) {
    this.#chain = chain
    this.#code = code
    this.#runner = new Runner(chain, code)
    this.#now = options.now
    this.#verifySignatures = options.verifySignatures ?? true
  }

  /**
   * Opens or makes a ledger.
   * @throws {SquidError} `LEDGER_IN_USE`, `LEDGER_FORMAT`, `LEDGER_IO`
   */
  static open(options: LedgerOptions): Ledger {
    const chain = new Chain(options.path, options.cachedObjects ?? DEFAULT_CACHED_OBJECTS)
    try {
      return new Ledger(chain, loadCode(chain), options)
    } catch (error) {
      chain.close()
      throw error
    }
  }

  /** Writes everything out and lets go of the file. Safe to call twice. */
  close(): void {
    this.#chain.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** True until `installGenesis`. */
  get isEmpty(): boolean {
    return this.#chain.last === undefined
  }

  /** Base58 digest of the genesis checkpoint. */
  get chainId(): string {
    return this.#chain.chainId
  }

  get epoch(): EpochInfo {
    return this.#chain.epoch
  }

  /**
   * Installs packages, runs their `init` functions with one-time witnesses, makes the clock and the SUI supply.
   * @throws {SquidError} `GENESIS` when the ledger is not empty or a package is refused; nothing is changed then
   */
  installGenesis(options: GenesisOptions): ExecutedTransaction {
    if (!this.isEmpty) throw new SquidError('GENESIS', 'the ledger already has a genesis')
    const timestampMs = this.#now()
    const sender = parseAddress(options.sender ?? SYSTEM_ADDRESS.zero)
    try {
      const { bytes, digest, execution, packageIds } = runGenesis(
        this.#code,
        options.packages,
        sender,
        timestampMs,
      )
      const outcome = outcomeOf(execution, { digest, bytes, timestampMs }, () => undefined)
      const finished = { outcome, sender: SYSTEM_ADDRESS.zero, signatures: [], failureMessage: undefined }
      return this.#announce(this.#chain.commitGenesis(finished, timestampMs, packageIds))
    } catch (error) {
      this.#code = new Code() // what was loaded before the failure is not to stay
      this.#runner = new Runner(this.#chain, this.#code)
      throw error
    }
  }

  /** Time of the next transaction in milliseconds: the wall clock, but never before the last checkpoint. */
  now(): bigint {
    const wall = this.#now()
    const last = this.#chain.last?.timestampMs ?? 0n
    return wall > last ? wall : last
  }

  /**
   * Writes the present time into the Clock, in a checkpoint of its own. Transactions that read the Clock do so by
   * themselves; this is for those who read the object without a transaction.
   * @returns the time in milliseconds
   */
  tick(): bigint {
    const timestampMs = this.now()
    const finished = this.#runner.setClock(timestampMs)
    if (finished.length > 0) this.#announceAll(this.#chain.commit(finished, timestampMs))
    return timestampMs
  }

  /** Starts the next epoch. */
  advanceEpoch(): EpochInfo {
    const startMs = this.now()
    const { number, protocolVersion } = this.epoch
    const { bytes, digest } = epochTransaction(number + 1n, protocolVersion, startMs)
    const execution = unmeteredExecution(formatDigest(digest), number, 1n, [], undefined)
    const outcome = outcomeOf(
      execution,
      { digest: formatDigest(digest), bytes, timestampMs: startMs },
      () => undefined,
    )
    const finished = { outcome, sender: SYSTEM_ADDRESS.zero, signatures: [], failureMessage: undefined }
    this.#announceAll(this.#chain.commitEpoch(finished, startMs))
    return this.epoch
  }

  /**
   * Runs a signed transaction and makes it final. The same transaction again gives its stored result.
   * @param bytes BCS of `TransactionData`
   * @param signatures serialised Sui signatures: sender's, then the sponsor's when there is one
   * @throws {TransactionRefused} when it was not executed; a Move abort is not that: see `error` of the result
   */
  execute(bytes: Uint8Array, signatures: readonly Uint8Array[]): ExecutedTransaction {
    const digest = digestBytes('TransactionData', bytes)
    const known = this.transaction(formatDigest(digest))
    if (known !== undefined) return known
    const timestampMs = this.now()
    const own = { bytes: bytes.slice(), signatures: signatures.map(signature => signature.slice()) }
    const finished = this.#runner.runSigned(
      own.bytes,
      digest,
      own.signatures,
      timestampMs,
      this.#verifySignatures,
    )
    return this.#announceAll(this.#chain.commit(finished, timestampMs))
  }

  /**
   * Runs commands as `sender` without signature and gas; private functions may be called.
   * @throws {SystemTransactionFailed} when a command failed; nothing is changed then
   */
  executeSystem(transaction: SystemTransaction, sender: string): ExecutedTransaction {
    const timestampMs = this.now()
    const finished = this.#runner.runSystem(transaction, parseAddress(sender), timestampMs)
    const error = finished.at(-1)?.outcome.error
    if (error !== undefined) throw new SystemTransactionFailed(error)
    return this.#announceAll(this.#chain.commit(finished, timestampMs))
  }

  /** Gives `amount` MIST out of the genesis supply to `recipient`; returns the id of the new coin. */
  mint(recipient: string, amount: bigint): string {
    const [treasury] = this.ownedObjects(SYSTEM_ADDRESS.zero, { type: KNOWN_TYPE.gasCoin, limit: 1 }).items
    if (treasury === undefined) throw new SquidError('GENESIS', 'the genesis supply is gone')
    const inputs = [
      this.objectInput(treasury.id),
      { Pure: { bytes: bcs.u64().serialize(amount).toBytes() } },
      { Pure: { bytes: bcs.Address.serialize(parseAddress(recipient)).toBytes() } },
    ]
    const commands = [
      { SplitCoins: { coin: { Input: 0 }, amounts: [{ Input: 1 }] } },
      { TransferObjects: { objects: [{ NestedResult: [0, 0] as [number, number] }], address: { Input: 2 } } },
    ]
    const { changes } = this.executeSystem({ inputs, commands }, SYSTEM_ADDRESS.zero)
    const created = changes.find(change => change.idOperation === 'created')
    if (created === undefined) throw new Error('splitting a coin made none')
    return created.id
  }

  /**
   * Runs a transaction and forgets it. With an empty gas payment a coin is made up that pays for any budget.
   * @param bytes BCS of `TransactionData`
   * @throws {TransactionRefused}
   */
  simulate(bytes: Uint8Array, options: SimulationOptions): SimulatedTransaction {
    return this.#runner.simulate(bytes, this.now(), options.checks)
  }

  /** Calls `listener` after every transaction became final, in order. It must not throw. Returns what ends it. */
  subscribe(listener: (transaction: ExecutedTransaction) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce(transaction: ExecutedTransaction): ExecutedTransaction {
    for (const listener of this.#listeners) listener(transaction)
    return transaction
  }

  /** Announces all; the last one is what was asked for. */
  #announceAll(transactions: readonly ExecutedTransaction[]): ExecutedTransaction {
    const [last] = transactions.slice(-1)
    if (last === undefined) throw new Error('nothing was committed')
    for (const transaction of transactions) this.#announce(transaction)
    return last
  }

  /** The object now, or as it was at `version`; undefined when it does not exist (any more). */
  object(id: string, version?: bigint): LedgerObject | undefined {
    const canonical = parseAddress(id)
    return version === undefined
      ? this.#chain.objects.read(canonical)
      : this.#chain.objects.readAt(canonical, version)
  }

  /** True when the id was an object's and is not any more: deleted, or wrapped into another. */
  isGone(id: string): boolean {
    return this.#chain.objects.isGone(parseAddress(id))
  }

  /** BCS of Sui's `Object` (the SDK's `bcs.Object`): what the digest is of. */
  objectBytes(object: LedgerObject): Uint8Array {
    const type = this.#code.typeOf(object)
    return encodeObject({
      ...object,
      objectType: type === undefined ? new Uint8Array() : objectTypeBytes(type),
    })
  }

  /**
   * The object as an input of a transaction at its present version. `mutable` (default true) matters for shared ones.
   * @throws {SquidError} `OBJECT_UNKNOWN`
   */
  objectInput(id: string, options: { mutable?: boolean; receiving?: boolean } = {}): ObjectInput {
    const object = this.object(id)
    if (object === undefined) throw new SquidError('OBJECT_UNKNOWN', `there is no object ${id}`)
    const { owner, digest } = object
    if (owner.kind === 'shared') {
      const initialSharedVersion = String(owner.initialSharedVersion)
      const SharedObject = { objectId: object.id, initialSharedVersion, mutable: options.mutable ?? true }
      return { $kind: 'Object', Object: { $kind: 'SharedObject', SharedObject } }
    }
    const reference = { objectId: object.id, version: String(object.version), digest }
    if (options.receiving === true)
      return { $kind: 'Object', Object: { $kind: 'Receiving', Receiving: reference } }
    return { $kind: 'Object', Object: { $kind: 'ImmOrOwnedObject', ImmOrOwnedObject: reference } }
  }

  /**
   * Objects of an address, ordered by type, then id.
   * @param options `type`: a package, `package::module`, a type without arguments (any match) or a whole type
   */
  ownedObjects(owner: string, options: PageOptions & { type?: string | undefined } = {}): Page<LedgerObject> {
    const type = options.type === undefined ? undefined : canonicalFilter(options.type)
    return this.#chain.objects.owned(parseAddress(owner), type, options.cursor, pageLimit(options.limit))
  }

  /** Live objects of a type (as in `ownedObjects`), whoever owns them, ordered by type, then id. */
  objectsOfType(type: string, options: PageOptions = {}): Page<LedgerObject> {
    return this.#chain.objects.ofType(canonicalFilter(type), options.cursor, pageLimit(options.limit))
  }

  /** Dynamic fields of an object, ordered by type, then id of the field. */
  dynamicFields(parent: string, options: PageOptions = {}): Page<DynamicField> {
    const { items, cursor } = this.#chain.objects.children(
      parseAddress(parent),
      options.cursor,
      pageLimit(options.limit),
    )
    const { vm } = this.#code
    return {
      cursor,
      items: items.flatMap(
        field =>
          dynamicFieldOf(field, { vm, type: this.#code.objectType, read: id => this.object(id) }) ?? [],
      ),
    }
  }

  /** Coins of an address by type, ordered by type. */
  balances(owner: string): readonly Balance[] {
    const sums = new Map<string, { total: bigint; coins: number }>()
    for (const { coinType, balance } of this.#chain.objects.coins(parseAddress(owner))) {
      const sum = sums.get(coinType) ?? { total: 0n, coins: 0 }
      sums.set(coinType, { total: sum.total + balance, coins: sum.coins + 1 })
    }
    return [...sums].map(([coinType, sum]) => ({ coinType, ...sum }))
  }

  /** Coins of one type, `0x…::module::Name` of what is in the coin. */
  balance(owner: string, coinType: string): Balance {
    const { key } = this.type(coinType)
    const coins = this.#chain.objects.coins(parseAddress(owner), key)
    return {
      coinType: key,
      total: coins.reduce((sum, { balance }) => sum + balance, 0n),
      coins: coins.length,
    }
  }

  transaction(digest: string): ExecutedTransaction | undefined {
    if (!isDigest(digest)) return undefined
    const stored = this.#chain.history.transaction(digest)
    return stored === undefined ? undefined : restoreTransaction(stored, this.#historyDeps())
  }

  /** Transactions that match; with `calledFunction` a page may hold fewer than `limit` and still continue. */
  transactions(filter: TransactionFilter, options: HistoryOptions = {}): Page<ExecutedTransaction> {
    const range = historyRange(options)
    const { calledFunction } = filter
    const scanned = calledFunction === undefined ? range : { ...range, limit: SCAN }
    const found = this.#scan(filter, scanned)
    const fits =
      calledFunction === undefined ? found : found.filter(({ bytes }) => this.#calls(bytes, calledFunction))
    const page = fits.slice(0, range.limit)
    const last =
      page.length === range.limit ? page.at(-1) : found.length === scanned.limit ? found.at(-1) : undefined
    const deps = this.#historyDeps()
    return {
      items: page.map(stored => restoreTransaction(stored, deps)),
      cursor: last === undefined ? undefined : eventCursor(last.sequence, 0),
    }
  }

  #scan(
    { sender, changedObject }: TransactionFilter,
    range: HistoryRange,
  ): ReturnType<Chain['history']['transactions']> {
    const canonical = (address: string | undefined): string | undefined =>
      address === undefined ? undefined : parseAddress(address)
    return this.#chain.history.transactions(
      { sender: canonical(sender), changedObject: canonical(changedObject) },
      range,
    )
  }

  #calls(bytes: Uint8Array, calledFunction: string): boolean {
    try {
      return callsFunction(decodeTransactionData(bytes), canonicalFilter(calledFunction))
    } catch {
      return false // a transaction of the system
    }
  }

  events(filter: EventFilter, options: HistoryOptions = {}): Page<EventRecord> {
    const range = historyRange(options)
    if (filter.transaction !== undefined && !isDigest(filter.transaction))
      return { items: [], cursor: undefined }
    const canonical = {
      ...filter,
      ...(filter.type === undefined ? {} : { type: canonicalFilter(filter.type) }),
      ...(filter.emitter === undefined ? {} : { emitter: canonicalFilter(filter.emitter) }),
      ...(filter.sender === undefined ? {} : { sender: parseAddress(filter.sender) }),
    }
    const found = this.#chain.history.events(canonical, range)
    const last = found.length === range.limit ? found.at(-1) : undefined
    const deps = this.#historyDeps()
    return {
      items: found.map(({ event, position, digest, checkpoint }) => ({
        ...event,
        transactionDigest: digest,
        index: position,
        checkpoint,
        timestampMs: deps.timestampOf(checkpoint),
      })),
      cursor: last === undefined ? undefined : eventCursor(last.sequence, last.position),
    }
  }

  #historyDeps(): HistoryDeps {
    return {
      objectAt: (id, version) => this.#chain.objects.readAt(id, version),
      eventsOf: sequence => this.#chain.history.eventsOf(sequence),
      timestampOf: checkpoint => this.#chain.history.checkpoint(checkpoint)?.timestampMs ?? 0n,
      findModule: (id, name) => this.#code.vm.module(id, name),
    }
  }

  /** By sequence number or base58 digest. */
  checkpoint(which: bigint | string): Checkpoint | undefined {
    if (typeof which === 'string' && !isDigest(which)) return undefined
    return this.#chain.history.checkpoint(which)
  }

  /** @throws {SquidError} `GENESIS` when there is none yet */
  latestCheckpoint(): Checkpoint {
    if (this.#chain.last === undefined)
      throw new SquidError('GENESIS', 'the ledger is empty: install a genesis first')
    return this.#chain.last
  }

  module(packageId: string, name: string): CompiledModule | undefined {
    return this.#code.vm.module(parseAddress(packageId), name)
  }

  /** Names of the modules of a package, sorted; undefined when it is no package. */
  moduleNames(packageId: string): readonly string[] | undefined {
    return this.#code.moduleNames(parseAddress(packageId))
  }

  functionDescriptor(packageId: string, module: string, name: string): FunctionDescriptor | undefined {
    return this.#code.functionDescriptor(packageId, module, name)
  }

  datatypeDescriptor(packageId: string, module: string, name: string): DatatypeDescriptor | undefined {
    return this.#code.datatypeDescriptor(packageId, module, name)
  }

  /**
   * The canonical form of a type written as text, for instance `0x2::coin::Coin<0x2::sui::SUI>`, with its layout.
   * @throws {SquidError} `MOVE_TYPE` when there is no such type
   */
  type(text: string): Type {
    return this.#code.type(text)
  }

  /** Fields of a struct type, variants of an enum type; undefined for all others. */
  layout(type: Type): Layout | undefined {
    if (type.kind === 'struct') return { kind: 'struct', fields: this.#code.vm.fields(type) }
    if (type.kind === 'enum') return { kind: 'enum', variants: this.#code.vm.variants(type) }
    return undefined
  }

  /** @throws {DecodeError} */
  decode(type: Type, bytes: Uint8Array): Value {
    return this.#code.vm.decode(type, bytes)
  }
}

/** The code of a chain that may already have packages. */
function loadCode(chain: Chain): Code {
  const code = new Code()
  const packages = chain.history.getMeta('packages')
  if (packages === undefined) return code
  for (const id of JSON.parse(packages) as string[]) {
    const object = chain.objects.read(id)
    if (object?.data.kind !== 'package') throw new SquidError('LEDGER_FORMAT', `package ${id} is missing`)
    code.load(id, [...modulesOfPackage(object.data.contents).values()])
  }
  return code
}

/** The filter with its leading address, and those in type arguments, at full length. */
function canonicalFilter(filter: string): string {
  return filter
    .replace(/0x[0-9a-fA-F]{1,64}(?![0-9a-zA-Z])/g, address => parseAddress(address))
    .replace(/,\s+/g, ',')
}
