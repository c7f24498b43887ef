# Makes `cc`, `c++` and their other names, which start Debian's gcc with everything that it needs on its command line.
# In: units (all that the compiler needs), gcc, gxx, libc, libcxx, binutils, dash.
triple=x86_64-linux-gnu
mkdir -p "$out/bin"

# Folders of the compiler's own programs, start files and libraries; of headers, in the order in which C++ needs them.
find=
cxx=
headers=
link=
for unit in $units; do
  for folder in "$unit/lib/gcc/$triple"/*/; do
    [ ! -d "$folder" ] || find="$find -B$folder"
    [ ! -d "${folder}include" ] || headers="-isystem ${folder}include $headers"
  done
  for folder in "$unit/include/c++"/* "$unit/include/$triple/c++"/*; do
    [ ! -d "$folder" ] || cxx="$cxx -isystem $folder"
  done
  for folder in "$unit/include/$triple" "$unit/include"; do
    [ ! -d "$folder" ] || headers="$headers -isystem $folder"
  done
  [ ! -e "$unit/lib/$triple/crt1.o" ] || find="$find -B$unit/lib/$triple/"
done
link="$link -L$libc/lib/$triple -Wl,-dynamic-linker,$libc/lib/$triple/ld-linux-x86-64.so.2"
link="$link -Wl,-rpath,$libc/lib/$triple -Wl,-rpath,$libcxx/lib/$triple"

# The folders that gcc would search on any machine are below a root that does not exist.
find="--sysroot=/nil -B$binutils/bin/$find"

# wrapper NAME DRIVER FLAGS
wrapper() {
  cat > "$out/bin/$1" <<END
#!$dash/bin/dash
# Linker flags alone would make the driver link, so they are for calls that link something.
link=
for argument; do
  case \$argument in
    -c | -E | -S | -M | -MM | -fsyntax-only) link=no ;;
    -*) ;;
    *) link=\${link:-yes} ;;
  esac
done
if [ "\$link" = yes ]; then
  exec $2 $find "\$@" -nostdinc \${NIX_CFLAGS_COMPILE-} $3$headers \${NIX_LDFLAGS-} $link
else
  exec $2 $find "\$@" -nostdinc \${NIX_CFLAGS_COMPILE-} $3$headers
fi
END
  chmod +x "$out/bin/$1"
}

driver=$(readlink -f "$gcc/bin/gcc")
for name in cc gcc $triple-gcc; do wrapper $name "$driver" ""; done
wrapper cpp "$driver -E" ""
driver=$(readlink -f "$gxx/bin/g++")
for name in c++ g++ $triple-g++; do wrapper $name "$driver" "$cxx "; done

for program in "$binutils"/bin/*; do
  name=${program##*/}
  [ -e "$out/bin/$name" ] || ln -s "$program" "$out/bin/$name"
done
