/**
 * Who may import whom (ARCHITECTURE.md, "Layers"). Reads import specifiers of every source file and
 * refuses what the table does not allow; draws the same table into ARCHITECTURE.md.
 *
 * Usage: node tools/layers.ts [--check] [--root FOLDER]
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string' } } })
const root = resolve(options.root ?? join(import.meta.dirname, '..'))

/** Layer → layers of ours that it may import. Third parties are limited by each package's manifest. */
const ALLOWED: Record<string, readonly string[]> = {
  contracts: [],
  formats: [],
  move: ['formats'],
  sui: ['move', 'formats'],
  devnet: ['sui', 'move', 'formats', 'contracts'],
  client: ['formats'],
  host: ['formats'],
  daemon: ['client', 'host', 'formats'],
  squid: ['client', 'contracts', 'daemon', 'devnet', 'formats', 'host'],
}

/** Packages whose folders never import each other: what they share is wired in apps/squid/src/compose.ts. */
const SIBLINGS_APART = new Set(['daemon', 'host'])

/** `test/`, `bench/` and `tools/` stand above everything. */
const ABOVE = new Set(['test', 'bench', 'tools'])

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g

function layerOf(file: string): string {
  const [top = '', second = ''] = file.split(sep)
  return top === 'packages' || top === 'apps' ? second : top
}

/** First folder below `src/`, or undefined for files directly in it. */
function folderOf(file: string): string | undefined {
  const parts = file.split(sep)
  return parts.length > 4 && parts[2] === 'src' ? parts[3] : undefined
}

function violations(file: string): string[] {
  const layer = layerOf(file)
  if (ABOVE.has(layer)) return []
  const allowed = ALLOWED[layer]
  if (allowed === undefined) return [`${file}: folder ${layer} has no place in tools/layers.ts`]
  const found: string[] = []
  for (const match of readFileSync(join(root, file), 'utf8').matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    if (specifier.startsWith('@squid/')) {
      const target = specifier.split('/')[1] ?? ''
      if (!allowed.includes(target)) found.push(`${file}: ${layer} may not import ${specifier}`)
      if (layer === 'devnet' && specifier === '@squid/contracts/squid')
        found.push(`${file}: devnet knows nothing of Squid`)
    } else if (specifier.startsWith('.')) {
      const target = relative(root, join(root, dirname(file), specifier))
      if (layerOf(target) !== layer) found.push(`${file}: imports ${target} of another layer by path`)
      else if (
        SIBLINGS_APART.has(layer) &&
        folderOf(file) !== undefined &&
        folderOf(target) !== undefined &&
        folderOf(file) !== folderOf(target)
      )
        found.push(`${file}: folders inside ${layer} do not import their siblings (${target})`)
    }
  }
  return found
}

function diagram(): string {
  const lines = Object.entries(ALLOWED).flatMap(([from, to]) => to.map(target => `  ${from} --> ${target}`))
  return ['```mermaid', 'graph TD', ...lines, '```'].join('\n')
}

function redrawn(text: string): string {
  const [begin, end] = ['<!-- layers:begin -->\n', '<!-- layers:end -->']
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from)
    throw new Error('ARCHITECTURE.md has lost the marks between which the layers are drawn')
  return `${text.slice(0, from + begin.length)}${diagram()}\n${text.slice(to)}`
}

const files = globSync('{contracts,packages/*/src,apps/*,test,bench,tools}/**/*.ts', { cwd: root }).filter(
  file => !file.includes('node_modules'),
)
const found = files.flatMap(violations)
const document = join(root, 'ARCHITECTURE.md')
const before = readFileSync(document, 'utf8')
const after = redrawn(before)
if (options.check !== true) writeFileSync(document, after)
else if (after !== before)
  found.push('ARCHITECTURE.md: the diagram is not current; run: node tools/layers.ts')
for (const line of found) console.error(line)
if (found.length > 0) process.exitCode = 1
else console.log(`layers: ${files.length} files, every import allowed`)
