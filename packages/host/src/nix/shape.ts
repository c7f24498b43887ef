/**
 * Reading the JSON that Nix prints without believing it.
 * @module
 */
import { NixError } from './errors.ts'

/** Is it a JSON object? */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws {NixError} NIX_OUTPUT unless it is a string */
export function stringOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new NixError('NIX_OUTPUT', `Nix printed no text for ${what}`)
  return value
}

/** @throws {NixError} NIX_OUTPUT unless it is a list of strings */
export function stringsOf(value: unknown, what: string): string[] {
  if (!Array.isArray(value)) throw new NixError('NIX_OUTPUT', `Nix printed no list for ${what}`)
  return value.map((item: unknown) => stringOf(item, what))
}
