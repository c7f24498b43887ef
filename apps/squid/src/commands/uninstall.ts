/** `squid uninstall`: takes back what `squid install` changed. */
import { resolve } from 'node:path'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import type { Action } from '../install/install.ts'
import { placesOf } from '../install/plan.ts'
import { teller } from './install.ts'

export const uninstall: Command = defineCommand({
  name: 'uninstall',
  summary: 'Take back what squid install changed',
  options: {
    system: { type: 'boolean', summary: 'what was installed for everybody' },
    root: { type: 'string', value: 'DIR', summary: 'change the machine whose root folder this is' },
    'dry-run': { type: 'boolean', summary: 'only show what would be changed' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Of files that others changed since, only the lines of squid are removed. Your Space, its keys and what squidd
fetched stay.`,
  async run({ values }, context) {
    const { env, cwd, stdout } = context
    const { system, json, 'dry-run': isDry } = values
    const places = placesOf(env, system, resolve(cwd, values.root ?? '/'))
    const { uninstall } = await import('../install/install.ts')
    const actions: Action[] = []
    const steps = await uninstall(places, { isDry, tell: teller(actions, json, context) })
    if (json) stdout.write(jsonLine({ actions, steps: steps ?? [] }))
    else if (steps === undefined) stdout.write('nothing is installed\n')
    else for (const step of steps) stdout.write(`next: ${oneLine(step)}\n`)
  },
})
