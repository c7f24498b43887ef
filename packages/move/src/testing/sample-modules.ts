/**
 * Small correct modules, for the bench and as a start for tests that break them.
 * @module
 */
import { ABILITY, type CompiledModule, type SignatureToken } from '../binary/index.ts'
import { assembleModule, instruction as i } from './assemble.ts'

const U64: SignatureToken = { kind: 'u64' }

/**
 * `fib(n)`, naively, and `loop(n)`: `while (i < n) { s = (s ^ (i * 31)) % 1000003 + i % 7; i = i + 1 }; s`,
 * as the compiler writes them.
 */
export function arithmeticModule(): CompiledModule {
  return assembleModule({
    functions: [
      {
        name: 'fib',
        parameters: [U64],
        returns: [U64],
        code: [
          i('CopyLoc', 0),
          i('LdU64', 0, 2n),
          i('Lt'),
          i('BrFalse', 6),
          i('MoveLoc', 0),
          i('Ret'),
          i('CopyLoc', 0),
          i('LdU64', 0, 1n),
          i('Sub'),
          i('Call', 0),
          i('MoveLoc', 0),
          i('LdU64', 0, 2n),
          i('Sub'),
          i('Call', 0),
          i('Add'),
          i('Ret'),
        ],
      },
      {
        name: 'loop',
        parameters: [U64],
        returns: [U64],
        locals: [U64, U64],
        code: [
          i('LdU64', 0, 0n),
          i('StLoc', 1),
          i('LdU64', 0, 0n),
          i('StLoc', 2),
          i('CopyLoc', 1),
          i('CopyLoc', 0),
          i('Lt'),
          i('BrFalse', 25),
          i('MoveLoc', 2),
          i('CopyLoc', 1),
          i('LdU64', 0, 31n),
          i('Mul'),
          i('Xor'),
          i('LdU64', 0, 1_000_003n),
          i('Mod'),
          i('CopyLoc', 1),
          i('LdU64', 0, 7n),
          i('Mod'),
          i('Add'),
          i('StLoc', 2),
          i('MoveLoc', 1),
          i('LdU64', 0, 1n),
          i('Add'),
          i('StLoc', 1),
          i('Branch', 4),
          i('MoveLoc', 2),
          i('Ret'),
        ],
      },
    ],
  })
}

const PAIR = 0
const SHAPE = 1
const T: SignatureToken = { kind: 'typeParameter', index: 0 }

/**
 * A generic struct `Pair<T> { T, u64 }`, an enum `Shape { Dot, Line(u64) }`, and functions that use them:
 * `pair<T>`, `second(pair<bool>)`, `make(u64)`, `length(&Shape)`, `bump(&mut u64)`, `last(vector<u64>)`,
 * `add_one(u64)`.
 */
export function datatypeModule(): CompiledModule {
  const all = ABILITY.copy | ABILITY.drop | ABILITY.store
  const pairOf = (argument: SignatureToken): SignatureToken => ({
    kind: 'datatype',
    handle: PAIR,
    typeArguments: [argument],
  })
  const shape: SignatureToken = { kind: 'datatype', handle: SHAPE, typeArguments: [] }
  const bool: SignatureToken = { kind: 'bool' }
  return assembleModule({
    structs: [
      {
        name: 'Pair',
        abilities: all,
        typeParameters: [{ constraints: 0, isPhantom: false }],
        fields: [T, U64],
      },
    ],
    enums: [{ name: 'Shape', abilities: all, variants: [[], [U64]] }],
    signatures: [[T], [bool], [U64]],
    structInstantiations: [
      { target: 0, typeArguments: 0 },
      { target: 0, typeArguments: 1 },
    ],
    fieldHandles: [{ struct: 0, field: 1 }],
    fieldInstantiations: [{ target: 0, typeArguments: 1 }],
    functionInstantiations: [{ target: 0, typeArguments: 1 }],
    variantHandles: [
      { enum: 0, variant: 0 },
      { enum: 0, variant: 1 },
    ],
    constants: [{ type: U64, data: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0) }],
    functions: [
      {
        name: 'pair',
        typeParameters: [0],
        parameters: [T, U64],
        returns: [pairOf(T)],
        code: [i('MoveLoc', 0), i('MoveLoc', 1), i('PackGeneric', 0), i('Ret')],
      },
      {
        name: 'second',
        parameters: [bool],
        returns: [U64],
        locals: [pairOf(bool)],
        code: [
          i('MoveLoc', 0),
          i('LdConst', 0),
          i('CallGeneric', 0),
          i('StLoc', 1),
          i('ImmBorrowLoc', 1),
          i('ImmBorrowFieldGeneric', 0),
          i('ReadRef'),
          i('Ret'),
        ],
      },
      {
        name: 'make',
        parameters: [U64],
        returns: [shape],
        code: [
          i('CopyLoc', 0),
          i('LdU64', 0, 0n),
          i('Eq'),
          i('BrFalse', 6),
          i('PackVariant', 0),
          i('Ret'),
          i('MoveLoc', 0),
          i('PackVariant', 1),
          i('Ret'),
        ],
      },
      {
        name: 'length',
        parameters: [{ kind: 'reference', to: shape }],
        returns: [U64],
        code: [
          i('CopyLoc', 0),
          i('VariantSwitch', 0),
          i('MoveLoc', 0),
          i('Pop'),
          i('LdU64', 0, 0n),
          i('Ret'),
          i('MoveLoc', 0),
          i('UnpackVariantImmRef', 1),
          i('ReadRef'),
          i('Ret'),
        ],
        jumpTables: [{ enum: 0, offsets: [2, 6] }],
      },
      {
        name: 'bump',
        parameters: [{ kind: 'mutableReference', to: U64 }],
        code: [
          i('CopyLoc', 0),
          i('ReadRef'),
          i('LdU64', 0, 1n),
          i('Add'),
          i('MoveLoc', 0),
          i('WriteRef'),
          i('Ret'),
        ],
      },
      {
        name: 'last',
        parameters: [{ kind: 'vector', element: U64 }],
        returns: [U64],
        code: [i('MutBorrowLoc', 0), i('VecPopBack', 2), i('Ret')],
      },
      {
        name: 'add_one',
        parameters: [U64],
        returns: [U64],
        code: [i('MutBorrowLoc', 0), i('Call', 4), i('MoveLoc', 0), i('Ret')],
      },
    ],
  })
}
