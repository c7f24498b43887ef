export { HomeError, homeFrom, type Home } from './home.ts'
export { isBaseUrl, readConfig, writeConfig, type Config } from './config.ts'
export { createFileAtomically, readFileIfAny, syncFolder, writeFileAtomically } from './files.ts'
export { FileLock } from './lock.ts'
