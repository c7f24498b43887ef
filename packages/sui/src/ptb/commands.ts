/**
 * The commands that are not calls: transfers, coins, vectors.
 * @module
 */
import { ABILITY, hasAbilities } from '@squid/move/binary'
import type { DatatypeType, PrimitiveType, Type, Value } from '@squid/move/vm'
import { argumentFailure, failure } from '../effects/failure.ts'
import { isCoin } from '../objects/type-tag.ts'
import { objectId } from '../runtime/object-runtime.ts'
import type { Argument, Command } from '../transactions/transaction-data.ts'
import { coinBalance, coinValue, MAX_BALANCE, setCoinBalance } from './coin.ts'
import { resolveType, type ProgrammableRun, takeObject, takeValue, typedValue } from './run.ts'
import { isObject, type TypedValue } from './values.ts'

type OfKind<K extends Command['kind']> = Extract<Command, { kind: K }>

const ADDRESS: PrimitiveType = { kind: 'address', key: 'address' }
const U64: PrimitiveType = { kind: 'u64', key: 'u64' }

/** `TransferObjects`: the objects go to the address when the transaction ends. */
export function transferObjects(run: ProgrammableRun, command: OfKind<'transferObjects'>): void {
  const options = { allowGasCoin: true, otherwise: 'TypeMismatch' } as const
  const objects = command.objects.map((argument, i) => takeObject(run, i, argument, options))
  const recipient = takeValue(run, command.objects.length, command.address, ADDRESS) as string
  for (const object of objects) {
    if (!hasAbilities(object.abilities, ABILITY.store)) {
      throw failure(
        'InvalidTransferObject',
        `${object.type.key} has no store: only its module can transfer it`,
      )
    }
    run.transfers.push({ owner: { kind: 'address', address: recipient }, object })
  }
}

/** Borrows a coin mutably; its type and the cell that it lives in. */
function borrowCoin(
  run: ProgrammableRun,
  index: number,
  argument: Argument,
): { type: DatatypeType; cell: Value[] } {
  const value = run.space.borrow(index, run.space.slot(index, argument), true)
  if (!isObject(value) || !isCoin(value.type))
    throw argumentFailure(index, 'TypeMismatch', 'the value is not a coin')
  return { type: value.type, cell: value.cell }
}

/** `SplitCoins`: new coins with the given amounts. */
export function splitCoins(run: ProgrammableRun, command: OfKind<'splitCoins'>): TypedValue[] {
  const { type, cell } = borrowCoin(run, 0, command.coin)
  const coin = cell[0] as Value
  return command.amounts.map((argument, i) => {
    const amount = takeValue(run, i + 1, argument, U64) as bigint
    const id = run.vm.context.freshId()
    const balance = coinBalance(coin)
    if (balance < amount) {
      throw failure('InsufficientCoinBalance', `cannot split ${amount} off a coin that holds ${balance}`)
    }
    setCoinBalance(coin, balance - amount)
    return typedValue(run, type, coinValue(id, amount))
  })
}

/** `MergeCoins`: the sources end, the destination holds their balances. */
export function mergeCoins(run: ProgrammableRun, command: OfKind<'mergeCoins'>): void {
  const { type, cell } = borrowCoin(run, 0, command.destination)
  const destination = cell[0] as Value
  for (const [i, argument] of command.sources.entries()) {
    const source = takeObject(run, i + 1, argument, { allowGasCoin: false, otherwise: 'TypeMismatch' })
    if (source.type.key !== type.key) {
      throw argumentFailure(i + 1, 'TypeMismatch', `a ${source.type.key} cannot be merged into a ${type.key}`)
    }
    const coin = source.cell[0] as Value
    const total = coinBalance(destination) + coinBalance(coin)
    if (total > MAX_BALANCE)
      throw failure('CoinBalanceOverflow', 'the merged coin would hold more than a u64')
    run.vm.context.objects.deleteId(objectId(coin))
    setCoinBalance(destination, total)
  }
}

/** `MakeMoveVec`: a vector; without a type, of objects of the first one's type. */
export function makeMoveVector(run: ProgrammableRun, command: OfKind<'makeMoveVector'>): TypedValue {
  const elements: Value[] = []
  let element: Type | undefined = command.type === undefined ? undefined : resolveType(run, 0, command.type)
  for (const [i, argument] of command.elements.entries()) {
    if (element === undefined) {
      const options = { allowGasCoin: false, otherwise: 'InvalidMakeMoveVecNonObjectArgument' } as const
      const first = takeObject(run, i, argument, options)
      element = first.type
      elements.push(first.cell[0] as Value)
    } else {
      elements.push(takeValue(run, i, argument, element))
    }
  }
  return typedValue(run, run.vm.vector(element as Type), elements)
}
