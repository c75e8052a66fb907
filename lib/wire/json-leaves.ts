import { elementsOf, membersOf, skipSpace, stringEnd, valueEnd } from './json-scan.ts'

/** A string (without its quotes) or a whole number in the text of a document, and the way to it. */
export type Leaf = { path: readonly string[]; start: number; end: number; isText: boolean }

/**
 * The strings and whole numbers of a valid JSON document, in the order of the text. Undefined where a path would not lead to one
 * place: a key that stands twice in an object, or one that means something else to JavaScript.
 */
export function leavesOf(text: string): Leaf[] | undefined {
  const leaves: Leaf[] = []
  return collect(text, { at: skipSpace(text, 0), path: [] }, leaves) ? leaves : undefined
}

function collect(text: string, { at, path }: { at: number; path: readonly string[] }, leaves: Leaf[]): boolean {
  const first = text[at]
  if (first === '"') leaves.push({ path, start: at + 1, end: stringEnd(text, at) - 1, isText: true })
  else if (first === '[')
    return elementsOf(text, at).every((start, nth) => collect(text, { at: start, path: [...path, `${nth}`] }, leaves))
  else if (first === '{') {
    const { members } = membersOf(text, at)
    const keys = new Set(members.map(({ key }) => key))
    if (keys.size < members.length || keys.has('__proto__')) return false
    return members.every(({ key, valueStart }) => collect(text, { at: valueStart, path: [...path, key] }, leaves))
  } else {
    const end = valueEnd(text, at)
    if (/^(?:0|[1-9]\d{0,14})$/.test(text.slice(at, end))) leaves.push({ path, start: at, end, isText: false })
  }
  return true
}
