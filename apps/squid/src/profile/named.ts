/**
 * Elements of a profile by the names that people type.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { ProfileElement } from '@squid/host/nix/profile'

/**
 * @param names empty for all
 * @throws {SquidError} NOT_INSTALLED
 */
export function namedElements(
  elements: readonly ProfileElement[],
  names: readonly string[],
  profile: string,
): readonly ProfileElement[] {
  if (names.length === 0) return elements
  return [...new Set(names)].map(name => {
    const found = elements.find(element => element.name === name)
    if (found !== undefined) return found
    const there = elements.map(element => element.name).join(', ')
    throw new SquidError(
      'NOT_INSTALLED',
      `${name} is not installed in ${profile}; it has ${there === '' ? 'nothing' : there}`,
    )
  })
}
