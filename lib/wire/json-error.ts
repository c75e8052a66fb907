/** Where a text stops being JSON. `position` counts UTF-16 units from 0; `line` and `column` count from 1. */
export type JsonErrorPosition = { message: string; position: number; line: number; column: number }

/** RFC 8259: punctuation, strings (section 7), numbers (6) and literals (3), after white space. */
const string = /"(?:[\u0020\u0021\u0023-\u005B\u005D-\uFFFF]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/.source
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/.source
const tokens = new RegExp(`[ \\t\\n\\r]*(?:([{}[\\],:])|(${string})|(${scalar}))`, 'y')

type Expect = 'value' | 'valueOrEnd' | 'keyOrEnd' | 'key' | 'colon' | 'commaOrEnd' | 'nothing'

const words: Record<Expect, string> = {
  value: 'a value',
  valueOrEnd: "a value or ']'",
  keyOrEnd: "a member name in double quotes or '}'",
  key: 'a member name in double quotes',
  colon: "':'",
  commaOrEnd: "',' or the end of the list or object",
  nothing: 'the end of the text',
}

/**
 * The first fault of a malformed JSON text (RFC 8259). The engine's own message often lacks the position, so the text is
 * walked again; only ever done on the way to a 400.
 */
export function jsonErrorPosition(text: string): JsonErrorPosition {
  const open: string[] = []
  let expect: Expect = 'value'
  let at = 0
  for (;;) {
    tokens.lastIndex = at
    const match = tokens.exec(text)
    const next: Expect | undefined = match ? after(match, expect, open) : undefined
    if (next === undefined) return fault(text, at, expect)
    expect = next
    at = tokens.lastIndex
  }
}

/** What may follow this token; undefined where the token itself may not stand here. */
function after(match: RegExpExecArray, expect: Expect, open: string[]): Expect | undefined {
  const [, sign, string] = match
  const closed = (): Expect => (open.length === 0 ? 'nothing' : 'commaOrEnd')
  const wantsValue = expect === 'value' || expect === 'valueOrEnd'
  if (sign === '{' || sign === '[') {
    if (!wantsValue) return undefined
    open.push(sign)
    return sign === '{' ? 'keyOrEnd' : 'valueOrEnd'
  }
  if (sign === '}' || sign === ']') {
    const may = expect === 'commaOrEnd' || expect === (sign === '}' ? 'keyOrEnd' : 'valueOrEnd')
    if (!may || open.at(-1) !== (sign === '}' ? '{' : '[')) return undefined
    open.pop()
    return closed()
  }
  if (sign === ':') return expect === 'colon' ? 'value' : undefined
  if (sign === ',') {
    if (expect !== 'commaOrEnd') return undefined
    return open.at(-1) === '{' ? 'key' : 'value'
  }
  if (string !== undefined && (expect === 'key' || expect === 'keyOrEnd')) return 'colon'
  return wantsValue ? closed() : undefined
}

function fault(text: string, from: number, expect: Expect): JsonErrorPosition {
  let position = from
  while (/[ \t\n\r]/.test(text[position] ?? '')) position++
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const column = position - before.lastIndexOf('\n')
  const found = position >= text.length ? 'the text ends' : `found ${JSON.stringify(text[position])}`
  return { message: `expected ${words[expect]}, ${found}`, position, line, column }
}
