export { ResolveError } from './errors.ts'
export { Resolver, type FoundFlake, type Resolution } from './resolver.ts'
export {
  readFlakeState,
  readLocator,
  readRoles,
  type FlakeState,
  type LocatorRoot,
  type Release,
  type RootLink,
} from './spaces.ts'
