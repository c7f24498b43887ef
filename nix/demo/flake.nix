# The flake that `npm run demo` publishes: a C program, compiled in the sandbox without nixpkgs, whose closure is a
# chain of store paths that it walks when it runs. `debian.json` (names, URLs and hashes of Debian packages) and
# `seed/busybox` are written beside this file when the demo starts; see apps/squid/demo/flake.ts.
{
  description = "A C program compiled from source, and a chain of store paths for it to walk";

  outputs =
    { self }:
    let
      system = "x86_64-linux";
      debian = builtins.fromJSON (builtins.readFile ./debian.json);

      # The one program that is not built here: a static busybox.
      busybox = "${./seed}/busybox";
      seed = derivation {
        name = "seed";
        inherit system;
        builder = busybox;
        args = [ "sh" "-e" "-c" "${busybox} mkdir -p $out/bin && ${busybox} cp ${busybox} $out/bin && ${busybox} --install -s $out/bin" ];
      };

      # One derivation: a shell script, with the seed's tools in PATH.
      script =
        name: environment: text:
        derivation (
          {
            inherit name system;
            builder = "${seed}/bin/sh";
            PATH = "${seed}/bin";
            args = [ "-e" "-u" "-c" text ];
          }
          // environment
        );

      # A Debian package as its archive has it: a fixed-output derivation with the archive's own URL and hash.
      archive =
        { name, url, sha256 }:
        derivation {
          inherit name url;
          system = "builtin";
          builder = "builtin:fetchurl";
          outputHashMode = "flat";
          outputHashAlgo = "sha256";
          outputHash = sha256;
          preferLocalBuild = true;
        };
      unpacked =
        package:
        script "${package}-unpacked" { } ''
          mkdir $out
          cd $out
          ar p ${archive debian.${package}} data.tar.xz | unxz | tar x
        '';
      libc6 = unpacked "libc6";
      tcc = unpacked "tcc";
      musl = unpacked "musl-dev";

      # Debian's tcc wants glibc at run time: its loader starts it. What it compiles is static, with musl.
      compile =
        name: source: defines:
        script name { } ''
          lib=${musl}/usr/lib/x86_64-linux-musl
          mkdir -p $out/bin
          ${libc6}/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path ${libc6}/lib/x86_64-linux-gnu \
            ${tcc}/usr/bin/tcc -B${tcc}/usr/lib/x86_64-linux-gnu/tcc -nostdinc -nostdlib -static -Wall \
            -I${musl}/usr/include/x86_64-linux-musl -I${tcc}/usr/lib/x86_64-linux-gnu/tcc/include ${defines} \
            -o $out/bin/${name} $lib/crt1.o $lib/crti.o ${source} $lib/libc.a \
            ${tcc}/usr/lib/x86_64-linux-gnu/tcc/libtcc1.a $lib/crtn.o
        '';

      # Links 1 to n, each a store path that names the one before it and carries a little text.
      chain =
        n:
        script "link-${toString n}" { } (
          ''
            mkdir $out
            echo "link ${toString n}" > $out/text
          ''
          + (if n == 1 then "" else "ln -s ${chain (n - 1)} $out/next\n")
        );
    in
    {
      packages.${system} = rec {
        hello = compile "hello" ./hello.c "-DCHAIN='\"${chain 24}\"'" // {
          meta.description = "Greets, and counts the store paths of its closure";
        };
        default = hello;
      };
    };
}
