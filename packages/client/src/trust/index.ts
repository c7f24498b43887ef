export { parsePins, pinName, readPins, setPin, TrustError, type Pins } from './pins.ts'
export { accepts, readPolicy, writePolicy, type Claim, type Policy } from './policy.ts'
