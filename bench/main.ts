/**
 * Runs the benches and prints every figure beside its limit or peer.
 *
 * Usage: npm run bench [-- NAME ...] [-- --json] [-- --list]
 */
import { BENCHES } from './benches.ts'
import type { Figure } from './figure.ts'

const args = process.argv.slice(2)
const names = args.filter(argument => !argument.startsWith('--'))
const json = args.includes('--json')

function print(figure: Figure): void {
  if (json) return console.log(JSON.stringify(figure))
  const value = `${format(figure.value)} ${figure.unit}`
  const bar = figure.bar === undefined ? '' : `   (bar: ${figure.bar})`
  console.log(
    `${figure.bench.padEnd(26)} ${figure.figure.padEnd(30)} ${value.padStart(22)}   ${format(figure.ratio)} x ${figure.versus}${bar}`,
  )
}

function format(number: number): string {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3)
}

async function main(): Promise<void> {
  if (args.includes('--list')) return console.log([...BENCHES.keys()].join('\n'))
  for (const name of names)
    if (!BENCHES.has(name))
      throw new Error(`no bench named ${name}; there are: ${[...BENCHES.keys()].join(', ')}`)
  for (const [name, run] of BENCHES) {
    if (names.length > 0 && !names.includes(name)) continue
    for (const figure of await run()) print(figure)
  }
}

await main()
