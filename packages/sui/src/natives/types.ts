/**
 * `0x2::types`: one-time witnesses.
 * @module
 */
import type { Type, Vm } from '@squid/move/vm'
import type { SuiNatives } from './values.ts'

/** True for the one-time witness of a module: named like it in capitals, with a single `bool` (the compiler's). */
export function isOneTimeWitness<Context>(vm: Vm<Context>, type: Type): boolean {
  if (type.kind !== 'struct' || type.typeArguments.length > 0 || type.name !== type.module.toUpperCase())
    return false
  const fields = vm.fields(type)
  return fields.length === 1 && fields[0]?.type.kind === 'bool'
}

export const typesNatives: SuiNatives = {
  '0x2::types::is_one_time_witness': (vm, types) => {
    const answer = isOneTimeWitness(vm, types[0] as Type)
    return () => answer
  },
}
