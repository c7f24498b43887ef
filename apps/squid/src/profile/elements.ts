/**
 * What of a profile came from releases. A profile's `manifest.json` names the gateway's URLs, as `nix profile` would have
 * written them: the one that was asked for, and the one of the release that this led to. All that squid knows of an
 * installed package follows from these.
 * @module
 */
import {
  formatFlakePath,
  formatReference,
  parseFlakePath,
  parseReference,
  type Reference,
} from '@squid/client/references'
import { SquidError } from '@squid/formats/errors'
import { createElement, freeName, type ProfileElement } from '@squid/host/nix/profile'
import type { Asked } from '../bring-in.ts'
import { lockedUrl } from '../shim/translate.ts'

/** Whatever port squidd listens on. */
const HOST = 'squid.localhost'

/** An installed package that came from a release. */
export interface ReleasedElement {
  readonly element: ProfileElement
  /** As it was asked for, without an attribute. */
  readonly asked: Reference
  /** Of the release that is installed. */
  readonly version: bigint
  readonly system: string
}

function referenceOfUrl(text: string | undefined): Reference | undefined {
  const url = text === undefined ? null : URL.parse(text)
  if (url?.hostname !== HOST) return undefined
  try {
    return parseFlakePath(decodeURIComponent(url.pathname))
  } catch (error) {
    if (error instanceof SquidError || error instanceof URIError) return undefined
    throw error
  }
}

/** Undefined for what did not come from a release. */
export function releasedElement(element: ProfileElement): ReleasedElement | undefined {
  const { attrPath, originalUrl, url } = element
  const asked = referenceOfUrl(originalUrl)
  const installed = referenceOfUrl(url)
  const system = attrPath?.split('.')[1]
  if (asked === undefined || installed?.select.kind !== 'version' || system === undefined) return undefined
  return { element, asked, version: installed.select.version, system }
}

/** The outputs that were named, as after `^`; undefined for the usual ones. */
function outputsOf({ fields }: ProfileElement): readonly string[] | undefined {
  const { outputs } = fields
  return Array.isArray(outputs) && outputs.every(name => typeof name === 'string') ? outputs : undefined
}

/** What to ask squidd for to get the same package as it is released now. */
export function referenceOf({ element, asked }: ReleasedElement): string {
  const outputs = outputsOf(element)
  const attribute = `${element.attrPath ?? ''}${outputs === undefined ? '' : `^${outputs.join(',')}`}`
  return formatReference({ ...asked, attribute })
}

/** The reference and the version that is installed, for people. */
export function titleOfElement({ asked, version }: ReleasedElement): string {
  return `${formatReference({ ...asked, select: { kind: 'latest' } })} version ${version}`
}

/** Where flakes have packages. */
const SETS = /^(packages|legacyPackages|apps)\./

/** An element for what squidd said of a reference. @param others elements that stay beside it */
export function elementOf(
  { reference: text, report }: Asked,
  priority: number,
  others: readonly ProfileElement[],
): ProfileElement {
  const typed = parseReference(text)
  const flake = report.scope.split('.')[1] ?? ''
  const subject = typed.flake === undefined ? ({ kind: 'id', id: report.space } as const) : typed.subject
  const asked = { ...typed, subject, flake, attribute: undefined }
  // A profile is of this machine, and so are its URLs, whatever the public base.
  const { origin } = new URL(report.substituter)
  const version = { kind: 'version', version: BigInt(report.version) } as const
  const exact =
    report.name === null
      ? ({ kind: 'id', id: report.space } as const)
      : ({ kind: 'name', name: report.name } as const)
  const url = origin + formatFlakePath({ subject: exact, flake, select: version, attribute: undefined })
  const { attribute, system } = report
  const [, outputs] = (typed.attribute ?? '').split('^')
  const last = attribute.split('.').at(-1) ?? ''
  const name = last === 'default' ? flake : last
  return createElement(freeName(name, new Set(others.map(other => other.name))), {
    storePaths: report.outputs.map(output => output.path),
    attrPath: SETS.test(attribute) ? attribute : `packages.${system}.${attribute}`,
    originalUrl: origin + formatFlakePath(asked),
    url: lockedUrl({ url, narHash: report.narHash }, undefined),
    outputs: outputs?.split(','),
    priority,
  })
}

/** Is it the same package of the same flake, of whichever release? */
export function isSamePackage(a: ProfileElement, b: ProfileElement): boolean {
  const [one, other] = [releasedElement(a), releasedElement(b)]
  return (
    one !== undefined &&
    other !== undefined &&
    a.attrPath === b.attrPath &&
    String(outputsOf(a)) === String(outputsOf(b)) &&
    flakeOf(one) === flakeOf(other)
  )
}

function flakeOf({ asked }: ReleasedElement): string {
  return formatReference({ ...asked, select: { kind: 'latest' }, attribute: undefined })
}
