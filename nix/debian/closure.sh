# One folder with links to the programs of all paths, the first one winning, and to the paths themselves.
mkdir -p "$out/bin" "$out/packages"
for path in $paths; do
  ln -s "$path" "$out/packages/${path#*-}"
  for program in "$path"/bin/*; do
    [ -e "$program" ] && [ ! -e "$out/bin/${program##*/}" ] || continue
    ln -s "$program" "$out/bin/${program##*/}"
  done
done
[ -e "$out/bin/awk" ] || [ ! -e "$out/bin/gawk" ] || ln -s gawk "$out/bin/awk"
[ -e "$out/bin/sh" ] || [ ! -e "$out/bin/bash" ] || ln -s bash "$out/bin/sh"
