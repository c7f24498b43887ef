/**
 * Transactions that the network itself runs: without gas and signature, as the owner of what they touch.
 * @module
 */
import {
  Transaction,
  type TransactionArgument as Argument,
  type TransactionResult,
} from '@mysten/sui/transactions'
import type { ExecutedTransaction, Ledger } from '@squid/sui/ledger'

export interface SystemCallsDeps {
  readonly ledger: Pick<Ledger, 'executeSystem' | 'objectInput'>
  /** Sender: owner of what is passed in. */
  readonly sender: string
  /** Package of the called functions. */
  readonly packageId: string
}

/** One transaction, being put together. */
export class SystemCalls {
  readonly tx: Transaction = new Transaction()
  readonly #deps: SystemCallsDeps

  constructor(deps: SystemCallsDeps) {
    this.#deps = deps
  }

  object(id: string, mutable = true): Argument {
    return this.tx.object(this.#deps.ledger.objectInput(id, { mutable }))
  }

  /** @param target `module::function` */
  call(target: string, args: Argument[]): TransactionResult {
    return this.tx.moveCall({ target: `${this.#deps.packageId}::${target}`, arguments: args })
  }

  /** @throws {SquidError} `SystemTransactionFailed` when a command failed; nothing is changed then */
  execute(): ExecutedTransaction {
    const { inputs, commands } = this.tx.getData()
    const { ledger, sender } = this.#deps
    return ledger.executeSystem({ inputs, commands } as Parameters<Ledger['executeSystem']>[0], sender)
  }
}

/** An object as a transaction left it. */
export interface CreatedObject {
  readonly id: string
  readonly contents: Uint8Array
}

/** Objects of a type that a transaction made. */
export function createdObjects(done: ExecutedTransaction, type: string): CreatedObject[] {
  return done.changes.flatMap(({ after, idOperation }) =>
    idOperation === 'created' && after?.data.kind === 'move' && after.data.type === type
      ? [{ id: after.id, contents: after.data.contents }]
      : [],
  )
}
