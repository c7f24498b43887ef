export { stdNatives } from './std-natives.ts'
