# Unpacks patchelf with its libraries, as their archives have them. `$out/command` starts it by its own loader.
mkdir "$out"
cd "$out"
for archive in $archives; do
  ar p "$archive" data.tar.xz | unxz | tar x
done
lib=$out/lib/x86_64-linux-gnu
echo "$lib/ld-linux-x86-64.so.2 --library-path $lib:$out/usr/lib/x86_64-linux-gnu $out/usr/bin/patchelf" > command
