/**
 * The refusal of a module.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/**
 * What is broken:
 * - `index` an index is out of range;
 * - `duplicate` two entries with one name;
 * - `signature` a type that may not stand where it does;
 * - `ability` an ability that is missing;
 * - `definition` a malformed struct, enum, function or constant;
 * - `recursion` a datatype contains itself, or modules depend on each other in a circle;
 * - `controlFlow` a jump or an end that leads nowhere;
 * - `stack` an operand stack that is not balanced;
 * - `type` an operand of the wrong type;
 * - `local` a local that is not available, or may not be lost;
 * - `linkage` something of another module that is not as declared;
 * - `limit` something too large.
 */
export type VerificationRule =
  | 'index'
  | 'duplicate'
  | 'signature'
  | 'ability'
  | 'definition'
  | 'recursion'
  | 'controlFlow'
  | 'stack'
  | 'type'
  | 'local'
  | 'linkage'
  | 'limit'

/** Where in a module, as far as it is known. */
export interface VerificationPlace {
  /** `0x…::name`. */
  readonly module: string
  readonly functionIndex?: number
  readonly instruction?: number
}

/** A module breaks a rule and is not loaded. */
export class VerificationError extends SquidError {
  override name = 'VerificationError'
  readonly rule: VerificationRule
  readonly place: VerificationPlace

  constructor(rule: VerificationRule, message: string, place: VerificationPlace) {
    const inFunction = place.functionIndex === undefined ? '' : `, function ${place.functionIndex}`
    const atInstruction = place.instruction === undefined ? '' : `, instruction ${place.instruction}`
    super('MOVE_VERIFICATION', `${place.module}${inFunction}${atInstruction}: ${message}`)
    this.rule = rule
    this.place = place
  }
}
