/**
 * The blocks of a function body.
 * @module
 */
import type { CodeUnit, Opcode } from '../binary/index.ts'
import { VerificationError, type VerificationPlace } from './errors.ts'

/** Blocks that one function may have, as on Sui. */
const MAX_BLOCKS = 1024

const ENDS: ReadonlySet<Opcode> = new Set(['Ret', 'Abort', 'Branch', 'VariantSwitch'])
const BRANCHES: ReadonlySet<Opcode> = new Set([...ENDS, 'BrTrue', 'BrFalse'])

/** Instructions `start` up to, not including, `end`, and the starts of the blocks that may follow. */
export interface Block {
  readonly start: number
  readonly end: number
  readonly successors: readonly number[]
}

/** Offsets to which an instruction jumps. */
function jumpTargets(code: CodeUnit, offset: number): readonly number[] {
  const instruction = code.instructions[offset]
  switch (instruction?.op) {
    case 'Branch':
    case 'BrTrue':
    case 'BrFalse':
      return [instruction.index]
    case 'VariantSwitch':
      return code.jumpTables[instruction.index]?.offsets ?? []
    default:
      return []
  }
}

/**
 * Splits a body, whose indices are in range, into blocks.
 * @throws {VerificationError} when the body is empty, runs off its end or has too many blocks
 */
export function findBlocks(code: CodeUnit, place: VerificationPlace): Block[] {
  const { instructions } = code
  const last = instructions.at(-1)
  if (last === undefined) throw new VerificationError('controlFlow', 'a body without instructions', place)
  if (!ENDS.has(last.op))
    throw new VerificationError('controlFlow', 'the body runs off its end', {
      ...place,
      instruction: instructions.length - 1,
    })
  const starts = new Set([0])
  for (const [offset, { op }] of instructions.entries()) {
    if (!BRANCHES.has(op)) continue
    if (offset + 1 < instructions.length) starts.add(offset + 1)
    for (const target of jumpTargets(code, offset)) starts.add(target)
  }
  if (starts.size > MAX_BLOCKS) throw new VerificationError('limit', `more than ${MAX_BLOCKS} blocks`, place)
  const sorted = [...starts].sort((a, b) => a - b)
  return sorted.map((start, i) => {
    const end = sorted[i + 1] ?? instructions.length
    const op = instructions[end - 1]?.op ?? 'Ret'
    const successors = [...jumpTargets(code, end - 1)]
    if (!ENDS.has(op)) successors.push(end)
    return { start, end, successors }
  })
}
