/** Positions in the text of a valid JSON document: what editing in place needs. The text must have been parsed before. */
export type Member = { key: string; keyStart: number; valueStart: number; valueEnd: number }

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9

export function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** The position behind the string that starts at `from` (its opening quote). */
export function stringEnd(text: string, from: number): number {
  let at = text.indexOf('"', from + 1)
  while (at >= 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at < 0 ? text.length : at + 1
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0
  while (text.charCodeAt(quote - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

/** The position behind the value that starts at `from`. */
export function valueEnd(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 34) at = stringEnd(text, at)
    else if (code === 123 || code === 91) {
      depth++
      at++
    } else if (code === 125 || code === 93) {
      if (depth === 0) return at
      depth--
      at++
    } else if (depth === 0 && (code === 44 || isSpace(code))) return at
    else {
      at++
      continue
    }
    if (depth === 0) return at
  }
  return at
}

/** The members of the object whose `{` stands at `from`, in the order of the text, repeated keys included. */
export function membersOf(text: string, from: number): { members: Member[]; end: number } {
  const members: Member[] = []
  let at = skipSpace(text, from + 1)
  while (at < text.length && text[at] !== '}') {
    const keyStart = at
    const keyEnd = stringEnd(text, at)
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = valueEnd(text, valueStart)
    const key = JSON.parse(text.slice(keyStart, keyEnd)) as string
    members.push({ key, keyStart, valueStart, valueEnd: end })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return { members, end: at }
}

/** Where the elements of the array whose `[` stands at `from` start. */
export function elementsOf(text: string, from: number): number[] {
  const starts: number[] = []
  let at = skipSpace(text, from + 1)
  while (at < text.length && text[at] !== ']') {
    starts.push(at)
    at = skipSpace(text, valueEnd(text, at))
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return starts
}
