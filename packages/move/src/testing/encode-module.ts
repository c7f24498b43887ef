/**
 * Writes a module in the binary format, so that tests have bytes to read and to damage.
 * @module
 */
import type {
  CodeUnit,
  CompiledModule,
  FieldDefinition,
  FunctionDefinition,
  Instruction,
  SignatureToken,
} from '../binary/index.ts'
import { hasIndex, LITERAL_BYTES } from '../binary/code-unit.ts'
import { MAGIC, SUI_FLAVOUR, TABLE } from '../binary/limits.ts'
import { OPCODES, opcodeRow } from '../binary/opcodes.ts'
import { TOKEN } from '../binary/signature-token.ts'

const VISIBILITY = { private: 0, public: 1, friend: 3 } as const

function uleb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...uleb(Math.floor(value / 0x80))]
}

function littleEndian(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

function list<T>(items: readonly T[], write: (item: T) => number[]): number[] {
  return [...uleb(items.length), ...items.flatMap(write)]
}

function blob(bytes: Uint8Array): number[] {
  return [...uleb(bytes.length), ...bytes]
}

function token(type: SignatureToken): number[] {
  switch (type.kind) {
    case 'vector':
      return [TOKEN.vector, ...token(type.element)]
    case 'reference':
    case 'mutableReference':
      return [TOKEN[type.kind], ...token(type.to)]
    case 'typeParameter':
      return [TOKEN.typeParameter, ...uleb(type.index)]
    case 'datatype':
      return type.typeArguments.length === 0
        ? [TOKEN.datatype, ...uleb(type.handle)]
        : [TOKEN.datatypeInstantiation, ...uleb(type.handle), ...list(type.typeArguments, token)]
    default:
      return [TOKEN[type.kind]]
  }
}

function fields(definitions: readonly FieldDefinition[]): number[] {
  return list(definitions, ({ name, type }) => [...uleb(name), ...token(type)])
}

function instruction({ op, index, value }: Instruction): number[] {
  const size = LITERAL_BYTES[opcodeRow(op).operand]
  return [
    OPCODES[op].code,
    ...(hasIndex(op) ? uleb(index) : []),
    ...(size === undefined ? [] : littleEndian(value, size)),
  ]
}

function codeUnit({ locals, instructions, jumpTables }: CodeUnit, version: number): number[] {
  const tables = list(jumpTables, ({ enum: head, offsets }) => [
    ...uleb(head),
    ...uleb(offsets.length),
    1,
    ...offsets.flatMap(uleb),
  ])
  return [...uleb(locals), ...list(instructions, instruction), ...(version < 7 ? [] : tables)]
}

function functionDefinition(definition: FunctionDefinition, version: number): number[] {
  const { handle, visibility, isEntry, acquires, code } = definition
  const flags = (isEntry ? 4 : 0) | (code === null ? 2 : 0)
  const head = [...uleb(handle), VISIBILITY[visibility], flags, ...list(acquires, uleb)]
  return code === null ? head : [...head, ...codeUnit(code, version)]
}

/** Contents of each table, in the order in which they are written. */
function tables(m: CompiledModule): [kind: number, bytes: number[]][] {
  const pair = (a: number, b: number): number[] => [...uleb(a), ...uleb(b)]
  return [
    [TABLE.moduleHandles, m.moduleHandles.flatMap(h => pair(h.address, h.name))],
    [
      TABLE.datatypeHandles,
      m.datatypeHandles.flatMap(h => [
        ...pair(h.module, h.name),
        h.abilities,
        ...list(h.typeParameters, p => [p.constraints, p.isPhantom ? 1 : 0]),
      ]),
    ],
    [
      TABLE.functionHandles,
      m.functionHandles.flatMap(h => [
        ...pair(h.module, h.name),
        ...pair(h.parameters, h.returns),
        ...list(h.typeParameters, set => [set]),
      ]),
    ],
    [TABLE.functionInstantiations, m.functionInstantiations.flatMap(i => pair(i.target, i.typeArguments))],
    [TABLE.signatures, m.signatures.flatMap(signature => list(signature, token))],
    [TABLE.constants, m.constants.flatMap(({ type, data }) => [...token(type), ...blob(data)])],
    [TABLE.identifiers, m.identifiers.flatMap(name => blob(Buffer.from(name)))],
    [TABLE.addresses, m.addresses.flatMap(address => [...Buffer.from(address.slice(2), 'hex')])],
    [
      TABLE.structs,
      m.structs.flatMap(s => [...uleb(s.handle), ...(s.fields === null ? [1] : [2, ...fields(s.fields)])]),
    ],
    [TABLE.structInstantiations, m.structInstantiations.flatMap(i => pair(i.target, i.typeArguments))],
    [TABLE.functions, m.functions.flatMap(definition => functionDefinition(definition, m.version))],
    [TABLE.fieldHandles, m.fieldHandles.flatMap(h => pair(h.struct, h.field))],
    [TABLE.fieldInstantiations, m.fieldInstantiations.flatMap(i => pair(i.target, i.typeArguments))],
    [TABLE.friends, m.friends.flatMap(h => pair(h.address, h.name))],
    [TABLE.metadata, m.metadata.flatMap(({ key, value }) => [...blob(key), ...blob(value)])],
    [
      TABLE.enums,
      m.enums.flatMap(e => [
        ...uleb(e.handle),
        2,
        ...list(e.variants, v => [...uleb(v.name), ...fields(v.fields)]),
      ]),
    ],
    [TABLE.enumInstantiations, m.enumInstantiations.flatMap(i => pair(i.target, i.typeArguments))],
    [TABLE.variantHandles, m.variantHandles.flatMap(h => pair(h.enum, h.variant))],
    [TABLE.variantInstantiations, m.variantInstantiations.flatMap(h => pair(h.enum, h.variant))],
  ]
}

/** The binary of a module. */
export function encodeModule(module: CompiledModule): Uint8Array {
  const filled = tables(module).filter(([, bytes]) => bytes.length > 0)
  const version = module.version > 6 ? module.version + SUI_FLAVOUR * 2 ** 24 : module.version
  const directory: number[] = []
  let offset = 0
  for (const [kind, bytes] of filled) {
    directory.push(kind, ...uleb(offset), ...uleb(bytes.length))
    offset += bytes.length
  }
  return Uint8Array.from([
    ...MAGIC,
    ...littleEndian(BigInt(version), 4),
    ...uleb(filled.length),
    ...directory,
    ...filled.flatMap(([, bytes]) => bytes),
    ...uleb(module.selfModule),
  ])
}
