/**
 * Publishing releases.
 * @module
 */
export { type PathToPublish } from './contents.ts'
export {
  publish,
  type Publication,
  type PublishDeps,
  type PublishEvent,
  type PublishOptions,
  type PublishResult,
} from './publish.ts'
export { assertMayPublish } from './rights.ts'
