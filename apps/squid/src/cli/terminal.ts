/**
 * Text for people. What others wrote (names, reasons, revisions, what a node said) must neither move the cursor nor
 * colour nor turn the direction of a terminal, nor pass for a line of ours.
 * @module
 */
import type { Output } from './command.ts'

/** Control characters but tab and newline, other line ends, and what turns the direction (UAX #9). */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** With U+FFFD for each character that does something to a terminal. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd')
}

/** The text in one line. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}

/** Something that is no error but to be known. */
export function notice(out: Output, kind: 'warning' | 'note', text: string): void {
  out.write(`${kind}: ${oneLine(text)}\n`)
}

/** A line of JSON that can be shown: what a terminal would act on is escaped. */
export function jsonLine(value: unknown): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(value).replace(UNPRINTABLE, escaped)}\n`
}

/** A stream to which only printable text is written, and besides it control sequences of our own. */
export function terminal(stream: NodeJS.WriteStream): Output {
  return {
    write: text => stream.write(printable(text)),
    control: sequence => stream.write(sequence),
    get isTTY() {
      return stream.isTTY
    },
    get columns() {
      return stream.columns
    },
  }
}
