export {
  assertFlakeName,
  assertTag,
  formatReference,
  parseName,
  parseReference,
  parseSubject,
  ReferenceError,
  type Reference,
  type Selection,
  type Subject,
} from './reference.ts'
export { formatFlakePath, parseFlakePath } from './path.ts'
