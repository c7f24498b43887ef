/**
 * Our lines in a file of somebody else: between two marks, so that they are found whatever happened around them.
 * @module
 */

const BEGIN = '# BEGIN squid install'
const END = '# END squid install'
const OURS = new RegExp(`^${BEGIN}\\n(?:.*\\n)*?${END}(?:\\n|$)`, 'gm')

/** The text without our lines. */
export function cutBlock(text: string): string {
  return text.replace(OURS, '')
}

/** The text with these lines as ours, at its end; what ours were is replaced. */
export function putBlock(text: string, lines: string): string {
  const rest = cutBlock(text)
  const gap = rest === '' || rest.endsWith('\n') ? '' : '\n'
  return `${rest}${gap}${BEGIN}\n${lines}${END}\n`
}
