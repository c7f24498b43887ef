/** `squid completion SHELL`: a completion script. */
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { completionScript, SHELLS } from '../cli/completion.ts'

export const completion: Command = defineCommand({
  name: 'completion',
  summary: 'Print a completion script for bash, zsh or fish',
  arguments: 'SHELL',
  count: [1, 1],
  details: `For instance: squid completion bash > ~/.local/share/bash-completion/completions/squid`,
  async run({ positionals }, { stdout }) {
    const shell = SHELLS.find(name => name === positionals[0])
    if (shell === undefined)
      throw new UsageError(`there is completion for ${SHELLS.join(', ')}`, 'completion')
    const { COMMANDS } = await import('../cli/commands.ts')
    const shown = COMMANDS.filter(entry => entry.hidden !== true)
    stdout.write(completionScript(shell, await Promise.all(shown.map(entry => entry.load()))))
  },
})
