# Builds one source package: unpack, Debian's patches, configure, make, make install. There is no /bin/sh in the sandbox,
# so everything is told which shell to use: dash, as on Debian.
#
# In: src (a folder, or the files of a Debian source package), buildInputs, configureFlags, makeFlags, preConfigure,
# postInstall, shell.
export HOME=/homeless-shelter LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1
export CONFIG_SHELL=$shell SHELL=$shell
export CC=cc CXX=c++
triple=x86_64-linux-gnu

# Headers and libraries of the inputs and of what these depend on.
seen=' '
NIX_CFLAGS_COMPILE= NIX_LDFLAGS= PKG_CONFIG_PATH=
input() {
  local folder unit
  case $seen in *" $1 "*) return ;; esac
  seen="$seen$1 "
  for folder in "$1/include/$triple" "$1/include"; do
    [ ! -d "$folder" ] || NIX_CFLAGS_COMPILE+=" -isystem $folder"
  done
  for folder in "$1/lib/$triple" "$1/lib"; do
    if compgen -G "$folder/*.so*" > /dev/null || compgen -G "$folder/*.a" > /dev/null; then
      NIX_LDFLAGS+=" -L$folder -Wl,-rpath,$folder"
    fi
    [ ! -d "$folder/pkgconfig" ] || PKG_CONFIG_PATH+="${PKG_CONFIG_PATH:+:}$folder/pkgconfig"
  done
  if [ -e "$1/nix-support/depends" ]; then
    while read -r unit; do input "$unit"; done < "$1/nix-support/depends"
  fi
}
for unit in $buildInputs; do input "$unit"; done
export NIX_CFLAGS_COMPILE NIX_LDFLAGS PKG_CONFIG_PATH

# A folder, or Debian's source formats 1.0 and 3.0 (quilt): an original, then what Debian changes.
unpack() {
  local file patch
  mkdir source
  cd source
  if [ -d "$src" ]; then
    cp -r "$src/." .
    chmod -R u+w .
    return
  fi
  for file in $src; do
    case $file in *.orig.tar.*) tar xf "$file" --strip-components=1 ;; esac
  done
  for file in $src; do
    case $file in
      *.debian.tar.*)
        tar xf "$file"
        [ ! -e debian/patches/series ] || while read -r patch _; do
          case $patch in '' | '#'*) ;; *) patch -s -p1 < "debian/patches/$patch" ;; esac
        done < debian/patches/series
        ;;
      *.diff.gz) gzip -dc "$file" | patch -s -p1 ;;
    esac
  done
  # Scripts that name a shell of the machine; then one time for all files, so that nothing is made anew.
  find . -type f -perm -u+x -exec sed -i "1s|^#! */bin/\(ba\)\?sh|#!$shell|" {} +
  find . -exec touch -h -d @1 {} +
}

# Programs keep only the library folders that they use.
fixup() {
  local file
  find "$out" -type f -perm -u+x | while read -r file; do
    if patchelf --print-needed "$file" > /dev/null 2>&1; then
      strip --strip-debug "$file"
      patchelf --shrink-rpath "$file"
    fi
  done
}

unpack
eval "${preConfigure-}"
[ ! -e configure ] || $shell ./configure --prefix="$out" --disable-dependency-tracking ${configureFlags-}
make SHELL="$shell" PREFIX="$out" ${makeFlags-}
make SHELL="$shell" PREFIX="$out" ${makeFlags-} install
eval "${postInstall-}"
fixup
