export { LedgerError, type Abort } from './errors.ts'
export {
  createAccount,
  execute,
  prepare,
  submit,
  untilKnown,
  type Account,
  type ExecutedTransaction,
  type PreparedTransaction,
} from './execute.ts'
