/**
 * `0x2::transfer`: objects change owners.
 * @module
 */
import { type DatatypeType, NativeAbort, type Type, type Value } from '@squid/move/vm'
import type { SuiNatives } from './values.ts'

/** Abort codes of `0x2::transfer`. */
const ABORT = { sharedNonNewObject: 0n, receivingTypeMismatch: 2n, unableToReceive: 3n } as const

function objectType(typeArguments: readonly Type[]): DatatypeType {
  return typeArguments[0] as DatatypeType
}

export const transferNatives: SuiNatives = {
  '0x2::transfer::transfer_impl': (vm, types) => (object, recipient) => {
    const owner = { kind: 'address', address: recipient as string } as const
    vm.context.objects.transfer(owner, objectType(types), object)
    return undefined
  },
  '0x2::transfer::freeze_object_impl': (vm, types) => object => {
    vm.context.objects.transfer({ kind: 'immutable' }, objectType(types), object)
    return undefined
  },
  '0x2::transfer::share_object_impl': (vm, types) => object => {
    const result = vm.context.objects.transfer({ kind: 'shared' }, objectType(types), object)
    if (result === 'ownerChanged') throw new NativeAbort(ABORT.sharedNonNewObject)
    return undefined
  },
  '0x2::transfer::receive_impl': (vm, types) => (parent, id, version) => {
    const child = ((id as Value[])[0] ?? '') as string
    const found = vm.context.objects.receive(parent as string, child, version as bigint, objectType(types))
    if (found === 'missing') throw new NativeAbort(ABORT.unableToReceive)
    if (found === 'otherType') throw new NativeAbort(ABORT.receivingTypeMismatch)
    return found.cell[0]
  },
}
