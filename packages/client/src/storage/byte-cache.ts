/**
 * Least-recently-used cache of byte arrays, limited by their total size.
 * @module
 */
export class ByteCache<Value extends { readonly bytes: Uint8Array }> {
  readonly #limit: number
  readonly #entries = new Map<string, Value>()
  #size = 0

  /** @param limit bytes kept at most; one larger value is not kept at all */
  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.delete(key)
    if (value.bytes.length > this.#limit) return
    this.#entries.set(key, value)
    this.#size += value.bytes.length
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#size -= value.bytes.length
  }

  clear(): void {
    this.#entries.clear()
    this.#size = 0
  }
}
