import { isDeepStrictEqual } from 'node:util'
import { type Json, stringOf, tryParse } from '../../core/json.ts'

/**
 * Gives the part of a whole text that was not given before; deltas add to what was given. A whole that does not begin with what
 * was given (its host thought better of it) adds nothing: what a client has read cannot be taken back.
 */
export function givenTexts() {
  const given = new Map<string, string>()
  const grow = (key: string, text: string): string => {
    given.set(key, (given.get(key) ?? '') + text)
    return text
  }
  return {
    delta: (key: string, piece: Json | undefined): string => grow(key, stringOf(piece) ?? ''),
    rest: (key: string, whole: Json | undefined): string => {
      const text = stringOf(whole) ?? ''
      const before = given.get(key) ?? ''
      return text.startsWith(before) ? grow(key, text.slice(before.length)) : ''
    },
    /** Another text than what was given, not merely more of it, or the same JSON with other white space. */
    contradicts: (key: string, whole: Json | undefined): boolean => {
      const [text, before] = [stringOf(whole) ?? '', given.get(key) ?? '']
      return text !== '' && !text.startsWith(before) && !isSameJson(text, before)
    },
    none: (): boolean => [...given.values()].every((text) => text === ''),
  }
}

const isSameJson = (a: string, b: string): boolean => {
  const [one, other] = [tryParse(a), tryParse(b)]
  return one !== undefined && isDeepStrictEqual(one, other)
}
