/**
 * What the shim takes Nix's words for is what Nix says of them: every option and command of every version.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReferencePlace, valuesOf } from '../../apps/squid/src/shim/nix-words.ts'
import { MACHINES, onMachine, ran } from './machine.ts'

interface Flag {
  readonly labels?: readonly string[]
  readonly shortName?: string
}

interface Described {
  readonly args?: readonly { readonly label: string; readonly arity?: number }[]
  readonly flags?: Readonly<Record<string, Flag>>
  readonly commands?: Readonly<Record<string, Described>>
}

/** Labels of what may be a reference: as an option's value, and without option. */
const VALUES = new Set(['flake-url', 'installable', 'resolved-ref', 'template'])
const WORDS = new Set(
  'after before dependency flake-url installable installables locked package to-url'.split(' '),
)

/** Nix 2.8 takes URLs for files, and later Nix names of inputs where 2.8 took a flake. */
const FILES = new Set(['repl', 'flake update'])

function valuesAsNixHas({ labels = [] }: Flag): string {
  if (labels.includes('args')) return '*'
  return labels.map(label => (VALUES.has(label) ? 'r' : 'v')).join('')
}

function* commandsOf(described: Described, name = ''): Generator<readonly [string, Described]> {
  for (const [word, below] of Object.entries(described.commands ?? {})) {
    const full = `${name} ${word}`.trim()
    if (below.commands === undefined) yield [full, below]
    else yield* commandsOf(below, full)
  }
}

for (const machine of MACHINES) {
  test(`options and commands of Nix ${machine.name}`, async () => {
    const [first = 'env', ...through] = onMachine(machine)
    const version = await ran([first, ...through, 'nix', '--version'])
    assert.match(version.stdout, new RegExp(`^nix \\(Nix\\) ${machine.name}\\.`), version.stderr)
    const word = machine.root === undefined ? '__dump-args' : '__dump-cli'
    const { stdout, stderr } = await ran([first, ...through, 'nix', word])
    assert.notEqual(stdout, '', stderr)
    const parsed = JSON.parse(stdout) as Described & { args: Described['args'] & Described }
    const nix: Described = parsed.commands === undefined ? parsed.args : parsed
    let options = 0
    const wrong: string[] = []
    const compare = (what: string, ours: unknown, its: unknown): void => {
      if (ours !== its) wrong.push(`nix ${what}: ${String(ours)}, not ${String(its)}`)
    }
    for (const [command, { flags = {}, args = [] }] of commandsOf(nix)) {
      for (const [name, flag] of Object.entries({ ...nix.flags, ...flags })) {
        const wanted = valuesAsNixHas(flag)
        compare(`${command} --${name}`, valuesOf(command, `--${name}`), wanted)
        if (flag.shortName) {
          compare(`${command} -${flag.shortName}`, valuesOf(command, `-${flag.shortName}`), wanted)
        }
        options++
      }
      if (FILES.has(command)) continue
      const places = args.flatMap(({ label, arity }) =>
        Array<string>(arity ?? (label === args[0]?.label ? 2 : 1)).fill(label),
      )
      for (const [index, label] of places.entries()) {
        const wanted = WORDS.has(label)
        compare(`${command}, word ${index} (${label})`, isReferencePlace(command, index), wanted)
      }
    }
    assert.deepEqual(wrong, [])
    assert.ok(options > 5000)
  })
}
