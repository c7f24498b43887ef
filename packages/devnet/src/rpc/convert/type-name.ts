/**
 * Type names on the wire: as the SDK's `normalizeStructTag` writes them, full addresses and a space after each comma.
 * @module
 */

/** The wire's form of the ledger's canonical type name. */
export function writeType(canonical: string): string {
  return canonical.replaceAll(',', ', ')
}
