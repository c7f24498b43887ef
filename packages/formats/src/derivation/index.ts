/**
 * Derivations: their file format, and the paths of their outputs.
 * @module
 */
export {
  decodeByteString,
  type Derivation,
  type DerivationInput,
  type DerivationOutput,
  formatDerivation,
  parseDerivation,
} from './aterm.ts'
export { DerivationGraph, type DerivationKind, derivationKind, derivationPath } from './graph.ts'
