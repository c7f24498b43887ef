# Builds one unit: unpacks its packages into one path and makes what is in them run from there.
#
# `/usr/X` and `/X` of a package are both `$out/X`. Links, interpreters of programs and scripts, library paths, linker
# scripts and pkg-config files are rewritten to the paths of the units that the package depends on.
#
# In: archives; direct, depends (units that it needs directly; all of them and the shells); libc (empty for libc's own
# unit); patchelf; fix (further commands of fixes.nix).
set -f -o pipefail
triple=x86_64-linux-gnu
loader=lib/$triple/ld-linux-x86-64.so.2

# --- paths -----------------------------------------------------------------------------------------------------------

# place PATH: sets `place` to where an absolute path of Debian lies now, in this unit or one that it needs.
place() {
  local inner unit
  inner=${1#/usr}
  for unit in "$out" $depends; do
    if [ -e "$unit$inner" ] || [ -L "$unit$inner" ]; then
      place=$unit$inner
      return 0
    fi
  done
  place=
  return 1
}

# normal PATH: sets `normal` to the absolute path without `.` and `..`.
normal() {
  local part IFS=/
  normal=
  for part in $1; do
    case $part in
      '' | .) ;;
      ..) normal=${normal%/*} ;;
      *) normal=$normal/$part ;;
    esac
  done
}

# --- unpack ----------------------------------------------------------------------------------------------------------

unpack() {
  local archive member
  for archive in $archives; do
    member=$(ar t "$archive" | grep '^data\.tar')
    case $member in
      data.tar.xz) ar p "$archive" "$member" | unxz | tar x --no-same-permissions ;;
      data.tar.gz) ar p "$archive" "$member" | gunzip | tar x --no-same-permissions ;;
      data.tar) ar p "$archive" "$member" | tar x --no-same-permissions ;;
      *)
        echo "$archive: $member is compressed in a way that the seed cannot read (xz, gz and none it can)" >&2
        exit 1
        ;;
    esac
  done
}

# Links between `/usr` and the rest no longer lead where they led; links into other packages never did.
relink() {
  local link target from
  find . -type l | while IFS= read -r link; do
    link=${link#.}
    target=$(readlink ".$link")
    case $target in
      /*) normal "$target" ;;
      *) normal "${link%/*}/$target" ;;
    esac
    # The same file under both names.
    if [ "${normal#/usr}" = "${link#/usr}" ]; then
      rm ".$link"
      continue
    fi
    if [ -e ".$normal" ] || [ -L ".$normal" ] || [ -e "./usr$normal" ] || [ -e ".${normal#/usr}" ]; then
      from=${link%"${link#/usr/}"}
      case $target in
        /*) ;;
        *) [ "$from" != "${normal%"${normal#/usr/}"}" ] || continue ;;
      esac
      ln -sfn "$out${normal#/usr}" ".$link"
    elif place "$normal"; then
      ln -sfn "$place" ".$link"
    fi
  done
}

# Moves everything to its place below $out.
merge() {
  local top
  chmod -R u+w .
  mkdir -p "$out"
  set +f
  for top in usr/* [!u]* ; do
    [ -e "$top" ] || continue
    if [ -d "$top" ] && [ -d "$out/${top#usr/}" ]; then cp -a "$top/." "$out/${top#usr/}"; else mv "$top" "$out/"; fi
  done
  set -f
}

# --- programs and libraries -------------------------------------------------------------------------------------------

# library NAME: adds the folder of a shared library to `folders`.
library() {
  local unit folder
  for unit in "$out" $direct $depends; do
    for folder in "$unit/lib/$triple" "$unit/lib"; do
      if [ -e "$folder/$1" ]; then
        add "$folder"
        return 0
      fi
    done
  done
  for unit in "$out" $direct; do
    folder=$(find "$unit/" -name "$1" | head -n 1)
    if [ -n "$folder" ]; then
      add "${folder%/*}"
      return 0
    fi
  done
  echo "library $1 is in no package that this one depends on: $file" >&2
}

add() {
  case ":$folders:" in
    *":$1:"*) ;;
    *) folders=${folders:+$folders:}$1 ;;
  esac
}

# What a run path of Debian means now.
runpath() {
  local entry IFS=:
  for entry in $1; do
    case $entry in
      '$ORIGIN'*) add "$entry" ;;
      /*) if place "$entry"; then add "$place"; fi ;;
    esac
  done
}

# A program or shared library: its interpreter, and where its libraries are. Other ELF files stay as they are.
elf() {
  local facts interpreter name
  facts=$($patch --print-rpath --print-needed "$file" 2> /dev/null) || return 0
  interpreter=
  [ ! -x "$file" ] || interpreter=$($patch --print-interpreter "$file" 2> /dev/null) || interpreter=
  folders=
  # The first line is the run path, which may be empty.
  runpath "${facts%%
*}"
  case $facts in
    *"
"*) for name in ${facts#*
}; do library "$name"; done ;;
  esac
  set --
  [ "$interpreter" != /lib64/ld-linux-x86-64.so.2 ] || set -- --set-interpreter "${libc:-$out}/$loader"
  [ -z "$folders" ] || set -- "$@" --set-rpath "$folders"
  [ $# = 0 ] || $patch "$@" "$file"
}

# --- scripts ---------------------------------------------------------------------------------------------------------

# modules: sets `modules` to the folders of Perl modules in this unit and those that it needs, with blanks between.
modules() {
  local unit folder
  modules=
  set +f
  for unit in "$out" $depends; do
    for folder in "$unit/share/perl5" "$unit"/share/perl/[0-9]* "$unit/lib/$triple"/perl5/* \
      "$unit/lib/$triple"/perl/[0-9]* "$unit/lib/$triple/perl-base"; do
      [ ! -d "$folder" ] || [ -L "$folder" ] || modules="${modules:+$modules }$folder"
    done
  done
  set -f
}

# A script's first line; Perl also learns where its modules are, since its own idea of that is compiled in.
shebang() {
  local line program options name
  IFS= read -r line < "$file" || return 0
  line=${line#'#!'}
  program=${line#"${line%%[! 	]*}"}
  options=${program#"${program%%[ 	]*}"}
  program=${program%%[ 	]*}
  case $program in
    */env)
      name=${options#"${options%%[! 	]*}"}
      case $name in
        -* | '') name=env options=" $name" ;;
        *) options=${name#"${name%%[ 	]*}"} name=${name%%[ 	]*} ;;
      esac
      ;;
    /*) name=${program##*/} ;;
    *) return 0 ;;
  esac
  place "/bin/$name" || { [ "$name" = sh ] && place /bin/dash; } || place "/sbin/$name" || return 0
  case $name in
    perl*)
      modules
      sed -i "1s|.*|#!$place$options\\nuse lib qw($modules);|" "$file"
      ;;
    *) sed -i "1s|.*|#!$place$options|" "$file" ;;
  esac
}

# wrap PROGRAM ASSIGNMENT...: starts a program with further environment variables. `NAME=VALUE` is for where the caller
# sets none, `NAME+=VALUE` comes after what the caller has in a list with colons.
wrap() {
  mv "$1" "${1%/*}/.${1##*/}-unwrapped"
  start "${1%/*}/.${1##*/}-unwrapped" "$@"
}

# start TARGET PROGRAM ASSIGNMENT...: makes PROGRAM start TARGET as above.
start() {
  local target program assignment name value
  target=$1 program=$2
  shift 2
  place /bin/dash
  echo "#!$place" > "$program"
  for assignment; do
    name=${assignment%%[+=]*} value=${assignment#*=}
    case $assignment in
      "$name+="*) echo "export $name=\"\${$name:+\$$name:}$value\"" ;;
      *) echo "export $name=\"\${$name-$value}\"" ;;
    esac
  done >> "$program"
  echo "exec \"$target\" \"\$@\"" >> "$program"
  chmod +x "$program"
}

# --- what compilers read ----------------------------------------------------------------------------------------------

# `libc.so` and the like are text that names libraries by absolute paths.
linkerscript() {
  local word text
  case $(head -c 512 "$file" | head -n 1) in
    '/* GNU ld script'*) ;;
    *) return 0 ;;
  esac
  for word in $(cat "$file"); do
    case $word in
      /lib* | /usr/lib*) if place "$word"; then sed -i "s|\\([( ]\\)$word\\([ )]\\)|\\1$place\\2|g" "$file"; fi ;;
    esac
  done
}

patch_files() {
  local magic elf_magic
  elf_magic=$(printf '\177ELF')
  find "$out" -type f | while IFS= read -r file; do
    magic=
    IFS= read -r -n 4 magic < "$file" || :
    case $magic in
      # Character sets are loaded by libc alone, which needs no path to itself.
      "$elf_magic") case $file in *.o | *.ko | */gconv/*) ;; *) elf ;; esac ;;
      '#!'*) [ ! -x "$file" ] || shebang ;;
      '/* G') case $file in *.so) linkerscript ;; esac ;;
    esac
    case $file in
      */pkgconfig/*.pc) sed -i "s|^prefix=/usr\$|prefix=$out|; s|=/usr/|=$out/|" "$file" ;;
    esac
  done
}

patch=$(cat "$patchelf/command")
mkdir root
cd root
unpack
relink
merge
cd "$out"
patch_files

# Debian's dependencies are references, also those that no file names.
mkdir -p "$out/nix-support"
for unit in $direct; do echo "$unit"; done > "$out/nix-support/depends"
eval "$fix"
