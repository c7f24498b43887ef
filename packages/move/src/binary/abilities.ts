/**
 * Abilities: what may be done with values of a type. A set is a bit mask, as in the binary format.
 * @module
 */

/** Bit mask over {@link ABILITY}. */
export type AbilitySet = number

/** One bit for each ability. */
export const ABILITY = { copy: 1, drop: 2, store: 4, key: 8 } as const

export type AbilityName = keyof typeof ABILITY

/** Every ability. */
export const ALL_ABILITIES: AbilitySet = 15

/** Abilities of integers, booleans and addresses. */
export const PRIMITIVE_ABILITIES: AbilitySet = ABILITY.copy | ABILITY.drop | ABILITY.store

/** Abilities of references. */
export const REFERENCE_ABILITIES: AbilitySet = ABILITY.copy | ABILITY.drop

/** True when `set` holds every ability of `needed`. */
export function hasAbilities(set: AbilitySet, needed: AbilitySet): boolean {
  return (set & needed) === needed
}

/** The names in a set, in the order copy, drop, store, key. */
export function abilityNames(set: AbilitySet): AbilityName[] {
  return (Object.keys(ABILITY) as AbilityName[]).filter(name => (set & ABILITY[name]) !== 0)
}

/** What a field must have so that its owner may have `declared`: the same, and `store` where the owner has `key`. */
export function requiredOfFields(declared: AbilitySet): AbilitySet {
  const same = declared & ~ABILITY.key
  return (declared & ABILITY.key) === 0 ? same : same | ABILITY.store
}

/**
 * Abilities of a datatype instance: those declared, less those that an argument in a position that is not
 * phantom cannot support.
 */
export function instanceAbilities(
  declared: AbilitySet,
  parameters: readonly { readonly isPhantom: boolean }[],
  argumentAbilities: readonly AbilitySet[],
): AbilitySet {
  let result = declared
  for (const [i, parameter] of parameters.entries()) {
    if (parameter.isPhantom) continue
    const has = argumentAbilities[i] ?? 0
    for (const ability of Object.values(ABILITY)) {
      if (!hasAbilities(has, requiredOfFields(ability))) result &= ~ability
    }
  }
  return result
}
