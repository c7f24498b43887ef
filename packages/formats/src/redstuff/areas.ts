/**
 * An engine's free memory, divided anew for each blob into areas with names.
 * @module
 */
import type { Engine } from './engine.ts'

export class Areas {
  readonly #engine: Engine
  readonly #start: number
  readonly #known = new Map<string, { readonly at: number; readonly bytes: number }>()

  constructor(engine: Engine) {
    this.#engine = engine
    this.#start = engine.reserve(0)
  }

  /** All areas are free again. */
  clear(): void {
    this.#known.clear()
    this.#engine.giveBack(this.#start)
  }

  /** Address of the area of this name. What is in it is lost when it has to grow. */
  get(name: string, bytes: number): number {
    const known = this.#known.get(name)
    if (known !== undefined && known.bytes >= bytes) return known.at
    const at = this.#engine.reserve(bytes)
    this.#known.set(name, { at, bytes })
    return at
  }
}
