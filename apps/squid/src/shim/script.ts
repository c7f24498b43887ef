/**
 * The text of the shim. Plain calls cost it no more than a shell's start; calls with a word that begins with `sui:` go
 * through `squid nix-shim`, which tells references from other words.
 * @module
 */
import { SHIM_MARK } from './folders.ts'

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** @param squid the `squid` program, absolute */
export function shimScript(squid: string): string {
  return `#!/bin/sh
${SHIM_MARK}
# A nix that understands sui: references, by squid shim install. All else goes to the real nix untouched.
squid=${quoted(squid)}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)

real=
rest=$PATH:
while [ -n "$rest" ]; do
  folder=\${rest%%:*}
  rest=\${rest#*:}
  [ -n "$folder" ] && [ -f "$folder/nix" ] && [ -x "$folder/nix" ] || continue
  [ "$(CDPATH= cd -- "$folder" && pwd -P)" = "$here" ] && continue
  [ "$(sed -n 2p "$folder/nix" 2>/dev/null | tr -d '\\0')" = '${SHIM_MARK}' ] && continue
  real=$folder/nix
  break
done
if [ -z "$real" ]; then
  echo 'error: Nix is not installed on this machine; install it (Debian: sudo apt-get install nix-bin).' >&2
  exit 127
fi

for word in "$@"; do
  case $word in
    sui:*) exec "$squid" nix-shim "$real" -- "$@" ;;
  esac
done
exec "$real" "$@"
`
}
