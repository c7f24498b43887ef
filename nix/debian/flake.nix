# Debian packages as Nix packages, without nixpkgs. `debian.json` (what is taken from Debian's archives, by hash) and
# `seed/busybox` (the one program that is not built here) are written beside this file by `tools/debian.ts`.
{
  description = "Debian packages as Nix derivations, and programs compiled with them from source";

  outputs =
    { self }:
    let
      lock = builtins.fromJSON (builtins.readFile ./debian.json);
      debian = import ./default.nix {
        inherit lock;
        seed = ./seed;
      };
    in
    {
      packages.${lock.system} = debian.offered;
      checks.${lock.system} = debian.checks;
      legacyPackages.${lock.system} = debian.packages;
      lib = {
        inherit (debian) mkDerivation;
      };
    };
}
