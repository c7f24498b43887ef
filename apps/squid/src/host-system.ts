/**
 * What this machine is to Nix.
 * @module
 */

/** System of this machine, as Nix names it. */
export function hostSystem(): string {
  const machines: Readonly<Record<string, string>> = {
    x64: 'x86_64',
    arm64: 'aarch64',
    ia32: 'i686',
    arm: 'armv7l',
  }
  return `${machines[process.arch] ?? process.arch}-${process.platform}`
}
