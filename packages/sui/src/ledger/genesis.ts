/**
 * The first transaction: packages as objects, the clock, the supply of SUI, and every module's `init`.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { SquidError } from '@squid/formats/errors'
import type { CompiledModule } from '@squid/move/binary'
import { type FunctionInfo, Ref, type Type, type Value } from '@squid/move/vm'
import { buildEffects, encodeEffects } from '../effects/build.ts'
import { encodeEvents } from '../events/encode.ts'
import { EventLog } from '../events/event-log.ts'
import { isOneTimeWitness } from '../natives/types.ts'
import { parseAddress, SYSTEM_ADDRESS } from '../objects/address.ts'
import { digestBytes, formatDigest, ZERO_DIGEST } from '../objects/digest.ts'
import { sealObject } from '../objects/encode.ts'
import type { LedgerObject } from '../objects/object.ts'
import { KNOWN_TYPE } from '../objects/type-tag.ts'
import { coinValue } from '../ptb/coin.ts'
import { txContextValue } from '../ptb/move-call.ts'
import { GAS } from '../protocol.ts'
import { ExecutionContext, type TransactionFacts } from '../runtime/execution-context.ts'
import { ObjectRuntime } from '../runtime/object-runtime.ts'
import type { Execution } from '../transactions/execute.ts'
import { draftOfResults, keepRebates, sealDraft } from '../transactions/writes.ts'
import { type Code, datatypeNames } from './code.ts'
import type { GenesisPackage } from './options.ts'
import type { GasSummary } from './results.ts'
import { genesisTransaction } from './system-transactions.ts'

/** Every object of genesis has this version; the SDK counts on it for the clock. */
const GENESIS_VERSION = 1n

/** Instructions for all `init` functions together. */
const INIT_INSTRUCTIONS = 1_000_000_000

const NO_GAS: GasSummary = {
  computationCost: 0n,
  storageCost: 0n,
  storageRebate: 0n,
  nonRefundableStorageFee: 0n,
}

/** What genesis came to. */
export interface Genesis {
  readonly digest: string
  readonly bytes: Uint8Array
  readonly execution: Execution
  readonly packageIds: readonly string[]
}

/** BCS of `MovePackage`: version 1, every type first defined here. */
function encodePackage(
  id: string,
  modules: readonly CompiledModule[],
  binaries: readonly Uint8Array[],
  dependencies: readonly string[],
): Uint8Array {
  const named = modules.map((module, i) => ({ module, bytes: binaries[i] as Uint8Array }))
  named.sort((a, b) => (a.module.name < b.module.name ? -1 : 1))
  const typeOriginTable = named.flatMap(({ module }) =>
    datatypeNames(module).map(datatypeName => ({ moduleName: module.name, datatypeName, package: id })),
  )
  return bcs.MovePackage.serialize({
    id,
    version: GENESIS_VERSION,
    moduleMap: new Map(named.map(({ module, bytes }) => [module.name, bytes])),
    typeOriginTable,
    linkageTable: new Map(
      dependencies.map(dependency => [
        dependency,
        { upgradedId: dependency, upgradedVersion: GENESIS_VERSION },
      ]),
    ),
  }).toBytes()
}

function packageObject(id: string, contents: Uint8Array, digest: string): LedgerObject {
  return sealObject({
    id,
    version: GENESIS_VERSION,
    owner: { kind: 'immutable' },
    previousTransaction: digest,
    storageRebate: 0n,
    objectType: new Uint8Array(),
    data: { kind: 'package', contents },
  })
}

/** One genesis in the making. */
class GenesisRun {
  readonly #code: Code
  readonly #digest: Uint8Array
  readonly #startMs: bigint
  readonly #objects: ObjectRuntime
  readonly #events = new EventLog()

  constructor(code: Code, digest: Uint8Array, startMs: bigint) {
    this.#code = code
    this.#digest = digest
    this.#startMs = startMs
    const { vm } = code
    this.#objects = new ObjectRuntime(
      {
        read: () => undefined,
        type: code.objectType,
        decode: vm.decode.bind(vm),
        encode: vm.encode.bind(vm),
      },
      new Map(),
      new Map(),
    )
    vm.gas.remaining = INIT_INSTRUCTIONS
  }

  /** Functions run as `sender` from now on. */
  actAs(sender: string): void {
    const facts: TransactionFacts = {
      sender,
      digest: this.#digest,
      epoch: 0n,
      epochStartMs: this.#startMs,
      referenceGasPrice: GAS.referencePrice,
      gasPrice: 1n,
      gasBudget: 0n,
      sponsor: undefined,
    }
    const { vm } = this.#code
    const madeIds = vm.context instanceof ExecutionContext ? vm.context.idsCreated : 0n
    vm.context = new ExecutionContext(facts, this.#objects, this.#events, madeIds)
  }

  makeClock(): void {
    this.#call(SYSTEM_ADDRESS.framework, 'clock', 'create', [])
  }

  /** The whole supply goes into one coin of the system, which the faucet splits. */
  makeSupply(): void {
    const balance = this.#call(SYSTEM_ADDRESS.framework, 'sui', 'new', [])[0]
    const amount = (balance as Value[])[0] as bigint
    const type = this.#code.objectType(KNOWN_TYPE.gasCoin)
    const coin = coinValue(this.#code.vm.context.freshId(), amount)
    this.#objects.transfer({ kind: 'address', address: SYSTEM_ADDRESS.zero }, type, coin)
  }

  /** Calls `init` of a module, when it has one. */
  initialize(module: CompiledModule): void {
    const fn = this.#code.vm.function(module.address, module.name, 'init')
    if (fn === undefined) return
    const { parameters } = this.#code.vm.signature(fn, [])
    const witness = parameters.length > 1 ? [this.#witness(fn, parameters[0] as Type)] : []
    this.#call(module.address, module.name, 'init', witness)
  }

  #witness(fn: FunctionInfo, type: Type): Value {
    if (!isOneTimeWitness(this.#code.vm, type)) {
      throw new SquidError(
        'GENESIS',
        `the first parameter of ${fn.address}::${fn.module}::init is not its one-time witness`,
      )
    }
    return [false]
  }

  #call(address: string, module: string, name: string, args: Value[]): Value[] {
    const { vm } = this.#code
    const fn = vm.function(address, module, name)
    if (fn === undefined) throw new SquidError('GENESIS', `the framework has no ${module}::${name}`)
    const result = vm.call(fn, [], [...args, Ref.to(txContextValue(vm.context))])
    if (!result.ok)
      throw new SquidError('GENESIS', `${address}::${module}::${name} failed: ${result.failure.message}`)
    vm.context.events.attribute(address, module)
    return result.values
  }

  finish(packages: readonly LedgerObject[], sender: string): Execution {
    const { vm } = this.#code
    const digest = formatDigest(this.#digest)
    const draft = draftOfResults(this.#objects.finish([]), [], (type, value) => vm.encode(type, value))
    keepRebates(draft)
    const made = packages.map(after => ({
      id: after.id,
      before: undefined,
      after,
      idOperation: 'created' as const,
    }))
    const changes = [...sealDraft(draft, GENESIS_VERSION, digest), ...made].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    )
    const events = this.#events.finish()
    const eventsBytes = encodeEvents(events, sender)
    const effects = buildEffects({
      failure: undefined,
      epoch: 0n,
      gas: NO_GAS,
      transactionDigest: digest,
      gasObjectId: undefined,
      eventsDigest:
        events.length === 0 ? undefined : formatDigest(digestBytes('TransactionEvents', eventsBytes)),
      dependencies: [ZERO_DIGEST],
      lamportVersion: GENESIS_VERSION,
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
      events: events.map(({ packageId, module, type, contents }) => ({
        packageId,
        module,
        sender,
        type: type.key,
        contents,
      })),
      eventsBytes,
      changes,
      unchangedLoadedObjects: [],
    }
  }
}

/**
 * Loads the packages into `code` and runs genesis.
 * @throws {SquidError} `GENESIS`; `code` is of no use then
 */
export function runGenesis(
  code: Code,
  packages: readonly GenesisPackage[],
  sender: string,
  startMs: bigint,
): Genesis {
  const loaded = packages.map(({ id, modules, dependencies }) => {
    const packageId = parseAddress(id)
    const compiled = code.load(packageId, modules)
    return {
      packageId,
      compiled,
      contents: encodePackage(packageId, compiled, modules, dependencies.map(parseAddress)),
    }
  })
  const { bytes, digest } = genesisTransaction(loaded.map(({ contents }) => contents))
  const run = new GenesisRun(code, digest, startMs)
  run.actAs(SYSTEM_ADDRESS.zero)
  run.makeClock()
  run.makeSupply()
  run.actAs(sender)
  for (const { compiled } of loaded) for (const module of inOrderOfNames(compiled)) run.initialize(module)
  const objects = loaded.map(({ packageId, contents }) =>
    packageObject(packageId, contents, formatDigest(digest)),
  )
  const execution = run.finish(objects, sender)
  return {
    digest: formatDigest(digest),
    bytes,
    execution,
    packageIds: loaded.map(({ packageId }) => packageId),
  }
}

function inOrderOfNames(modules: readonly CompiledModule[]): CompiledModule[] {
  return modules.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
