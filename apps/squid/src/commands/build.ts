/** `squid build REF[#attr]…`: brings released outputs into the store and makes links to them, without evaluating. */
import { lstatSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { realise } from '@squid/host/nix'
import { ask, type Asked, BRING_IN_OPTIONS, bringIn, openBringIn, REFERENCE_HELP } from '../bring-in.ts'
import { type Command, type Context, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'

export const build: Command = defineCommand({
  name: 'build',
  summary: 'Bring released outputs into the store, with links to them',
  arguments: 'REF[#ATTR]…',
  count: [1, 256],
  options: {
    'out-link': { type: 'string', short: 'o', value: 'PATH', summary: 'name of the links (default result)' },
    'no-link': { type: 'boolean', summary: 'make no links' },
    'print-out-paths': { type: 'boolean', summary: 'print the store paths' },
    ...BRING_IN_OPTIONS,
    json: { type: 'boolean', summary: 'print JSON, as nix build does' },
  },
  details: `${REFERENCE_HELP}
The first output is linked as ./result, output dev as ./result-dev, what the second REF names as ./result-1. The links
keep the paths from being collected. Nothing is evaluated and nothing is built: the release says which paths.`,
  async run({ values, positionals }, context) {
    if (values['no-link'] && values['out-link'] !== undefined)
      throw new UsageError('give --out-link or --no-link, not both', 'build')
    const wanted = await openBringIn(values, context)
    const asked = await ask(wanted, positionals, context)
    const links = values['no-link']
      ? []
      : linksOf(asked, resolve(context.cwd, values['out-link'] ?? 'result'))
    for (const { link } of links) assertFree(link)
    const { signal } = context
    await bringIn(
      wanted,
      asked,
      async nix => {
        for (const { link, path } of links) await realise(nix, [path], { signal, gcRoot: link })
        return links.length > 0
      },
      context,
    )
    report(asked, values, context)
  },
})

/** A link to make. */
interface Link {
  readonly link: string
  readonly path: string
}

/** Named as Nix names them. */
function linksOf(asked: readonly Asked[], name: string): readonly Link[] {
  return asked.flatMap(({ report: { outputs } }, index) =>
    outputs.map(output => ({
      link: name + (index === 0 ? '' : `-${index}`) + (output.name === 'out' ? '' : `-${output.name}`),
      path: output.path,
    })),
  )
}

/** @throws {SquidError} LINK_TAKEN for what is no link into the store */
function assertFree(link: string): void {
  let isLink: boolean
  try {
    isLink = lstatSync(link).isSymbolicLink() && readlinkSync(link).startsWith('/nix/store/')
  } catch {
    return
  }
  if (isLink) return
  throw new SquidError(
    'LINK_TAKEN',
    `${link} is there and is no link into the store; choose another with --out-link`,
  )
}

function report(
  asked: readonly Asked[],
  values: { readonly json: boolean; readonly 'print-out-paths': boolean },
  { stdout }: Context,
): void {
  if (values.json) {
    const rows = asked.map(
      ({ report: { derivation, outputs, space, flake, version, attribute, scope } }) => ({
        drvPath: derivation,
        outputs: Object.fromEntries(outputs.map(({ name, path }) => [name, path])),
        release: { space, flake, version, attribute, scope },
      }),
    )
    stdout.write(jsonLine(rows))
  } else if (values['print-out-paths']) {
    for (const { report: one } of asked) for (const { path } of one.outputs) stdout.write(`${path}\n`)
  }
}
