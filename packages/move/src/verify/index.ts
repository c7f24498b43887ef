export {
  type CheckedModule,
  checkModule,
  checkPackage,
  dependenciesOf,
  type ResolveModule,
} from './check-module.ts'
export { VerificationError, type VerificationPlace, type VerificationRule } from './errors.ts'
