/**
 * Debian version numbers and their order.
 * Spec: https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
 * @module
 */

/** How two versions are compared in a dependency. */
export type VersionOperator = '<<' | '<=' | '=' | '>=' | '>>'

interface Parts {
  readonly epoch: number
  readonly upstream: string
  readonly revision: string
}

function parts(version: string): Parts {
  const colon = version.indexOf(':')
  const rest = version.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  }
}

/** Rank of one character outside of numbers: `~` before the end, the end before letters, letters before the rest. */
function rank(character: string | undefined): number {
  if (character === undefined || (character >= '0' && character <= '9')) return 0
  if (character === '~') return -1
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256
}

/** Compares alternating runs of non-digits and digits, as the policy has it. */
function compareText(left: string, right: string): number {
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    for (;;) {
      const [a, b] = [rank(left[i]), rank(right[j])]
      if (a !== b) return a - b
      if (a === 0) break
      i++
      j++
    }
    const [numberLeft, numberRight] = [digits(left, i), digits(right, j)]
    const difference = BigInt(numberLeft || '0') - BigInt(numberRight || '0')
    if (difference !== 0n) return difference < 0n ? -1 : 1
    i += numberLeft.length
    j += numberRight.length
  }
  return 0
}

function digits(text: string, from: number): string {
  return /^\d*/.exec(text.slice(from))?.[0] ?? ''
}

/**
 * Orders two versions.
 * @returns negative, zero or positive, as `left` is earlier than, equal to or later than `right`
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)]
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  const upstream = compareText(a.upstream, b.upstream)
  return upstream === 0 ? compareText(a.revision, b.revision) : upstream
}

/** Whether `version OPERATOR wanted` holds. */
export function satisfies(version: string, operator: VersionOperator, wanted: string): boolean {
  const order = compareVersions(version, wanted)
  if (operator === '=') return order === 0
  if (operator === '<<') return order < 0
  if (operator === '<=') return order <= 0
  return operator === '>=' ? order >= 0 : order > 0
}
