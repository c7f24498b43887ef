/**
 * Which values of a transaction are entangled: those that went through the same command. A clique is hot while it
 * holds a value that must be used up (a hot potato: neither `drop` nor `store`), and for good once a shared object
 * was consumed in it. Non-public entry functions take no arguments of hot cliques.
 * Rules: https://move-book.com/move-advanced/entry-functions
 * @module
 */

/** A set of entangled values; sets grow together, as in union-find. */
export class Clique {
  #merged: Clique | undefined
  #hotValues = 0
  #alwaysHot = false

  /** The set that this one has become part of. */
  #root(): Clique {
    if (this.#merged === undefined) return this
    this.#merged = this.#merged.#root()
    return this.#merged
  }

  get isHot(): boolean {
    const root = this.#root()
    return root.#alwaysHot || root.#hotValues > 0
  }

  /** A hot potato came in. */
  heat(): void {
    this.#root().#hotValues += 1
  }

  /** A hot potato was used up. */
  cool(): void {
    this.#root().#hotValues -= 1
  }

  heatForGood(): void {
    this.#root().#alwaysHot = true
  }

  /** One clique of all of them; a new one when there are none. */
  static merge(cliques: readonly Clique[]): Clique {
    const [first = new Clique(), ...rest] = cliques
    const root = first.#root()
    for (const clique of rest) {
      const other = clique.#root()
      if (other === root) continue
      root.#hotValues += other.#hotValues
      root.#alwaysHot ||= other.#alwaysHot
      other.#merged = root
    }
    return root
  }
}
