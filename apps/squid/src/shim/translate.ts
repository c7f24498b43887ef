/**
 * From a command line of Nix with `sui:` references to one that every Nix understands.
 * @module
 */
import type { ResolveReport } from '@squid/daemon/gateway'

/** A `nix` command line, taken apart as far as we need it. */
export interface NixCall {
  /** `run`, `build`, `shell`, `flake metadata`, `flake show`; `flake run` is `run`. Undefined: not ours. */
  readonly command: string | undefined
  /** The words for the real Nix, `flake run` replaced; `--` and what follows included. */
  readonly words: readonly string[]
  /** Indices in `words` of `sui:` references. */
  readonly references: readonly number[]
}

const PLAIN = new Set(['run', 'build', 'shell'])
const OF_FLAKE = new Set(['metadata', 'show', 'run'])

/** Global options of Nix that take so many values, before which no subcommand can be told. */
const VALUES: Readonly<Record<string, number>> = {
  '--option': 2,
  '--extra-experimental-features': 1,
  '--experimental-features': 1,
  '--log-format': 1,
  '--store': 1,
  '--substituters': 1,
  '--extra-substituters': 1,
  '--trusted-public-keys': 1,
  '--extra-trusted-public-keys': 1,
  '--max-jobs': 1,
  '-j': 1,
  '--cores': 1,
}

/** Index of the first word from `from` on that is neither an option nor an option's value. */
function nextWord(words: readonly string[], from: number): number {
  let index = from
  for (;;) {
    const word = words[index]
    if (word === undefined || word === '--') return -1
    if (!word.startsWith('-')) return index
    index += 1 + (VALUES[word] ?? 0)
  }
}

/** Takes a command line apart. */
export function parseNixCall(typed: readonly string[]): NixCall {
  const first = nextWord(typed, 0)
  const second = first < 0 ? -1 : nextWord(typed, first + 1)
  const word = typed[first]
  const below = typed[second]
  const isFlake = word === 'flake' && below !== undefined && OF_FLAKE.has(below)
  const isRun = isFlake && below === 'run'
  const words = isRun
    ? typed.flatMap((item, index) => (index === first ? ['run'] : index === second ? [] : [item]))
    : typed
  const command = isRun
    ? 'run'
    : isFlake
      ? `flake ${below}`
      : word !== undefined && PLAIN.has(word)
        ? word
        : undefined
  // What follows `--` is the program's, and what follows `-c` of `nix shell` too.
  const ends = ['--', ...(command === 'shell' ? ['-c', '--command'] : [])].map(end => words.indexOf(end))
  const end = Math.min(...ends.map(index => (index < 0 ? words.length : index)))
  const references = words.slice(0, end).flatMap((item, index) => (item.startsWith('sui:') ? [index] : []))
  return { command, words, references: command === undefined ? [] : references }
}

/** The URL that stands for a release, locked by its NAR hash: another source is refused by Nix itself. */
export function lockedUrl(
  report: Pick<ResolveReport, 'url' | 'narHash'>,
  attribute: string | undefined,
): string {
  const query = new URLSearchParams({ narHash: report.narHash }).toString()
  return `${report.url}?${query}${attribute === undefined ? '' : `#${attribute}`}`
}

/** The words with each reference replaced. */
export function translate(call: NixCall, urls: ReadonlyMap<number, string>): readonly string[] {
  return call.words.map((word, index) => urls.get(index) ?? word)
}
