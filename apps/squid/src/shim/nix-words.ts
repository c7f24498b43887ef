/**
 * What the words of Nix's command line are, as far as telling references from other words needs it. Nix tells the same
 * of itself by `nix __dump-args` (`__dump-cli` since 2.17); test/nix-versions/words.test.ts compares.
 * Manual: https://nix.dev/manual/nix/latest/command-ref/new-cli/nix
 * @module
 */

/** What an option takes: a letter a value (`r` a reference, `v` anything else), or `*`: all that follows. */
export type OptionValues = string

/** Names that only say which command is meant together with the word after them. */
export const GROUPS: ReadonlySet<string> = new Set([
  'config',
  'derivation',
  'env',
  'flake',
  'formatter',
  'hash',
  'key',
  'nar',
  'profile',
  'realisation',
  'registry',
  'store',
])

/** Which words of a command that are no options are references. Commands that are not here: every one. */
const POSITIONALS: Readonly<Record<string, readonly number[]>> = {
  run: [0], // the others are the program's
  search: [0],
  help: [],
  fmt: [],
  'config show': [],
  'flake new': [],
  'hash convert': [],
  'hash file': [],
  'hash path': [],
  'hash to-base16': [],
  'hash to-base32': [],
  'hash to-base64': [],
  'hash to-sri': [],
  'nar cat': [],
  'nar dump-path': [],
  'nar ls': [],
  'nar pack': [],
  'profile remove': [],
  'profile upgrade': [],
  // the first is only looked for in registries
  'registry add': [1],
  'registry pin': [1],
  'registry remove': [],
  'store add': [],
  'store add-file': [],
  'store add-path': [],
  'store cat': [],
  'store ls': [],
  'store path-from-hash-part': [],
  'store prefetch-file': [],
}

/** Commands that start a program of what their references name. */
export const STARTING: ReadonlySet<string> = new Set(['run', 'shell', 'env shell'])

/** Commands that only write a reference down: where it leads is found out when it is used. */
export const RECORDING: ReadonlySet<string> = new Set(['registry add'])

/** Options with which Nix evaluates something else than the flake as it was released. */
export const OVERRIDING: readonly string[] = [
  '--impure',
  '--override-input',
  '--recreate-lock-file',
  '--reference-lock-file',
  '--update-input',
]

/** Options by which Nix is to ask nobody. */
export const OFFLINE: readonly string[] = ['--offline', '--no-net', '--no-substitute']

/** Options with other values than one, or with a short name. */
const OPTIONS: Readonly<Record<string, OptionValues>> = {
  '--arg': 'vv',
  '--arg-from-file': 'vv',
  '--argstr': 'vv',
  '--bundler': 'r',
  '--command': '*',
  '-c': '*',
  '--flake': 'r',
  '--inputs-from': 'r',
  '--option': 'vv',
  '--override-flake': 'vr',
  '--override-input': 'vr',
  '--redirect': 'rv',
  '--set-env-var': 'vv',
  '--template': 'r',
  '-t': 'r',
  ...Object.fromEntries('I e f j k n o p u'.split(' ').map(letter => [`-${letter}`, 'v'])),
}

/** The same letter means several things. */
const OF_COMMAND: Readonly<Record<string, Readonly<Record<string, OptionValues>>>> = {
  develop: { '-s': 'vv' },
  'env shell': { '-s': 'vv' },
  run: { '-s': 'vv' },
  'store copy-sigs': { '-s': 'v' },
  'store verify': { '-s': 'v' },
}

/** Options and settings that take one value. */
const ONE_VALUE: ReadonlySet<string> = new Set(
  (
    'algo apply arg-from-stdin dest eval-store exclude expected-hash expr file format from hash-algo hash-type include ' +
    'keep keep-env-var key-file key-name max mode name nix-store-paths-url older-than out-link output-lock-file phase ' +
    'priority profile reference-lock-file regex registry sigs-needed substituter to type unset unset-env-var ' +
    'update-input write-to ' +
    // settings
    'access-tokens allowed-impure-host-deps allowed-uris allowed-users bash-prompt bash-prompt-prefix ' +
    'bash-prompt-suffix build-dir build-hook build-poll-interval build-users-group builders commit-lock-file-summary ' +
    'commit-lockfile-summary connect-timeout cores diff-hook download-attempts download-buffer-size download-speed ' +
    'eval-system experimental-features flake-registry gc-reserved-space hashed-mirrors http-connections id-count ' +
    'ignored-acls impure-env log-format log-lines max-build-log-size max-call-depth max-free max-jobs ' +
    'max-silent-time max-substitution-jobs min-free min-free-check-interval nar-buffer-size ' +
    'narinfo-cache-negative-ttl narinfo-cache-positive-ttl netrc-file nix-path plugin-files post-build-hook ' +
    'pre-build-hook repeat sandbox-build-dir sandbox-dev-shm-size sandbox-paths secret-key-files ssl-cert-file ' +
    'stalled-download-timeout start-id store substituters system system-features tarball-ttl timeout ' +
    'trusted-public-keys trusted-substituters trusted-users upgrade-nix-store-path-url user-agent-suffix ' +
    'warn-large-path-threshold'
  )
    .split(' ')
    .map(name => `--${name}`),
)

/** What an option takes. Of one that is not known: nothing, as of a switch. */
export function valuesOf(command: string | undefined, option: string): OptionValues {
  const known = OF_COMMAND[command ?? '']?.[option] ?? OPTIONS[option]
  if (known !== undefined) return known
  return ONE_VALUE.has(option) || option.startsWith('--extra-') ? 'v' : ''
}

/** Is the word of a command that is its `index`th without options a reference? */
export function isReferencePlace(command: string, index: number): boolean {
  return POSITIONALS[command]?.includes(index) ?? true
}
