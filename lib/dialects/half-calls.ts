import type { ChatPart } from '../core/chat.ts'
import type { Failure } from '../core/failure.ts'
import { tryParse } from '../core/json.ts'
import { jsonErrorPosition } from '../wire/json-error.ts'

/** Arguments of an answer's calls, by call. Free text of custom tools is none. */
export type CallTexts = {
  add(call: number, text: string): void
  /** At the finish of the answer, for the reason that its provider gives. */
  failure(reason: string): Failure | undefined
}

/** Reasons that say the call is done. Where a cap or a filter cut the answer, its client is told why, and half a call is the truth. */
const done: ReadonlySet<string> = new Set(['stop', 'tool_calls', 'function_call'])

/**
 * Half a call is never passed off as one, whatever its provider says of it: hosts and proxies lose the end of a stream and close it
 * properly. Only arguments that break off are half; what a model wrote wrongly to its end is its whole answer, and stays.
 */
export function callTexts(): CallTexts {
  const texts = new Map<number, string>()
  return {
    add: (call, text) => void texts.set(call, (texts.get(call) ?? '') + text),
    failure: (reason) => (done.has(reason) && [...texts.values()].some(isHalf) ? half : undefined),
  }
}

/** The same for an answer that is read as parts. */
export function partsCallTexts(): { failure(part: ChatPart): Failure | undefined } {
  const calls = callTexts()
  const custom = new Set<number>()
  const others = new Map<number, ReturnType<typeof partsCallTexts>>()
  return {
    failure: (part) => {
      if (part.type === 'choice') {
        const own = others.get(part.index) ?? partsCallTexts()
        others.set(part.index, own)
        return own.failure(part.part)
      }
      if (part.type === 'call' && part.custom === true) custom.add(part.block)
      if (part.type === 'arguments' && !custom.has(part.block)) calls.add(part.block, part.text)
      return part.type === 'finish' ? calls.failure(part.reason) : undefined
    },
  }
}

const half: Failure = {
  kind: 'cut',
  status: 200,
  message: 'The provider ended a call in the middle of its arguments.',
  mayHaveCost: true,
}

/** What a string, a literal or a number looks like that breaks off. */
const begun = /^(?:"(?:[^"\\]|\\.)*\\?|t|tr|tru|f|fa|fal|fals|n|nu|nul|-?\d*(?:\.\d*)?(?:[eE][+-]?)?)$/s

/** JSON as far as it goes, which is not to its end. */
export function isHalf(text: string): boolean {
  if (text.trim() === '' || tryParse(text) !== undefined) return false
  return begun.test(text.slice(jsonErrorPosition(text).position))
}
