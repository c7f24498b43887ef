export { parsePins, pinName, readPins, setPin, TrustError, type Pins } from './pins.ts'
export {
  accepts,
  policyStamp,
  readPolicy,
  writePolicy,
  type Belief,
  type Claim,
  type Policy,
} from './policy.ts'
export { forgetFormerKeys, machineKeys, MachineKeys, rotateMachineKey } from './machine-keys.ts'
export { type VouchedPath, VouchedPaths, type Vouching, type VouchingRelease } from './vouched.ts'
