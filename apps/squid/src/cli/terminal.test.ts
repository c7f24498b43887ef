import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { jsonLine, oneLine, terminal } from './terminal.ts'

test('only what prints is written; control sequences of our own are', () => {
  const stream = new PassThrough().setEncoding('utf8')
  const output = terminal(stream as unknown as NodeJS.WriteStream)
  output.write('a\u001b[2J\u009bb\u202ec\u2066d\r\u0007\u2028\ue000\n\tü😀')
  output.control?.('\u001b[K')
  assert.equal(stream.read(), 'a\ufffd[2J\ufffdb\ufffdc\ufffdd\ufffd\ufffd\ufffd\ue000\n\tü😀\u001b[K')
})

test('JSON keeps every character and shows none that acts', () => {
  const value = { text: 'a\u001b\u009b\u202e\n\tü', list: ['\u2028'] }
  const line = jsonLine(value)
  assert.deepEqual(JSON.parse(line), value)
  assert.match(line, /^[\x20-\x7eü]*\n$/)
})

test('one line', () => {
  assert.equal(oneLine(' a\n  error: b \r\n c\n'), 'a error: b c')
})
