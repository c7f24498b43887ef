/**
 * A ledger with the framework and the test package `rules`, and people who sign transactions.
 * @module
 */
import { fromBase64 } from '@mysten/bcs'
import { bcs } from '@mysten/sui/bcs'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import type { CompiledPackage } from '@squid/contracts/compiled-package'
import { framework } from '@squid/contracts/framework'
import {
  type ExecutedTransaction,
  type GenesisPackage,
  Ledger,
  type LedgerObject,
  type LedgerOptions,
} from '@squid/sui/ledger'
import { compilePackage } from '../../tools/move-build.ts'

/** Package id of the test package, as in its manifest. */
export const RULES: string = `0x7e57${'0'.repeat(59)}1`
export const ITEM: string = `${RULES}::item::Item`
export const SUI_COIN: string = `0x${'2'.padStart(64, '0')}::coin::Coin<0x${'2'.padStart(64, '0')}::sui::SUI>`
export const BUDGET = 100_000_000n

/** Noon of 1 January 2030, in milliseconds. */
export const START_MS = 1_893_499_200_000n

let compiled: Promise<CompiledPackage> | undefined

function genesisPackage({ id, modules, dependencies }: CompiledPackage): GenesisPackage {
  return { id, modules: modules.map(module => fromBase64(module.bytecode)), dependencies }
}

/** The packages of a test ledger's genesis. */
export async function testPackages(): Promise<GenesisPackage[]> {
  compiled ??= compilePackage(`${import.meta.dirname}/move/rules`)
  return [...framework, await compiled].map(genesisPackage)
}

/** A transaction in the SDK's parsed shape. */
export type TransactionDataV1 = ReturnType<typeof bcs.TransactionData.parse>['V1']

/** Somebody with a key. */
export class Person {
  readonly keypair: Ed25519Keypair
  readonly address: string

  constructor(seed: number) {
    this.keypair = Ed25519Keypair.fromSecretKey(new Uint8Array(32).fill(seed))
    this.address = this.keypair.toSuiAddress()
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    return fromBase64((await this.keypair.signTransaction(bytes)).signature)
  }
}

/** What a transaction may be told besides its commands. */
export interface Terms {
  readonly sponsor?: Person
  readonly budget?: bigint
  readonly price?: bigint
  readonly payment?: readonly string[]
  readonly expiration?: { Epoch: number } | { None: true }
}

/** A ledger under test: time stands still unless told. */
export class World {
  readonly ledger: Ledger
  readonly alice: Person = new Person(1)
  readonly bob: Person = new Person(2)
  nowMs: bigint = START_MS
  readonly #gas = new Map<string, string>()

  private constructor(options: Partial<LedgerOptions>) {
    this.ledger = Ledger.open({ path: ':memory:', now: () => this.nowMs, ...options })
  }

  /** Opens a ledger; an empty one gets its genesis. */
  static async open(options: Partial<LedgerOptions> = {}): Promise<World> {
    const packages = await testPackages()
    const world = new World(options)
    if (world.ledger.isEmpty) world.ledger.installGenesis({ packages, sender: world.alice.address })
    return world
  }

  [Symbol.dispose](): void {
    this.ledger.close()
  }

  /** The gas coin of somebody: 1,000 SUI when first asked for. */
  gasOf(person: Person): string {
    let id = this.#gas.get(person.address)
    if (id === undefined)
      this.#gas.set(person.address, (id = this.ledger.mint(person.address, 1_000_000_000_000n)))
    return id
  }

  /** BCS of a transaction. */
  async build(
    sender: Person,
    program: (transaction: Transaction) => void,
    terms: Terms = {},
  ): Promise<Uint8Array> {
    const transaction = new Transaction()
    program(transaction)
    const payer = terms.sponsor ?? sender
    const payment = (terms.payment ?? [this.gasOf(payer)]).map(id => {
      const coin = this.live(id)
      return { objectId: coin.id, version: String(coin.version), digest: coin.digest }
    })
    transaction.setSender(sender.address)
    if (terms.sponsor !== undefined) transaction.setGasOwner(terms.sponsor.address)
    transaction.setGasPayment(payment)
    transaction.setGasPrice(terms.price ?? 1000n)
    transaction.setGasBudget(terms.budget ?? BUDGET)
    if (terms.expiration !== undefined) transaction.setExpiration(terms.expiration)
    return transaction.build()
  }

  /** Signs and executes. */
  async execute(
    sender: Person,
    program: (transaction: Transaction) => void,
    terms: Terms = {},
  ): Promise<ExecutedTransaction> {
    const bytes = await this.build(sender, program, terms)
    const signatures = [await sender.sign(bytes)]
    if (terms.sponsor !== undefined) signatures.push(await terms.sponsor.sign(bytes))
    return this.ledger.execute(bytes, signatures)
  }

  /** Executes what must succeed. */
  async succeed(
    sender: Person,
    program: (transaction: Transaction) => void,
    terms: Terms = {},
  ): Promise<ExecutedTransaction> {
    const result = await this.execute(sender, program, terms)
    if (result.error !== undefined) throw new Error(`it failed: ${result.error.message}`)
    return result
  }

  /** Signs and executes bytes that were changed after the SDK had made them. */
  async executeEdited(
    sender: Person,
    program: (transaction: Transaction) => void,
    edit: (data: TransactionDataV1) => unknown,
  ): Promise<ExecutedTransaction> {
    const data = bcs.TransactionData.parse(await this.build(sender, program))
    edit(data.V1)
    const bytes = bcs.TransactionData.serialize(data).toBytes()
    return this.ledger.execute(bytes, [await sender.sign(bytes)])
  }

  /** The live object. */
  live(id: string): LedgerObject {
    const object = this.ledger.object(id)
    if (object === undefined) throw new Error(`there is no object ${id}`)
    return object
  }

  /** An object as input at its present version. */
  input(
    transaction: Transaction,
    id: string,
    options: { mutable?: boolean; receiving?: boolean } = {},
  ): ReturnType<Transaction['object']> {
    return transaction.object(this.ledger.objectInput(id, options))
  }

  /** Makes an Item of a person and returns its id. */
  async item(owner: Person, value = 0): Promise<string> {
    const { changes } = await this.succeed(owner, transaction => {
      const item = transaction.moveCall({
        target: `${RULES}::item::new`,
        arguments: [transaction.pure.u64(value)],
      })
      transaction.transferObjects([item], owner.address)
    })
    return createdOf(changes, ITEM)
  }

  /** Makes an object by a call of `rules` and returns its id; the person gets it. */
  async make(owner: Person, type: string, target: string): Promise<string> {
    const { changes } = await this.succeed(owner, transaction => {
      transaction.transferObjects([transaction.moveCall({ target: `${RULES}::${target}` })], owner.address)
    })
    return createdOf(changes, type)
  }
}

/** The id of the only object of a type that was created. */
export function createdOf(changes: ExecutedTransaction['changes'], type: string): string {
  const created = changes.filter(
    ({ idOperation, after }) =>
      idOperation === 'created' && after?.data.kind === 'move' && after.data.type === type,
  )
  const [only] = created
  if (only === undefined || created.length > 1)
    throw new Error(`${created.length} objects of ${type} were created`)
  return only.id
}

/** The u64 at the end of an object's contents. */
export function lastU64(object: LedgerObject): bigint {
  return Buffer.from(object.data.contents).readBigUInt64LE(object.data.contents.length - 8)
}
