/**
 * A systematic Reed-Solomon code of RedStuff as a straight-line program: an inverse additive FFT finds the polynomial
 * that has the originals as its values, an FFT its values elsewhere, which are the recovery symbols. Steps that only
 * work on zeros, or on what nobody wants, are left out.
 *
 * The points are the field's elements in their Cantor basis b, where the vanishing polynomial of span(b_0 … b_{m-1})
 * maps an element with coordinates `c` to the one with coordinates `c >> m`; that is the factor of a butterfly over
 * `2^m` elements. With more originals than recovery symbols (rounded up to powers of two) recovery symbols are at the first
 * points and the originals behind them, in chunks that are summed; otherwise the originals are first.
 * Spec: Lin, Han, Chung, "Novel Polynomial Basis and Its Application to Reed-Solomon Erasure Codes", FOCS 2014. Which
 * points belong to which symbols is the code that Walrus uses; the tests compare with the official encoder.
 * @module
 */

export type Step =
  /** `x += factor * y`, then `y += x`. */
  | { readonly kind: 'butterfly'; readonly x: number; readonly y: number; readonly factor: number }
  /** `y += x`, then `x += factor * y`. */
  | { readonly kind: 'inverse'; readonly x: number; readonly y: number; readonly factor: number }
  /** `x += factor * y`. */
  | { readonly kind: 'multiply'; readonly x: number; readonly y: number; readonly factor: number }
  /** `x += y`. */
  | { readonly kind: 'add'; readonly x: number; readonly y: number }
  /** `x = y`. */
  | { readonly kind: 'copy'; readonly x: number; readonly y: number }

/** A program over numbered slots. */
export interface Transform {
  readonly slots: number
  /** Where the originals go, one after another from slot 0 on. */
  readonly originals: number
  /** First slot of each run of recovery symbols, and how many they are. */
  readonly outputs: readonly { readonly slot: number; readonly count: number }[]
  readonly steps: readonly Step[]
}

/** The program that makes `recovery` symbols of `originals` ones. @param recovery at least 1 */
export function recoveryTransform(originals: number, recovery: number): Transform {
  const transform =
    powerOfTwoFrom(originals) > powerOfTwoFrom(recovery)
      ? recoveryFirst(originals, recovery)
      : originalsFirst(originals, recovery)
  return { ...transform, steps: wantedSteps(transform) }
}

function recoveryFirst(originals: number, recovery: number): Transform {
  const chunk = powerOfTwoFrom(recovery)
  const steps: Step[] = []
  const chunks = Math.ceil(originals / chunk)
  for (let index = 0; index < chunks; index++) {
    const slot = index * chunk
    steps.push(...inverseSteps(slot, chunk, Math.min(chunk, originals - slot), slot + chunk))
    if (index > 0) for (let i = 0; i < chunk; i++) steps.push({ kind: 'add', x: i, y: slot + i })
  }
  steps.push(...forwardSteps(0, chunk, 0))
  return { slots: chunks * chunk, originals, outputs: [{ slot: 0, count: recovery }], steps }
}

function originalsFirst(originals: number, recovery: number): Transform {
  const chunk = powerOfTwoFrom(originals)
  const steps = inverseSteps(0, chunk, originals, 0)
  const outputs: { slot: number; count: number }[] = []
  for (let made = 0; made < recovery; made += chunk) {
    const slot = made + chunk
    for (let i = 0; i < chunk; i++) steps.push({ kind: 'copy', x: slot + i, y: i })
    steps.push(...forwardSteps(slot, chunk, slot))
    outputs.push({ slot, count: Math.min(chunk, recovery - made) })
  }
  return { slots: chunk * (outputs.length + 1), originals, outputs, steps }
}

/** From values at the points from `point` on to coefficients. Only the first `given` values are not zero. */
function inverseSteps(slot: number, size: number, given: number, point: number): Step[] {
  const steps: Step[] = []
  let filled = given
  for (let level = 0; 1 << level < size; level++) {
    const half = 1 << level
    for (let block = 0; block < filled; block += 2 * half) {
      const factor = (point + block) >>> level
      for (let i = block; i < Math.min(block + half, filled); i++) {
        const [x, y] = [slot + i, slot + i + half]
        if (i + half < filled) steps.push(...inverseButterfly(x, y, factor))
        else steps.push({ kind: 'copy', x: y, y: x }, ...multiply(x, y, factor))
      }
    }
    filled = Math.min(size, Math.ceil(filled / (2 * half)) * 2 * half)
  }
  return steps
}

function forwardSteps(slot: number, size: number, point: number): Step[] {
  const steps: Step[] = []
  for (let half = size / 2, level = Math.log2(half); half >= 1; half /= 2, level--)
    for (let block = 0; block < size; block += 2 * half) {
      const factor = (point + block) >>> level
      for (let i = slot + block; i < slot + block + half; i++)
        steps.push(forwardButterfly(i, i + half, factor))
    }
  return steps
}

function forwardButterfly(x: number, y: number, factor: number): Step {
  return factor === 0 ? { kind: 'add', x: y, y: x } : { kind: 'butterfly', x, y, factor }
}

function inverseButterfly(x: number, y: number, factor: number): Step[] {
  return factor === 0 ? [{ kind: 'add', x: y, y: x }] : [{ kind: 'inverse', x, y, factor }]
}

function multiply(x: number, y: number, factor: number): Step[] {
  return factor === 0 ? [] : [{ kind: 'multiply', x, y, factor }]
}

/** From the last step to the first: what it makes must be wanted, and then what it is made of is. */
function wantedSteps({ steps, outputs }: Transform): readonly Step[] {
  const wanted = new Set<number>()
  for (const { slot, count } of outputs) for (let i = 0; i < count; i++) wanted.add(slot + i)
  const kept: Step[] = []
  for (const step of steps.toReversed()) {
    const isWanted = wanted.has(step.x) || (isButterfly(step) && wanted.has(step.y))
    if (!isWanted) continue
    if (step.kind === 'butterfly' && !wanted.has(step.y)) kept.push({ ...step, kind: 'multiply' })
    else kept.push(step)
    if (step.kind === 'copy') wanted.delete(step.x)
    else wanted.add(step.x)
    wanted.add(step.y)
  }
  return kept.reverse()
}

function isButterfly(step: Step): boolean {
  return step.kind === 'butterfly' || step.kind === 'inverse'
}

/** The smallest power of two that is not less. */
export function powerOfTwoFrom(least: number): number {
  return 2 ** Math.ceil(Math.log2(least))
}
