# What is compiled from Debian's source packages. A lock has those that it was made with.
{ packages, mkDerivation, source }:
let
  program =
    pname: arguments:
    let
      from = source pname;
    in
    mkDerivation (
      {
        inherit pname;
        inherit (from) version;
        src = from.files;
      }
      // arguments
    );
in
{
  hello = program "hello" { configureFlags = [ "--disable-nls" ]; };

  gawk = program "gawk" {
    buildInputs = [ packages.libreadline-dev packages.libmpfr-dev packages.libgmp-dev ];
    configureFlags = [ "--disable-nls" ];
    # Debian's original has no manual, which may not be free.
    preConfigure = "sed -i '/^SUBDIRS = support/s/ doc awklib po test$//' Makefile.in; touch -d @1 Makefile.in";
  };
}
