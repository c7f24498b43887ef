/**
 * What a bench reports.
 * @module
 */

/** One measured number beside its limit or a peer that was measured in the same run. */
export interface Figure {
  /** For instance `vm.generated-vs-switch`. */
  readonly bench: string
  /** What was measured, for instance `fib(22)`. */
  readonly figure: string
  readonly value: number
  /** For instance `ms`, `MiB/s`, `transactions/s`. */
  readonly unit: string
  /** The limit or peer, in words. */
  readonly versus: string
  /** value divided by the peer's, in the same unit. */
  readonly ratio: number
  /** What the value is to reach, for instance `>= 120 MiB/s`. */
  readonly bar?: string
}

/** Median of the numbers; of an even count the lower middle one. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]
  if (middle === undefined) throw new Error('no numbers')
  return middle
}
