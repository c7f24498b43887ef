/**
 * Dynamic fields as clients list them.
 * @module
 */
import type { DatatypeType, Type, Value, Vm } from '@squid/move/vm'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import type { LedgerObject } from '../objects/object.ts'
import { datatypeName } from '../objects/type-tag.ts'
import type { DynamicField } from './results.ts'

const FIELD = `${SYSTEM_ADDRESS.framework}::dynamic_field::Field`
const WRAPPER = `${SYSTEM_ADDRESS.framework}::dynamic_object_field::Wrapper`

/** What listing needs. */
export interface DynamicFieldDeps {
  readonly vm: Pick<Vm<never>, 'decode' | 'encode'>
  readonly type: (text: string) => DatatypeType
  readonly read: (id: string) => LedgerObject | undefined
}

/** The field that an object is; undefined when it is no field but the value of one. */
export function dynamicFieldOf(
  field: LedgerObject,
  { vm, type, read }: DynamicFieldDeps,
): DynamicField | undefined {
  if (field.data.kind !== 'move' || field.owner.kind !== 'object') return undefined
  const fieldType = type(field.data.type)
  if (datatypeName(fieldType) !== FIELD) return undefined
  const [nameType, valueType] = fieldType.typeArguments as [Type, Type]
  const [, name, value] = vm.decode(fieldType, field.data.contents) as [Value, Value, Value]
  const place = { parent: field.owner.parent, fieldId: field.id, field }
  if (nameType.kind !== 'struct' || datatypeName(nameType) !== WRAPPER) {
    return {
      ...place,
      kind: 'field',
      nameType: nameType.key,
      name: vm.encode(nameType, name),
      valueType: valueType.key,
      value: vm.encode(valueType, value),
      childId: undefined,
      child: undefined,
    }
  }
  const wrapped = nameType.typeArguments[0] as Type
  const childId = (value as Value[])[0] as string
  const child = read(childId)
  return {
    ...place,
    kind: 'object',
    nameType: wrapped.key,
    name: vm.encode(wrapped, (name as Value[])[0] as Value),
    valueType: child?.data.kind === 'move' ? child.data.type : valueType.key,
    value: vm.encode(valueType, value),
    childId,
    child,
  }
}
