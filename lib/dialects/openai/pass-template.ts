import { isObject, type JsonObject, listOf } from '../../core/json.ts'
import { elementsOf, type Member, membersOf, skipSpace } from '../../wire/json-scan.ts'

/**
 * Most chunks of a stream differ from the one before in one text and nothing else. Such a chunk is known by comparison: the
 * same text before, the same text behind, and between them a JSON string without escapes. It needs no parsing, which is
 * most of the work that passing a stream takes.
 */
export type Template = {
  /** The text that this chunk adds; undefined where it is not just another piece, and has to be read. */
  match(data: string): string | undefined
  /** Takes a chunk that was read as the pattern for the next, where it is an ordinary one. */
  learn(data: string, chunk: JsonObject): void
  /** What is before the text and behind it; `padded`: behind that, padding. Undefined while there is no pattern. */
  readonly known: { before: string; behind: string; padded: boolean } | undefined
}

/** Hosts whose chunks differ elsewhere too (a clock in each) are not tried forever. */
const patience = 16

/** Not `reasoning`, whose text the client gets twice (pass-gaps.ts). */
const textFields = new Set(['content', 'reasoning_content'])
/** OpenAI pads each chunk with a random text under this name, as the last member. */
const padding = ',"obfuscation":"'

export function template(): Template {
  let before = ''
  let behind = ''
  let padded = false
  let misses = 0
  let known: Template['known']
  // Not startsWith: it compares letter by letter, and is ten times as slow (V8 13).
  const begins = (data: string): boolean => before !== '' && data.slice(0, before.length) === before
  return {
    match(data) {
      if (!begins(data)) return undefined
      const end = data.indexOf('"', before.length)
      const text = data.slice(before.length, end)
      if (text === '' || !isPlain(text) || !endsWith(data, end, behind, padded)) return undefined
      misses = 0
      return text
    },
    learn(data, chunk) {
      // One that begins like the others has an escape in its text, or is an end: no better pattern.
      const name = misses > patience || begins(data) ? undefined : textFieldOf(chunk)
      if (name === undefined) return
      misses++
      const value = textMember(data, name)
      if (value === undefined || !isPlain(data.slice(value.valueStart + 1, value.valueEnd - 1))) return
      before = data.slice(0, value.valueStart + 1)
      behind = data.slice(value.valueEnd - 1)
      const at = behind.indexOf(padding)
      padded = at >= 0 && isPadding(behind, at + padding.length)
      if (padded) behind = behind.slice(0, at + padding.length)
      known = { before, behind, padded }
    },
    get known() {
      return known
    },
  }
}

function endsWith(data: string, end: number, behind: string, padded: boolean): boolean {
  if (data.slice(end, end + behind.length) !== behind) return false
  return padded ? isPadding(data, end + behind.length) : data.length === end + behind.length
}

/** What may stand in a JSON string as it is, and means itself. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 32 || code === 34 || code === 92) return false
  }
  return true
}

/** Letters and digits up to the last quote and brace. */
const isPadding = (data: string, from: number): boolean => /^[A-Za-z0-9]*"\}$/.test(data.slice(from))

/** The delta's text field, where the chunk is one choice that goes on and adds that text; no usage, no error. */
function textFieldOf(chunk: JsonObject): string | undefined {
  const choices = listOf(chunk.choices)
  const [choice] = choices
  if (choices.length !== 1 || !isObject(choice) || choice.finish_reason || !isObject(choice.delta)) return undefined
  if (chunk.usage || chunk.error || choice.error || chunk.x_groq || choice.usage || chunk.object === 'error')
    return undefined
  const given = Object.entries(choice.delta).filter(([name, value]) => name !== 'role' && value !== null)
  const [field, ...more] = given
  return field && more.length === 0 && textFields.has(field[0]) && typeof field[1] === 'string' ? field[0] : undefined
}

/** Where that field stands in the text. */
function textMember(data: string, name: string): Member | undefined {
  const choices = only(data, skipSpace(data, 0), 'choices')
  const first = choices && elementsOf(data, choices.valueStart)[0]
  const delta = first === undefined ? undefined : only(data, first, 'delta')
  return delta && only(data, delta.valueStart, name)
}

function only(data: string, at: number, key: string): Member | undefined {
  const found = membersOf(data, at).members.filter((member) => member.key === key)
  return found.length === 1 ? found[0] : undefined
}
