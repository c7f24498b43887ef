export { Random, randomModule } from './random-program.ts'
