export { claimName, NameError, type ClaimedName } from './claim.ts'
