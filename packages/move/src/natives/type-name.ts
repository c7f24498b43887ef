/**
 * `std::type_name`. No package here has been upgraded, so original and defining ids are the same.
 * @module
 */
import type { NativeFunction, Type, Vm } from '../vm/index.ts'

/** A type in canonical words: addresses with all their digits and without `0x`, no spaces. */
function canonicalName(type: Type): string {
  switch (type.kind) {
    case 'vector':
      return `vector<${canonicalName(type.element)}>`
    case 'struct':
    case 'enum': {
      const name = `${type.address.slice(2)}::${type.module}::${type.name}`
      return type.typeArguments.length === 0
        ? name
        : `${name}<${type.typeArguments.map(canonicalName).join(',')}>`
    }
    default:
      return type.key
  }
}

/** `get<T>(): TypeName`; a `TypeName` holds an `ascii::String`, which holds the bytes. */
export function typeName<Context>(vm: Vm<Context>, [type]: readonly Type[]): NativeFunction {
  const name = Array.from(Buffer.from(canonicalName(type as Type), 'latin1'))
  return () => {
    vm.charge(name.length)
    return [[[...name]]]
  }
}
