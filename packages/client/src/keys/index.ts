export { createKey, importSuiKeystore, KeyError, loadKey } from './keys.ts'
