/**
 * A closure that real Nix builds for these tests: no nixpkgs, no network. The builder is the machine's own shell, bound
 * into the sandbox, so nothing of it ends up in a path.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NixEnvironment } from '@squid/host/nix/testing'

const SHELL_FOLDERS = ['/bin', '/usr', '/lib', '/lib32', '/lib64', '/etc/alternatives']

/** Chains, several outputs, references to oneself, fixed outputs of several kinds, every kind of file, odd names. */
const EXPRESSION = String.raw`
{ sha256, sha512 }:
let
  mk = name: args: derivation ({
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    PATH = "/bin:/usr/bin";
  } // args);
  run = name: script: args: mk name ({ args = [ "-ec" script ]; } // args);
  fixed = algo: mode: run "fixed-${'$'}{algo}-${'$'}{mode}" "printf abc > $out" {
    outputHashAlgo = algo;
    outputHashMode = mode;
    outputHash = if mode == "flat" then builtins.hashString algo "abc" else { inherit sha256 sha512; }.${'$'}{algo};
  };
  text = builtins.toFile "text" "a text\n";
  texts = builtins.toFile "texts" "refers to ${'$'}{text}\n";
  link = n: before: run "link-${'$'}{toString n}" "echo $before > $out" { inherit before; };
  chain = builtins.foldl' (before: n: link n before) texts (builtins.genList (n: n) 20);
  multi = run "multi" ''
    mkdir $out $dev $doc
    echo $out > $dev/include; echo $dev > $doc/readme; echo lib > $out/lib
  '' { outputs = [ "out" "dev" "doc" ]; };
  files = run "files" ''
    mkdir -p $out/bin "$out/a b" $out/empty
    printf '#!/bin/sh\n' > $out/bin/run; chmod +x $out/bin/run
    printf "" > $out/nothing; printf 1234567 > $out/seven; printf 12345678 > $out/eight
    ln -s $multi/lib $out/link; ln -s missing "$out/a b/dangling"
    printf x > $out/A; printf x > $out/a; printf x > $out/é; printf x > "$out/$(printf '\377')"
    head -c 3000000 /dev/zero > $out/large
  '' { inherit multi; };
in run "top" "echo $chain $files $doc $a $b $c $d $out > $out" {
  inherit chain files;
  doc = multi.doc;
  a = fixed "sha256" "flat"; b = fixed "sha1" "flat"; c = fixed "sha256" "recursive"; d = fixed "sha512" "recursive";
  tricky = "tab\t quote\" backslash\\ line\n return\r é";
}
`

/** The built closure. */
export interface Sample {
  readonly environment: NixEnvironment
  /** The last output. */
  readonly top: string
  readonly derivation: string
}

/** Runs a command of Nix, for its standard output as bytes. */
export function nix(
  environment: NixEnvironment,
  command: string,
  args: readonly string[],
  input?: string,
): Uint8Array {
  const options = {
    env: environment.env,
    maxBuffer: 1 << 28,
    stdio: 'pipe' as const,
    ...(input === undefined ? {} : { input }),
  }
  return Uint8Array.from(execFileSync(command, args, options))
}

/** The same as text, without its last line end. */
export function nixText(
  environment: NixEnvironment,
  command: string,
  args: readonly string[],
  input?: string,
): string {
  return Buffer.from(nix(environment, command, args, input))
    .toString()
    .trimEnd()
}

/** Builds the closure in an environment of its own, which the caller disposes. */
export async function buildSample(): Promise<Sample> {
  const folders = SHELL_FOLDERS.filter(existsSync).join(' ')
  const environment = await NixEnvironment.create({ 'sandbox-paths': folders })
  const abc = join(environment.dir, 'abc')
  const expression = join(environment.dir, 'sample.nix')
  await writeFile(abc, 'abc')
  await writeFile(expression, EXPRESSION)
  const narHashes = ['sha256', 'sha512'].flatMap(algo => {
    return ['--argstr', algo, nixText(environment, 'nix-hash', ['--type', algo, abc])]
  })
  const derivation = nixText(environment, 'nix-instantiate', [...narHashes, expression])
  const top = nixText(environment, 'nix-store', ['-r', derivation])
  return { environment, top, derivation }
}

/** What Nix knows of a path. */
export interface PathInfo {
  readonly path: string
  readonly narHash: string
  readonly narSize: number
  readonly references: string[]
  readonly deriver?: string
  readonly ca?: string
  readonly signatures?: string[]
}

/** Every path that the given one needs at run time. */
export function closureOf(environment: NixEnvironment, path: string): PathInfo[] {
  return JSON.parse(nixText(environment, 'nix', ['path-info', '-r', '--json', path])) as PathInfo[]
}

/** A derivation, those that it needs, and their sources. */
export function derivationClosureOf(environment: NixEnvironment, path: string): PathInfo[] {
  return JSON.parse(
    nixText(environment, 'nix', ['path-info', '--derivation', '-r', '--json', path]),
  ) as PathInfo[]
}
