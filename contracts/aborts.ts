/**
 * Which abort codes of a Move package no unit test of its own expects.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An abort code's constant, with what is written right above it. */
const CODE = /((?:^(?:#\[|\/\/\/).*\n)*)^const (E\w+):/gm

/**
 * Names of constants that fewer tests expect than modules define. Those marked unused are left out: natives abort
 * with them.
 */
export function untestedAborts(folder: string): string[] {
  const defined = new Map<string, number>()
  for (const [, above = '', name = ''] of readAll(join(folder, 'sources')).matchAll(CODE)) {
    if (!above.includes('unused_const')) defined.set(name, (defined.get(name) ?? 0) + 1)
  }
  const expected = [...readAll(join(folder, 'tests')).matchAll(/abort_code = [\w:]+::(E\w+)/g)].map(
    ([, name]) => name,
  )
  return [...defined]
    .filter(([name, count]) => expected.filter(other => other === name).length < count)
    .map(([name]) => name)
}

function readAll(folder: string): string {
  return readdirSync(folder)
    .map(file => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
}
