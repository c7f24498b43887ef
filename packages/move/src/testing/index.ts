export {
  assembleModule,
  type DatatypeDescription,
  type EnumDescription,
  type FunctionDescription,
  instruction,
  type ModuleDescription,
  type StructDescription,
} from './assemble.ts'
export { encodeModule } from './encode-module.ts'
export { Random, randomModule } from './random-program.ts'
export { arithmeticModule, datatypeModule } from './sample-modules.ts'
