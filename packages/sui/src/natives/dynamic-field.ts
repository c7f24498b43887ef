/**
 * `0x2::dynamic_field`: children of objects.
 * @module
 */
import { type DatatypeType, NativeAbort, Ref, type Type, type Value } from '@squid/move/vm'
import { encodeTypeTag } from '../objects/type-tag.ts'
import { deriveFieldId } from '../runtime/execution-context.ts'
import type { ChildLookup } from '../runtime/object-runtime.ts'
import type { SuiNatives } from './values.ts'

/** Abort codes of `0x2::dynamic_field`. */
const ABORT = { alreadyExists: 0n, doesNotExist: 1n, typeMismatch: 2n } as const

/** Gas for each byte of a key that is hashed, and for each access. */
const HASH_PER_BYTE = 2
const ACCESS = 52

function childType(typeArguments: readonly Type[]): DatatypeType {
  return typeArguments[0] as DatatypeType
}

/** The id behind a `&UID` or `&mut UID`. */
function uidOf(reference: Value): string {
  const uid = (reference as Ref).value as Value[]
  return (uid[0] as Value[])[0] as string
}

function cellOf(found: ChildLookup): Value[] {
  if (found === 'missing') throw new NativeAbort(ABORT.doesNotExist)
  if (found === 'otherType') throw new NativeAbort(ABORT.typeMismatch)
  return found.cell
}

export const dynamicFieldNatives: SuiNatives = {
  '0x2::dynamic_field::hash_type_and_key': (vm, types) => {
    const type = types[0] as Type
    const tag = encodeTypeTag(type)
    return (parent, key) => {
      const bytes = vm.encode(type, key)
      vm.charge(ACCESS + HASH_PER_BYTE * (bytes.length + tag.length))
      return deriveFieldId(parent as string, tag, bytes)
    }
  },
  '0x2::dynamic_field::add_child_object': (vm, types) => (parent, child) => {
    vm.charge(ACCESS)
    if (!vm.context.objects.addChild(parent as string, childType(types), child)) {
      throw new NativeAbort(ABORT.alreadyExists)
    }
    return undefined
  },
  '0x2::dynamic_field::borrow_child_object': (vm, types) => (parent, id) => {
    vm.charge(ACCESS)
    return new Ref(cellOf(vm.context.objects.child(uidOf(parent), id as string, childType(types))), 0)
  },
  '0x2::dynamic_field::borrow_child_object_mut': (vm, types) => (parent, id) => {
    vm.charge(ACCESS)
    return new Ref(cellOf(vm.context.objects.childMut(uidOf(parent), id as string, childType(types))), 0)
  },
  '0x2::dynamic_field::remove_child_object': (vm, types) => (parent, id) => {
    vm.charge(ACCESS)
    return cellOf(vm.context.objects.removeChild(parent as string, id as string, childType(types)))[0]
  },
  '0x2::dynamic_field::has_child_object': vm => (parent, id) => {
    vm.charge(ACCESS)
    return vm.context.objects.hasChild(parent as string, id as string)
  },
  '0x2::dynamic_field::has_child_object_with_ty': (vm, types) => (parent, id) => {
    vm.charge(ACCESS)
    return vm.context.objects.hasChild(parent as string, id as string, childType(types))
  },
}
