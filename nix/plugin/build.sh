#!/bin/sh
# Builds the plugin for the Nix that Debian installed here, when that was not done yet; prints its file.
set -eu
self=$(readlink -f "$0")
root=${self%/nix/plugin/*}
node=$root/node_modules/.bin/node
[ -x "$node" ] || { echo "error: this checkout is not set up yet; run: (cd $root && npm run setup)" >&2; exit 1; }
exec "$node" --conditions=@squid/source "$root/tools/nix-plugin.ts"
