/**
 * What compiling a Move package yields: the form in which `gen/` keeps our contracts and in which the
 * embedded devnet's genesis takes them.
 *
 * @module
 */

/** One compiled Move module. */
export interface CompiledModule {
  readonly name: string
  /** Move bytecode, base64. */
  readonly bytecode: string
}

/** A compiled Move package with its addresses fixed. */
export interface CompiledPackage {
  /** As in its Move.toml. */
  readonly name: string
  /** `0x` and 64 lower-case hex digits. */
  readonly id: string
  /** In dependency order: a module comes after those that it calls. */
  readonly modules: readonly CompiledModule[]
  /** Ids of the packages that this one is linked to, itself left out. */
  readonly dependencies: readonly string[]
}
