# What single packages need beyond `unpack.sh`: commands in its language, run last. They are mostly for programs that
# have the folders of their data compiled in.
{
  # The loader looks for libraries where programs name them, and never in the folders of the machine it runs on.
  libc6 = ''
    sed -i 's|/lib/|/nil/|g; s|/etc/ld.so.cache|/nil/ld.so.cache|; s|/etc/ld.so.preload|/nil/ld.so.preload|' "$out/$loader"
  '';
  dash = ''
    [ -e "$out/bin/sh" ] || ln -s dash "$out/bin/sh"
  '';
  # The Python in it looks for its modules beside the program `python3`, which is elsewhere.
  gdb = ''
    for unit in $depends; do
      [ -z "$(find "$unit/lib" -maxdepth 2 -path '*/python3*/os.py' 2> /dev/null)" ] || home=$unit
    done
    wrap "$out/bin/gdb" PYTHONHOME="$home"
  '';
  git = ''
    wrap "$out/bin/git" GIT_EXEC_PATH="$out/lib/git-core" GIT_TEMPLATE_DIR="$out/share/git-core/templates"
  '';
  # Perl's program is in perl-base, most of its modules are not: this one finds all.
  perl = ''
    modules
    place /bin/perl
    start "$place" "$out/bin/perl" PERL5LIB+="$(echo "$modules" | tr ' ' :)"
  '';
  perl-base = ''
    modules
    wrap "$out/bin/perl" PERL5LIB+="$(echo "$modules" | tr ' ' :)"
  '';
}
