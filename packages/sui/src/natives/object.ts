/**
 * `0x2::object`: ids coming and going.
 * @module
 */
import { Ref } from '@squid/move/vm'
import type { Value } from '@squid/move/vm'
import type { SuiNatives } from './values.ts'

export const objectNatives: SuiNatives = {
  // The first field of every object is its UID.
  '0x2::object::borrow_uid': () => object => new Ref((object as Ref).value as Value[], 0),
  '0x2::object::delete_impl': vm => id => {
    vm.context.objects.deleteId(id as string)
    return undefined
  },
  '0x2::object::record_new_uid': vm => id => {
    vm.context.objects.newId(id as string)
    return undefined
  },
}
