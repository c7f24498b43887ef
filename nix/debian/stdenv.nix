# A compiler and what configure scripts expect, from the unpacked packages; and `mkDerivation`, small, for autotools.
{ lock, packages, script, closureOf, fetch }:
let
  # gcc with headers, start files, linker and interpreter named on its command line: it uses nothing of the machine.
  cc = script "cc-wrapper" {
    units = closureOf [ "g++" "gcc" "libc6-dev" "binutils" ];
    libc = packages.libc6;
    libcxx = packages."libstdc++6";
    inherit (packages) binutils dash gcc;
    gxx = packages."g++";
  } ./cc.sh;

  tools = script "stdenv-tools" {
    paths = [ cc ] ++ map (name: packages.${name}) [
      "bash"
      "bzip2"
      "coreutils"
      "diffutils"
      "file"
      "findutils"
      "gawk"
      "grep"
      "gzip"
      "make"
      "patch"
      "patchelf"
      "sed"
      "tar"
      "xz-utils"
    ];
  } ./closure.sh;

  # The files of a Debian source package.
  source = name: {
    inherit (lock.sources.${name}) version;
    files = map fetch lock.sources.${name}.files;
  };

  # pname, version, src (files of a source package); optionally buildInputs, configureFlags, makeFlags, and commands
  # preConfigure, postInstall. See setup.sh.
  mkDerivation =
    arguments@{ pname, version, src, buildInputs ? [ ], ... }:
    derivation (
      {
        name = "${pname}-${version}";
        inherit (lock) system;
        builder = "${packages.bash}/bin/bash";
        args = [ "-e" "-u" "-o" "pipefail" ./setup.sh ];
        PATH = "${tools}/bin";
        shell = "${packages.dash}/bin/dash";
      }
      // arguments
      // {
        inherit src buildInputs;
      }
    );
in
{
  inherit cc mkDerivation source;
}
