/** `squid nix-shim NIX -- ARGS`: what the installed `nix` shim calls when a `sui:` reference is named. */
import { homeFrom } from '@squid/client/home/paths'
import { parseReference } from '@squid/client/references'
import {
  build,
  checkClosure,
  closure,
  describeOutputs,
  type FlakeOutput,
  Nix,
  type NixPathInfo,
  storePathOf,
  withSettings,
} from '@squid/host/nix'
import type { ResolveReport, RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { notice } from '../cli/terminal.ts'
import { besides } from '../nix-settings.ts'
import { hostSystem } from '../host-system.ts'
import { realiseRelease } from '../realise.ts'
import { replaceProcess } from '../shim/replace-process.ts'
import { type NixCall, parseNixCall, type Use } from '../shim/nix-call.ts'
import { OFFLINE, OVERRIDING } from '../shim/nix-words.ts'
import { translate, urlFor } from '../shim/translate.ts'
import { SquiddClient } from '../squidd-client.ts'

export const nixShim: Command = defineCommand({
  name: 'nix-shim',
  summary: 'Run Nix with sui: references translated (the shim calls this)',
  arguments: 'NIX -- ARGUMENTS',
  count: [1, 1],
  restAfter: ['--'],
  async run({ positionals, rest = [] }, context) {
    const [program = 'nix'] = positionals
    const { env } = context
    const call = parseNixCall(rest)
    const isCompletion = env['NIX_GET_COMPLETIONS'] !== undefined
    if (isCompletion || call.references.length === 0) return await replaceProcess([program, ...rest], env)
    const squidd = await SquiddClient.of(homeFrom(env))
    const nix = await Nix.locate({ program, env: storeOf(call, env) })
    const all = await resolved(call, squidd, context)
    const settings = besides(
      all.map(({ report }) => report),
      OFFLINE.some(name => call.options.has(name)),
    )
    const started = all.filter(({ use }) => use === 'started')
    const overriding = OVERRIDING.find(name => call.options.has(name))
    if (overriding === undefined) {
      const system = call.options.get('--system')?.[0] ?? hostSystem()
      for (const named of started)
        await bringIn({ nix: nix.with(settings), squidd, system, ...named }, context)
    } else if (started.length > 0) {
      notice(
        context.stderr,
        'note',
        `with ${overriding} Nix may start something else than was released; what it fetches is still checked`,
      )
    }
    const urls = new Map(all.map(({ index, url }) => [index, url]))
    const words = ['--extra-experimental-features', 'nix-command flakes', ...translate(call, urls)]
    return await replaceProcess([program, ...words], withSettings(env, settings))
  },
})

/** The environment of our own calls of Nix, which go to the store that the call names. */
function storeOf({ options }: NixCall, env: Context['env']): Context['env'] {
  const [store] = options.get('--store') ?? []
  return store === undefined ? env : { ...env, NIX_REMOTE: store }
}

/** A reference of the command line and where it leads. */
interface Named {
  /** In the words of the call. */
  readonly index: number
  readonly use: Use
  /** The reference as typed. */
  readonly text: string
  readonly report: ResolveReport
  /** What stands for it on Nix's command line. */
  readonly url: string
}

/** Resolves every reference of a call; tells what there is to warn of. */
async function resolved(
  call: NixCall,
  squidd: SquiddClient,
  { signal, stderr }: Context,
): Promise<readonly Named[]> {
  const references = call.references.map(place => {
    const text = call.words[place.index] ?? ''
    return { ...place, text, reference: parseReference(text) }
  })
  const named: Named[] = []
  for (const { index, use, text, reference } of references) {
    const report = await squidd.resolve(text, signal)
    for (const warning of report.warnings) notice(stderr, 'warning', warning)
    named.push({ index, use, text, report, url: urlFor(reference, report, use) })
  }
  return named
}

interface Wanted extends Named {
  readonly nix: Nix
  readonly squidd: SquiddClient
  readonly system: string
}

/**
 * Realises what will be started and compares it with the release. An attribute that the release does not record is
 * left to Nix, which evaluates and builds it from the verified source.
 */
async function bringIn(wanted: Wanted, context: Context): Promise<void> {
  const { nix, squidd, text, system } = wanted
  let report: RunReport
  try {
    report = await squidd.program(text, system, context.signal)
  } catch (error) {
    if (!(error instanceof SquidError) || error.code !== 'ATTRIBUTE_UNKNOWN') throw error
    notice(context.stderr, 'warning', `${error.message}; Nix looks for it in the flake itself`)
    return
  }
  await realiseRelease({ nix, squidd, report }, context)
  await compareEvaluated(wanted, report, context)
}

/**
 * Nix starts what it evaluates, which the release need not record: another Nix may evaluate otherwise, and a release may
 * lie. Then what Nix takes is built and compared by itself, as far as the release holds it.
 * @throws {NixError} when it cannot be evaluated or built, NIX_NAR_MISMATCH
 */
async function compareEvaluated(
  { nix, squidd, report: { scope }, url, text, system }: Wanted,
  report: RunReport,
  { signal, stderr }: Context,
): Promise<void> {
  const [reference = ''] = url.split('#')
  const attribute = parseReference(text).attribute ?? ''
  const outputs = await describeOutputs(nix, { reference }, [attribute], system, { signal })
  const compared = new Set(report.closure.map(({ path }) => path))
  const taken = outputs.flatMap(takenPaths)
  if (taken.every(path => compared.has(path))) return
  notice(
    stderr,
    'warning',
    `this Nix takes ${taken.join(', ')} for ${text}, the release records ${report.paths.join(', ')}`,
  )
  await build(nix, outputs, { signal })
  const infos = (await closure(nix, taken, { signal })).filter(({ path }) => !compared.has(path))
  const held: [NixPathInfo, Uint8Array][] = []
  for (const info of infos) {
    const narHash = await squidd.narHash(scope, info.path, signal)
    if (narHash !== undefined) held.push([info, narHash])
  }
  checkClosure(
    held.map(([info]) => info),
    new Map(held.map(([{ path }, narHash]) => [path, narHash])),
  )
}

/** What `nix run` and `nix shell` would take of an output. */
function takenPaths({ outputs, outputsToInstall, program }: FlakeOutput): readonly string[] {
  const installed = outputs.filter(({ name }) => outputsToInstall.includes(name)).map(({ path }) => path)
  return [...new Set([...installed, storePathOf(program)])]
}
