import type { Failure } from '../core/failure.ts'
import { isObject, tryParse } from '../core/json.ts'
import type { SseEvent } from '../wire/sse.ts'
import { malformed } from './broken-reply.ts'
import type { Seen } from './dialect.ts'

/** Events of one stream that could not be read. */
export type Holes = {
  /** Passes over one; what follows it may still be a whole answer. */
  skip(data: string): void
  /** Something that may have been a piece of the answer was passed over: its end must wait until it is known to be one. */
  readonly open: boolean
  /** At the end. `plain`: nothing but text was seen. */
  failure(seen: Seen, plain: boolean): Failure | undefined
}

/**
 * An event that cannot be read is passed over where the rest is whole without it, and that has to be shown, because a stream that
 * lost a piece of text looks exactly like one that did not. Two things show it. Data without any mark of JSON (a word of a proxy,
 * a line of a log) never was a piece of an answer: dialects write pieces as objects. Else the provider's own count must say
 * so: an answer of nothing but text, of which as many events were read as it counts tokens, came one token an event, and has no
 * place left for a lost one. Where neither does (hosts that pack several tokens into an event, calls with arguments that may
 * have a gap, no count at all), the answer ends as the failure that it may be.
 */
export function holes(): Holes {
  let open = false
  return {
    skip(data) {
      open ||= /["{}[\]]/.test(data)
    },
    get open() {
      return open
    },
    failure: (seen, plain) => {
      const counted = seen.usage !== undefined && seen.usage.completion === seen.contentEvents
      return !open || (plain && counted) ? undefined : unreadable
    },
  }
}

const unreadable = malformed(
  'The provider sent an event that cannot be read, and a piece of the answer may be missing.',
)

/**
 * Whether an event that its stream's end closed is one. Half an event is a sign of the cut, not of a provider that writes what
 * nobody can read: nothing is lost by it that would not come again with the rest of the answer.
 */
export const isWholeEvent = ({ data, overflow }: SseEvent): boolean => {
  const text = data.trim()
  return overflow === true || text === '' || text === '[DONE]' || isObject(tryParse(text))
}
