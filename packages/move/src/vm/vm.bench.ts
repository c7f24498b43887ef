/**
 * `vm.generated-vs-switch`: generated code against a plain interpreter over the same bytecode, both with gas.
 * The interpreter knows what the two programs need and no more.
 * @module
 */
import assert from 'node:assert/strict'
import type { CodeUnit, CompiledModule, Instruction } from '../binary/index.ts'
import { arithmeticModule } from '../testing/index.ts'
import { checkModule } from '../verify/index.ts'
import { Vm } from './vm.ts'

/** One measured number beside that of the interpreter. */
export interface VmFigure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly versus: string
  readonly ratio: number
}

const ROUNDS = 9
const MAX_U64 = (1n << 64n) - 1n
const GAS = 1_000_000_000

interface Frame {
  readonly code: CodeUnit
  readonly locals: (bigint | undefined)[]
  pc: number
}

/** Functions of `u64`s in and one `u64` out, by a `switch` over the instructions. */
class SwitchInterpreter {
  readonly #module: CompiledModule
  #gas = 0

  constructor(module: CompiledModule) {
    this.#module = module
  }

  run(name: string, args: readonly bigint[]): bigint {
    this.#gas = GAS
    const index = this.#module.functionHandles.findIndex(
      handle => this.#module.identifiers[handle.name] === name,
    )
    const stack: (bigint | boolean)[] = []
    const waiting: Frame[] = []
    let frame = this.#frame(index, [...args])
    for (;;) {
      const instruction = frame.code.instructions[frame.pc++] as Instruction
      if (--this.#gas < 0) throw new Error('out of gas')
      switch (instruction.op) {
        case 'Call': {
          waiting.push(frame)
          frame = this.#frame(instruction.index, [stack.pop() as bigint])
          break
        }
        case 'Ret': {
          const caller = waiting.pop()
          if (caller === undefined) return stack.pop() as bigint
          frame = caller
          break
        }
        case 'BrFalse':
          if (stack.pop() === false) frame.pc = instruction.index
          break
        case 'Branch':
          frame.pc = instruction.index
          break
        case 'LdU64':
          stack.push(instruction.value)
          break
        case 'CopyLoc':
        case 'MoveLoc':
          stack.push(frame.locals[instruction.index] as bigint)
          break
        case 'StLoc':
          frame.locals[instruction.index] = stack.pop() as bigint
          break
        default: {
          const right = stack.pop() as bigint
          stack.push(binary(instruction, stack.pop() as bigint, right))
        }
      }
    }
  }

  #frame(index: number, locals: bigint[]): Frame {
    const code = this.#module.functions[index]?.code
    assert.ok(code)
    return { code, locals, pc: 0 }
  }
}

function inRange(value: bigint): bigint {
  if (value < 0n || value > MAX_U64) throw new Error('arithmetic error')
  return value
}

function binary({ op }: Instruction, left: bigint, right: bigint): bigint | boolean {
  switch (op) {
    case 'Add':
      return inRange(left + right)
    case 'Sub':
      return inRange(left - right)
    case 'Mul':
      return inRange(left * right)
    case 'Mod':
      if (right === 0n) throw new Error('arithmetic error')
      return left % right
    case 'Xor':
      return left ^ right
    case 'Lt':
      return left < right
    default:
      throw new Error(`the interpreter of this bench does not know ${op}`)
  }
}

/** Shortest of some rounds, in milliseconds; both sides are warm by then. */
function shortest(run: () => bigint, expected: bigint): number {
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    assert.equal(run(), expected)
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** Runs the bench; about a second. */
export function benchGeneratedVersusSwitch(): VmFigure[] {
  const module = checkModule(arithmeticModule(), () => undefined)
  const vm = new Vm<null>({ natives: {}, context: null })
  vm.addModules([module])
  const interpreter = new SwitchInterpreter(module)
  const generated = (name: string, argument: bigint): bigint => {
    const fn = vm.function(module.address, module.name, name)
    assert.ok(fn)
    vm.gas.remaining = GAS
    const result = vm.call(fn, [], [argument])
    assert.ok(result.ok)
    return result.values[0] as bigint
  }
  const programs = [
    { figure: 'fib(22)', name: 'fib', argument: 22n },
    { figure: 'loop of 300,000', name: 'loop', argument: 300_000n },
  ]
  return programs.map(({ figure, name, argument }) => {
    const expected = interpreter.run(name, [argument])
    const peer = shortest(() => interpreter.run(name, [argument]), expected)
    const value = shortest(() => generated(name, argument), expected)
    const versus = `a switch interpreter (${peer.toFixed(1)} ms)`
    return { bench: 'vm.generated-vs-switch', figure, value, unit: 'ms', versus, ratio: value / peer }
  })
}
