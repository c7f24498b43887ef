/**
 * Steps of the demo with their times.
 * @module
 */

/** Runs steps, says each, and remembers how long it took. */
export class Steps {
  readonly #seconds: [title: string, seconds: number][] = []

  async run<T>(title: string, work: () => Promise<T>): Promise<T> {
    console.log(`- ${title}`)
    const started = performance.now()
    const result = await work()
    this.#seconds.push([title, (performance.now() - started) / 1000])
    return result
  }

  show(): void {
    const width = Math.max(...this.#seconds.map(([title]) => title.length))
    console.log(`\n  ${'step'.padEnd(width)}  seconds`)
    for (const [title, seconds] of this.#seconds)
      console.log(`  ${title.padEnd(width)}  ${seconds.toFixed(2).padStart(7)}`)
  }
}

/** `1.5 MiB`. */
export function bytes(count: number): string {
  return count < 1024 * 1024 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 / 1024).toFixed(1)} MiB`
}
