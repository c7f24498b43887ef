/**
 * `0x2::event`.
 * @module
 */
import { type DatatypeType, NativeFailure } from '@squid/move/vm'
import type { SuiNatives } from './values.ts'

/** Gas for each event and each byte of it. */
const BASE = 52
const PER_BYTE = 10

export const eventNatives: SuiNatives = {
  '0x2::event::emit': (vm, types) => {
    const type = types[0] as DatatypeType
    return event => {
      if (type.kind !== 'struct' && type.kind !== 'enum')
        throw new NativeFailure('native', `an event of type ${(type as { key: string }).key}`)
      const contents = vm.encode(type, event)
      vm.charge(BASE + PER_BYTE * contents.length)
      vm.context.events.emit(type, contents)
      return undefined
    }
  },
}
