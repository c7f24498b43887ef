# The flake of our tests: every kind of output that Squid must carry, from one static busybox (`seed/busybox`, put
# beside this file by the tests), without nixpkgs. Each derivation builds in well under a second.
{
  description = "Sample outputs for tests";

  outputs =
    { self }:
    let
      system = "x86_64-linux";
      busybox = "${./seed}/busybox";

      # A shell script as a builder; every busybox tool is in PATH.
      tools = derivation {
        name = "tools";
        inherit system;
        builder = busybox;
        args = [ "sh" "-e" "-c" "${busybox} mkdir -p $out/bin && ${busybox} cp ${busybox} $out/bin && ${busybox} --install -s $out/bin" ];
      };
      script =
        name: environment: text:
        derivation (
          {
            inherit name system;
            builder = "${tools}/bin/sh";
            PATH = "${tools}/bin";
            args = [ "-e" "-u" "-c" text ];
          }
          // environment
        );

      chain = n: script "chain-${toString n}" { } (
        "mkdir $out; echo ${toString n} > $out/number\n"
        + (if n == 1 then "" else "ln -s ${chain (n - 1)} $out/next\n")
      );
    in
    {
      packages.${system} = rec {
        # Prints its arguments; refers to busybox and to a chain of five paths.
        hello = script "hello-1.0" { } ''
          mkdir -p $out/bin
          cat > $out/bin/hello <<END
          #!${tools}/bin/sh
          # ${chain 5}
          echo "hello \$*"
          END
          chmod +x $out/bin/hello
        '';
        default = hello;

        # Twenty paths, each referring to the one before.
        chain20 = chain 20;

        # Two outputs; `dev` refers to `out`, and only `out` is installed.
        several = script "several-2.0" {
          outputs = [ "out" "dev" ];
        } "mkdir -p $out/bin $dev; echo '#!${tools}/bin/sh' > $out/bin/several; echo echo several >> $out/bin/several; chmod +x $out/bin/several; ln -s $out $dev/to-out" // {
          meta.outputsToInstall = [ "out" ];
        };

        # An executable, an empty file, an empty folder, symlinks, odd names, 1 MiB that does not compress well.
        files = script "files" { } ''
          mkdir -p $out/empty "$out/with space"
          : > $out/nothing
          printf '%s' abc > "$out/with space/ü"
          printf x > $out/run; chmod +x $out/run
          ln -s nothing $out/link
          ln -s /does/not/exist $out/dangling
          i=0; while [ $i -lt 2048 ]; do echo $i | sha512sum; i=$((i+1)); done | cut -c1-128 | tr -d '\n' > $out/data
        '';

        # Fixed-output: its content is known before it is built.
        fixed = script "fixed.txt" {
          outputHashMode = "flat";
          outputHashAlgo = "sha256";
          outputHash = builtins.hashString "sha256" "fixed\n";
        } "echo fixed > $out";

        # meta.mainProgram differs from the name.
        renamed = script "renamed-1" { } "mkdir -p $out/bin; printf '#!${tools}/bin/sh\necho main program\n' > $out/bin/other; chmod +x $out/bin/other" // {
          meta.mainProgram = "other";
        };

        # Its program writes to standard error and ends with status 7.
        seven = script "seven-1" { } "mkdir -p $out/bin; printf '#!${tools}/bin/sh\\necho to stderr >&2\\nexit 7\\n' > $out/bin/seven; chmod +x $out/bin/seven";

        # No program at all.
        data = builtins.toFile "not-a-derivation" "data";
        library = script "library-1" { } "mkdir $out; echo lib > $out/lib";

        # Fails to build.
        broken = script "broken" { } "echo this cannot work >&2; exit 3";
      };

      apps.${system}.greet = {
        type = "app";
        program = "${self.packages.${system}.several}/bin/several";
      };
    };
}
