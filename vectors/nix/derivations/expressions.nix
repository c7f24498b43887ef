let
  mk = name: args: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // args);
  src = builtins.path { name = "data"; path = ./src; };
  fixed = mk "fixed" { outputHashAlgo = "sha256"; outputHashMode = "flat"; outputHash = builtins.hashString "sha256" "x"; args = [ "-c" "echo x" ]; };
  fixedSame = mk "fixed" { outputHashAlgo = "sha256"; outputHashMode = "flat"; outputHash = builtins.hashString "sha256" "x"; args = [ "-c" "echo other mirror" ]; };
  fixedRec = mk "fixedrec" { outputHashAlgo = "sha256"; outputHashMode = "recursive"; outputHash = builtins.hashString "sha256" "y"; };
  sha1 = mk "sha1" { outputHashAlgo = "sha1"; outputHashMode = "recursive"; outputHash = builtins.hashString "sha1" "y"; };
  md5 = mk "md5" { outputHashAlgo = "md5"; outputHashMode = "flat"; outputHash = builtins.hashString "md5" "y"; };
  sha512 = mk "sha512" { outputHashAlgo = "sha512"; outputHashMode = "flat"; outputHash = builtins.hashString "sha512" "y"; };
  base = mk "base" { inherit src; text = builtins.toFile "hello.txt" "hello\n"; tricky = "tab\t quote\" backslash\\ newline\n return\r dollar$ é"; };
  multi = mk "multi" { outputs = [ "out" "dev" "doc" ]; inherit base fixed fixedSame; };
  top = mk "top" { a = multi.dev; b = multi.out; c = fixedRec; d = sha1; e = md5; f = sha512; g = fixedSame; };
  floating = mk "floating" { __contentAddressed = true; outputHashAlgo = "sha256"; outputHashMode = "recursive"; };
  above = mk "above" { inherit floating; };
in { inherit top floating above fixed fixedRec sha1 md5 sha512; }
