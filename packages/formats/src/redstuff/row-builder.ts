/**
 * Follows recipes: makes rows of other rows, some symbols of all of them at a time.
 * @module
 */
import { Engine } from './engine.ts'
import type { Recipe } from './recipes.ts'
import { SymbolLayout } from './symbol-layout.ts'
import type { Step } from './transform.ts'

/** Bytes of each row that are in memory at once, at least one symbol. */
const PANEL_BYTES = 65_536
/** Bytes of each row that are worked on at once, so that all rows' stay in a processor's cache. */
const STRIPE_BYTES = 1024

export class RowBuilder {
  readonly #engine = new Engine()
  readonly #layout: SymbolLayout

  constructor(symbolSize: number) {
    this.#layout = new SymbolLayout(symbolSize)
  }

  /** The rows that recipes make of given rows. @param rows by number, all of the same length */
  follow(
    wanted: readonly Recipe[],
    rows: ReadonlyMap<number, Uint8Array>,
  ): readonly Uint8Array<ArrayBuffer>[] {
    const [first] = rows.values()
    if (first === undefined) return []
    this.#engine.giveBack(0)
    const { plainBytes, blockedBytes } = this.#layout
    const panelSymbols = Math.max(1, Math.floor(PANEL_BYTES / blockedBytes))
    const slotBytes = panelSymbols * blockedBytes
    const slots = this.#engine.reserve((rows.size + wanted.length) * slotBytes)
    const plain = this.#engine.reserve(panelSymbols * plainBytes)
    const program = this.#engine.load(stepsOf(wanted, [...rows.keys()]), slotBytes)
    const made = wanted.map(() => new Uint8Array(first.length))
    const panelBytes = panelSymbols * plainBytes
    for (let from = 0; from < first.length; from += panelBytes) {
      const count = Math.min(panelSymbols, (first.length - from) / plainBytes)
      const bytes = count * plainBytes
      let slot = slots
      for (const row of rows.values()) {
        this.#engine.view(plain, bytes).set(row.subarray(from, from + bytes))
        this.#engine.toBlocks(slot, plain, count, this.#layout)
        slot += slotBytes
      }
      const targets = slot
      this.#engine.view(targets, wanted.length * slotBytes).fill(0)
      for (let offset = 0; offset < count * blockedBytes; offset += STRIPE_BYTES)
        this.#engine.run(program, slots + offset, Math.min(STRIPE_BYTES, count * blockedBytes - offset))
      made.forEach((row, index) => {
        this.#engine.toPlain(plain, targets + index * slotBytes, count, this.#layout)
        row.set(this.#engine.view(plain, bytes), from)
      })
    }
    return made
  }
}

/** Given rows are the first slots, wanted ones the next. */
function stepsOf(wanted: readonly Recipe[], given: readonly number[]): readonly Step[] {
  const slots = new Map(given.map((row, slot) => [row, slot]))
  return wanted.flatMap((recipe, index) =>
    recipe.flatMap(({ row, factor }): Step[] => {
      const [x, y] = [given.length + index, slots.get(row) as number]
      return factor === 0 ? [] : [{ kind: 'multiply', x, y, factor }]
    }),
  )
}
