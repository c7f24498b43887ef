/**
 * Checks a module before it may be loaded. What is checked: indices, definitions, abilities, types and
 * balance of the operand stack, control flow, locals, linkage. What is not (the full verifier will): what
 * references point at (borrow safety), loops of generic instantiation, and the rules that Sui adds to Move.
 *
 * Code is generated from checked modules only, and that is structural: the VM takes {@link CheckedModule}s,
 * these come from here alone, are frozen, and remember the very modules that they were checked against.
 * @module
 */
import assert from 'node:assert/strict'
import type { CompiledModule } from '../binary/index.ts'
import { checkBounds } from './bounds.ts'
import { findBlocks } from './control-flow.ts'
import { DefinitionChecker } from './definitions.ts'
import { VerificationError } from './errors.ts'
import { checkLinkage } from './linkage.ts'
import { LocalsChecker } from './locals-checker.ts'
import { ModuleView } from './module-view.ts'
import { TypeChecker } from './type-checker.ts'

declare const checked: unique symbol

/** A module that passed the checks. It is deeply frozen, its constants' bytes excepted. */
export type CheckedModule = CompiledModule & { readonly [checked]: true }

/** Finds a checked module by address (`0x` and 64 hex digits) and name. */
export type ResolveModule = (address: string, name: string) => CheckedModule | undefined

const dependenciesByModule = new WeakMap<CompiledModule, readonly CheckedModule[]>()

/**
 * The modules that a checked module was checked against, direct dependencies only.
 * Fails for anything that `checkModule` did not return.
 */
export function dependenciesOf(module: CheckedModule): readonly CheckedModule[] {
  const dependencies = dependenciesByModule.get(module)
  assert(dependencies !== undefined, `module ${module.name} was not checked`)
  return dependencies
}

/** A frozen copy, so that nobody who has the original can change what was checked. */
function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return value.slice() as T
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T
  const entries = Object.entries(value).map(([key, item]) => [key, frozenCopy(item)])
  return Object.freeze(Object.fromEntries(entries)) as T
}

function handleName(module: CompiledModule, handle: CompiledModule['moduleHandles'][number]): string {
  return `${module.addresses[handle.address]}::${module.identifiers[handle.name]}`
}

/** The handles of the other modules of which something is used; friends that are only named are not. */
function usedModules(module: CompiledModule): CompiledModule['moduleHandles'][number][] {
  const handles = [...module.datatypeHandles, ...module.functionHandles]
  const indices = new Set(handles.map(handle => handle.module))
  indices.delete(module.selfModule)
  return [...indices].map(index => module.moduleHandles[index]).filter(handle => handle !== undefined)
}

/** The modules that are used, as far as they can be found; linkage asks for those that are missing. */
function resolveDependencies(module: CompiledModule, resolve: ResolveModule): Map<string, CheckedModule> {
  const dependencies = new Map<string, CheckedModule>()
  for (const handle of usedModules(module)) {
    const found = resolve(module.addresses[handle.address] ?? '', module.identifiers[handle.name] ?? '')
    if (found === undefined) continue
    dependenciesOf(found)
    dependencies.set(handleName(module, handle), found)
  }
  return dependencies
}

/**
 * Checks one module.
 * @param resolve finds the modules that it uses, themselves checked before
 * @throws {VerificationError} at the first rule that is broken
 */
export function checkModule(module: CompiledModule, resolve: ResolveModule): CheckedModule {
  const copy = frozenCopy(module)
  const self = `${copy.address}::${copy.name}`
  const place = { module: self }
  checkBounds(copy, place)
  const selfHandle = copy.moduleHandles[copy.selfModule]
  if (selfHandle === undefined || handleName(copy, selfHandle) !== self)
    throw new VerificationError('definition', 'the own module handle names another module', place)
  const view = new ModuleView(copy, place)
  const definitions = new DefinitionChecker(view)
  definitions.check()
  const dependencies = resolveDependencies(copy, resolve)
  checkLinkage(view, dependencies)
  for (const [functionIndex, { code }] of copy.functions.entries()) {
    if (code === null) continue
    const blocks = findBlocks(code, { ...place, functionIndex })
    const types = new TypeChecker(view, definitions, functionIndex, code)
    types.check(blocks)
    new LocalsChecker(view, functionIndex, code, types.locals).check(blocks)
  }
  dependenciesByModule.set(copy, [...dependencies.values()])
  return copy as CheckedModule
}

/**
 * Checks modules that may use each other, in any order.
 * @param resolve finds the modules that are not among them
 * @returns the checked modules, each after those that it uses
 * @throws {VerificationError} also when they use each other in a circle
 */
export function checkPackage(modules: readonly CompiledModule[], resolve: ResolveModule): CheckedModule[] {
  const waiting = new Map<string, CompiledModule>()
  for (const module of modules) {
    const name = `${module.address}::${module.name}`
    if (waiting.has(name))
      throw new VerificationError('duplicate', 'the module appears twice', { module: name })
    waiting.set(name, module)
  }
  const done = new Map<string, CheckedModule>()
  const visit = (name: string, module: CompiledModule, path: ReadonlySet<string>): void => {
    if (done.has(name)) return
    if (path.has(name))
      throw new VerificationError('recursion', 'modules depend on each other in a circle', { module: name })
    const longer = new Set(path).add(name)
    for (const handle of usedModules(module)) {
      const used = handleName(module, handle)
      const dependency = waiting.get(used)
      if (dependency !== undefined) visit(used, dependency, longer)
    }
    done.set(
      name,
      checkModule(module, (address, own) => done.get(`${address}::${own}`) ?? resolve(address, own)),
    )
  }
  for (const [name, module] of waiting) visit(name, module, new Set())
  return [...done.values()]
}
