/**
 * Taking a command line of Nix apart, by Nix's own rules (`Args::parseCmdline` in its args.cc): options anywhere before
 * `--`, `-Lc` for `-L -c`, `-j3` for `-j 3`.
 * @module
 */
import { GROUPS, isReferencePlace, RECORDING, STARTING, valuesOf } from './nix-words.ts'

/** What becomes of a reference. */
export type Use = 'started' | 'recorded' | 'evaluated'

/** A `sui:` reference on the command line. */
interface Place {
  /** In the words of the call. */
  readonly index: number
  readonly use: Use
}

/** A `nix` command line, taken apart as far as we need it. */
export interface NixCall {
  /** For instance `flake show`; `flake run` is `run`. Undefined when no command is named. */
  readonly command: string | undefined
  /** The words for the real Nix, `flake run` replaced. */
  readonly words: readonly string[]
  readonly references: readonly Place[]
  /** Options by name, with the values of the last time that each was given. */
  readonly options: ReadonlyMap<string, readonly string[]>
}

interface Word {
  readonly text: string
  /** Where it was typed; undefined for what was typed together with another. */
  readonly index: number | undefined
}

class Parser {
  readonly #queue: Word[]
  /** Places of the words that name the command. */
  readonly #names: number[] = []
  readonly references: Place[] = []
  readonly options = new Map<string, readonly string[]>()
  command: string | undefined
  #group: string | undefined
  #positionals = 0

  constructor(typed: readonly string[]) {
    this.#queue = typed.map((text, index) => ({ text, index }))
    let isOptions = true
    for (let word = this.#queue.shift(); word !== undefined; word = this.#queue.shift()) {
      if (isOptions && word.text === '--') isOptions = false
      else if (isOptions && /^-./.test(word.text)) this.#option(word)
      else this.#positional(word)
    }
  }

  #option(word: Word): void {
    const [first = '', ...more] = apart(word.text)
    this.#queue.unshift(...more.map(text => ({ text, index: undefined })))
    const values = valuesOf(this.command, first)
    if (values === '*') this.#queue.length = 0
    const taken = this.#queue.splice(0, values.length)
    for (const [at, value] of taken.entries()) if (values[at] === 'r') this.#note(value, 'evaluated')
    const texts = taken.map(({ text }) => text)
    this.options.set(first, texts)
  }

  #positional({ text, index }: Word): void {
    if (this.command === undefined) {
      this.#names.push(index ?? -1)
      if (this.#group === undefined && GROUPS.has(text)) this.#group = text
      else this.command = this.#group === undefined ? text : `${this.#group} ${text}`
      if (this.command === 'flake run') this.command = 'run'
      return
    }
    if (!isReferencePlace(this.command, this.#positionals++)) return
    this.#note({ text, index }, useBy(this.command))
  }

  #note({ text, index }: Word, use: Use): void {
    if (index !== undefined && text.startsWith('sui:')) this.references.push({ index, use })
  }

  /** Places of the words `flake` and `run` when these are the command. */
  get flakeRun(): readonly number[] {
    return this.command === 'run' && this.#names.length === 2 ? this.#names : []
  }
}

/** `-Lc` is `-L` and `-c`, `-j3` is `-j` and `3`. */
function apart(option: string): readonly string[] {
  if (option.startsWith('--') || !/^-[A-Za-z]./.test(option)) return [option]
  const [, letters = '', value = ''] = /^-([A-Za-z]+)(.*)$/s.exec(option) ?? []
  return [...Array.from(letters, letter => `-${letter}`), ...(value === '' ? [] : [value])]
}

function useBy(command: string): Use {
  if (STARTING.has(command)) return 'started'
  return RECORDING.has(command) ? 'recorded' : 'evaluated'
}

/** Takes a command line apart. */
export function parseNixCall(typed: readonly string[]): NixCall {
  const parsed = new Parser(typed)
  const [flake, run = Infinity] = parsed.flakeRun
  const words = typed.flatMap((text, index) => (index === flake ? ['run'] : index === run ? [] : [text]))
  const references = parsed.references
    .map(({ index, use }) => ({ index: index > run ? index - 1 : index, use }))
    .toSorted((a, b) => a.index - b.index)
  return { command: parsed.command, words, references, options: parsed.options }
}
