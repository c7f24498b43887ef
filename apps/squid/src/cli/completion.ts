/**
 * Completion scripts for shells, made from the commands themselves.
 * @module
 */
import type { Command } from './command.ts'

/** Shells for which a script can be made. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** One of them. */
export type Shell = (typeof SHELLS)[number]

function optionsOf(command: Command): string[] {
  return [...Object.keys(command.options), 'help'].map(name => `--${name}`)
}

/** Words that may follow `squid` and `squid GROUP`. */
function wordsAfter(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, Set<string>>()
  const add = (group: string, word: string): void => {
    words.set(group, (words.get(group) ?? new Set()).add(word))
  }
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ')
    add('', first)
    if (second !== undefined) add(first, second)
  }
  return new Map([...words].map(([group, set]) => [group, [...set]]))
}

/** What may follow each command and each group, the longest names first: `name claim` before `name`. */
function wordsByName(
  commands: readonly Command[],
): readonly (readonly [name: string, words: readonly string[]])[] {
  const words = new Map(wordsAfter(commands))
  words.delete('')
  for (const command of commands) {
    words.set(command.name, [...(words.get(command.name) ?? []), ...optionsOf(command)])
  }
  return [...words].sort(([a], [b]) => b.length - a.length)
}

function bash(commands: readonly Command[]): string {
  const cases = wordsByName(commands).map(([name, words]) => `    '${name}'*) words='${words.join(' ')}' ;;`)
  return `# squid completion bash
_squid() {
  local words current=\${COMP_WORDS[COMP_CWORD]} line="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  case $line in
    '') words='${(wordsAfter(commands).get('') ?? []).join(' ')}' ;;
${cases.join('\n')}
    *) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _squid squid
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function zsh(commands: readonly Command[]): string {
  return `#compdef squid
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(command => {
    const [first = '', second] = command.name.split(' ')
    const seen =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
    const word =
      second === undefined
        ? `complete -c squid -n __fish_use_subcommand -a ${first} -d ${quoted(command.summary)}`
        : `complete -c squid -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${quoted(command.summary)}`
    const options = Object.entries(command.options).map(
      ([name, { summary, type }]) =>
        `complete -c squid -n '${seen}' -l ${name}${type === 'string' ? ' -r' : ''} -d ${quoted(summary)}`,
    )
    return [word, ...options]
  })
  const groups = [...wordsAfter(commands).keys()].filter(
    group => group !== '' && !commands.some(command => command.name === group),
  )
  const heads = groups.map(group => `complete -c squid -n __fish_use_subcommand -a ${group}`)
  return ['# squid completion fish', ...heads, ...lines, ''].join('\n')
}

/** The script of a shell. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return { bash, zsh, fish }[shell](commands)
}
