/**
 * Function bodies in the binary: locals, instructions, jump tables.
 * @module
 */
import type { CodeUnit, Instruction, JumpTable } from './compiled-module.ts'
import type { BinaryCursor } from './cursor.ts'
import { MAX } from './limits.ts'
import { type Opcode, type OperandKind, opcodeOf, opcodeRow } from './opcodes.ts'

/** Largest index that follows an op code; kinds that are no index are missing. */
const INDEX_MAX: Readonly<Partial<Record<OperandKind, number>>> = {
  offset: MAX.codeOffset,
  local: MAX.local,
  constant: MAX.index,
  function: MAX.index,
  functionInstantiation: MAX.index,
  struct: MAX.index,
  structInstantiation: MAX.index,
  field: MAX.index,
  fieldInstantiation: MAX.index,
  variant: MAX.variantHandleIndex,
  variantInstantiation: MAX.variantHandleIndex,
  signature: MAX.index,
  signatureAndCount: MAX.index,
  jumpTable: MAX.jumpTables,
}

/** Bytes of the literal, or of the count, that follows an op code. */
export const LITERAL_BYTES: Readonly<Partial<Record<OperandKind, number>>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  u128: 16,
  u256: 32,
  signatureAndCount: 8,
}

/** True for op codes that a table index or offset follows. */
export function hasIndex(op: Opcode): boolean {
  return INDEX_MAX[opcodeRow(op).operand] !== undefined
}

function readInstruction(cursor: BinaryCursor, version: number): Instruction {
  const start = cursor.position
  const code = cursor.byte('op code')
  const op = opcodeOf(code)
  if (op === undefined) return cursor.fail(`unknown op code 0x${code.toString(16)}`, start)
  const { operand, since } = opcodeRow(op)
  if (since !== undefined && version < since) cursor.fail(`${op} is not known to version ${version}`, start)
  const max = INDEX_MAX[operand]
  const index = max === undefined ? 0 : cursor.uleb(max, op)
  const size = LITERAL_BYTES[operand]
  const value = size === undefined ? 0n : cursor.littleEndian(size, op)
  return { op, index, value }
}

function readJumpTable(cursor: BinaryCursor): JumpTable {
  const head = cursor.uleb(MAX.index, 'jump table enum')
  const branches = cursor.uleb(MAX.variants, 'jump table branch count')
  const flag = cursor.byte('jump table kind')
  if (flag !== 1) cursor.fail(`unknown jump table kind ${flag}`, cursor.position - 1)
  const offsets: number[] = []
  for (let i = 0; i < branches; i++) offsets.push(cursor.uleb(MAX.codeOffset, 'jump table branch'))
  return { enum: head, offsets }
}

/** Reads a function body. */
export function readCodeUnit(cursor: BinaryCursor, version: number): CodeUnit {
  const locals = cursor.uleb(MAX.index, 'locals')
  const instructions = cursor.counted(MAX.instructions, 'instruction', at => readInstruction(at, version))
  const jumpTables = version < 7 ? [] : cursor.counted(MAX.jumpTables, 'jump table', readJumpTable)
  return { locals, instructions, jumpTables }
}
