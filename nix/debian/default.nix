# From a lock and a static busybox to packages. Every archive file is a fixed-output derivation; every unit of the lock
# (a package, or several that need each other) is one store path, whose programs run from where they are.
{ lock, seed }:
let
  inherit (lock) system;
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genericClosure
    intersectAttrs
    listToAttrs
    mapAttrs
    placeholder
    ;

  # Tools to unpack with: busybox under all its names.
  busybox = "${seed}/busybox";
  tools = derivation {
    name = "seed-tools";
    inherit system;
    builder = busybox;
    args = [ "sh" "-e" "-c" "${busybox} mkdir -p $out/bin && ${busybox} cp ${busybox} $out/bin && ${busybox} --install -s $out/bin" ];
  };
  script =
    name: environment: file:
    derivation (
      {
        inherit name system;
        builder = "${tools}/bin/sh";
        args = [ "-e" "-u" file ];
        PATH = "${tools}/bin";
      }
      // environment
    );

  # A file of the archive. Where the mirror is does not matter to any path that is made of it.
  fetch =
    file:
    derivation {
      inherit (file) name;
      url = elemAt lock.mirrors file.mirror + file.path;
      system = "builtin";
      builder = "builtin:fetchurl";
      outputHashMode = "flat";
      outputHashAlgo = "sha256";
      outputHash = file.sha256;
      preferLocalBuild = true;
    };

  # Units that a unit needs to run, directly or not, itself left out; the direct ones come first.
  needed =
    key:
    map (it: it.key) (genericClosure {
      startSet = map (key: { inherit key; }) lock.units.${key}.depends;
      operator = it: map (key: { inherit key; }) lock.units.${it.key}.depends;
    });

  # patchelf and what it runs on, as their archives have them; nothing that is built refers to it.
  patchelf =
    let
      key = lock.packages.patchelf;
    in
    script "seed-patchelf" {
      archives = map fetch (concatMap (it: lock.units.${it}.archives) ([ key ] ++ needed key));
    } ./seed-patchelf.sh;

  # Changes that single packages need.
  fixes = import ./fixes.nix;

  # Interpreters of scripts that Debian has on every machine, so that no package says that it needs them. What one of
  # these needs itself may only use those before it.
  everywhere = map (name: lock.packages.${name}) [
    "dash"
    "bash"
    "coreutils"
    "perl-base"
  ];
  implied =
    key:
    let
      step =
        found: it:
        if found.done || it == key || elem key (needed it) then
          found // { done = true; }
        else
          found // { units = found.units ++ [ it ]; };
    in
    (foldl' step {
      done = false;
      units = [ ];
    } everywhere).units;

  libc = lock.packages.libc6;
  units = mapAttrs (
    key: unit:
    let
      all = needed key;
    in
    script unit.name {
      archives = map fetch unit.archives;
      direct = map (it: units.${it}) unit.depends;
      depends = map (it: units.${it}) (all ++ filter (it: !elem it all) (implied key));
      libc = if elem libc all then units.${libc} else "";
      fix = concatStringsSep "\n" (map (it: fixes.${it} or "") unit.packages);
      inherit patchelf;
    } ./unpack.sh
  ) lock.units;

  # Every package by its name; packages that need each other are the same path.
  packages = mapAttrs (name: key: units.${key} // { pname = name; }) lock.packages;

  # Units of packages and of all that these need.
  closureOf =
    names:
    map (it: units.${it.key}) (genericClosure {
      startSet = map (name: { key = lock.packages.${name}; }) names;
      operator = it: map (key: { inherit key; }) lock.units.${it.key}.depends;
    });

  stdenv = import ./stdenv.nix { inherit lock packages script closureOf fetch; };
  programs = import ./programs.nix {
    inherit packages;
    inherit (stdenv) mkDerivation source;
  };
  compiled = listToAttrs (
    map (name: {
      inherit name;
      value = programs.${name};
    }) (attrNames lock.sources)
  );

  wanted = listToAttrs (
    map (name: {
      inherit name;
      value = packages.${name};
    }) lock.wanted
  );

  hasCompiler = lock.sources != { };
  offered = wanted // compiled // (if hasCompiler then { inherit (stdenv) cc; } else { });

  # All that is offered, in one folder of links: its closure is everything.
  closure = script "debian-closure" {
    paths = attrValues offered;
  } ./closure.sh;

  # Each check runs in the sandbox, where nothing is but the store.
  checks = mapAttrs (
    name: text:
    derivation {
      name = "check-${name}";
      inherit system;
      builder = "${packages.bash}/bin/bash";
      args = [ "-e" "-u" "-o" "pipefail" "-c" ''
        export HOME=$PWD LC_ALL=C
        ${text}
        echo ok > $out
      '' ];
      PATH = "${offered.${name}}/bin:${packages.coreutils}/bin";
    }
  ) (intersectAttrs offered (import ./checks.nix));

  # Built when every check passes.
  checked = derivation {
    name = "debian-checked";
    inherit system;
    builder = "${tools}/bin/touch";
    args = [ (placeholder "out") ];
    passed = attrValues checks;
  };
in
{
  inherit packages checks;
  mkDerivation =
    if hasCompiler then stdenv.mkDerivation else throw "this flake has no compiler; generate it with --source hello";
  offered = offered // { inherit checked closure; };
}
