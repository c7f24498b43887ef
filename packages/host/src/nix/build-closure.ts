/**
 * What builds need: the sources that are fetched, and the outputs of one derivation that another one takes.
 * @module
 */
import { concatBytes } from '@squid/formats/bytes'
import { type Derivation, derivationKind, parseDerivation } from '@squid/formats/derivation'
import { parseNar } from '@squid/formats/nar'
import type { Nix } from './nix.ts'
import { dumpPath } from './store.ts'

/** Outputs to realise so that something can be built again, as `DRV!OUTPUT`, sorted. */
export interface BuildNeeds {
  /** Outputs of fixed-output derivations: what is downloaded. */
  readonly sources: readonly string[]
  /** Outputs that a derivation takes from another one, sources among them. */
  readonly inputs: readonly string[]
}

/** @param derivations a closure of `.drv` files in the store @throws {NixError} */
export async function buildNeeds(nix: Nix, derivations: readonly string[]): Promise<BuildNeeds> {
  const sources = new Set<string>()
  const inputs = new Set<string>()
  for (const path of derivations) {
    const derivation = await readDerivation(nix, path)
    if (derivationKind(derivation) === 'fixed-output') sources.add(`${path}!out`)
    for (const { path: input, outputs } of derivation.inputDerivations)
      for (const output of outputs) inputs.add(`${input}!${output}`)
  }
  return { sources: [...sources].sort(), inputs: [...inputs].sort() }
}

async function readDerivation(nix: Nix, path: string): Promise<Derivation> {
  const parts: Uint8Array[] = []
  for await (const event of parseNar(dumpPath(nix, path)))
    if (event.kind === 'data') parts.push(event.bytes.slice())
  return parseDerivation(concatBytes(parts))
}
