import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import type { StreamParser } from '../tongue.ts'
import { malformed } from '../broken-reply.ts'
import { failureInside } from './failure.ts'
import { isCall, type OpenItem, openItem } from './upstream-items.ts'
import { endParts, outputParts, startPart } from './upstream-reply.ts'
import { inTurn } from './upstream-turns.ts'

/**
 * Events of a streamed response to parts. The answer is complete at `response.completed` or `response.incomplete` and nowhere
 * else. Items are told apart by `output_index`: some hosts give one item another id in every event. What is not known is
 * passed over; an event that is not JSON may have been text, so it fails.
 */
export function streamParser(): StreamParser {
  const parse = alikeParser()
  const items = itemReader()
  let started = false
  let content = false

  const start = (response: JsonObject): ChatPart[] => {
    if (started) return []
    started = true
    return [startPart(response)]
  }
  const complete = (response: JsonObject): ChatPart[] => {
    const unseen = items.count() === 0 ? outputParts(response) : []
    const called = items.called() || unseen.some((part) => part.type === 'call')
    const parts = [...start(response), ...items.flush(listOf(response.output)), ...unseen]
    if (items.nameless()) return [...parts, failed('The provider sent a call without a name.')]
    return [...parts, ...endParts(response, called)]
  }
  const read = (type: string, event: JsonObject): ChatPart[] => {
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        return start(objectOf(event.response))
      case 'response.completed':
      case 'response.incomplete':
        return complete(objectOf(event.response))
      case 'response.failed':
      case 'response.cancelled':
      case 'error':
        return [{ type: 'failure', failure: failureInside(event, content) }]
      default: {
        if (!type.startsWith('response.') && event.error) {
          return [{ type: 'failure', failure: failureInside(event, content) }]
        }
        const parts = items.read(type, event)
        content ||= parts.length > 0
        return parts
      }
    }
  }
  return {
    push({ data, event: name, overflow }, json) {
      const text = data.trim()
      if (text === '' || text === '[DONE]') return []
      const event = overflow ? undefined : (json ?? parse(text))
      if (!isObject(event)) return [failed('The provider sent an event that cannot be read.')]
      return read(stringOf(event.type) ?? name ?? '', event)
    },
    end: () => [],
  }
}

/** What an event says its item is, where the item's own beginning is missing. */
const implied: readonly (readonly [RegExp, string])[] = [
  [/^response\.(?:output_text|refusal|content_part)\./, 'message'],
  [/^response\.reasoning_/, 'reasoning'],
  [/^response\.function_call_arguments\./, 'function_call'],
  [/^response\.custom_tool_call_input\./, 'custom_tool_call'],
]

const impliedBy = (type: string): string | undefined => implied.find(([pattern]) => pattern.test(type))?.[1]

type Known = { type: string; item: OpenItem; named: boolean; done: boolean; bare: boolean }

/** Items whose parts the client reads in their order. */
const told = new Set(['message', 'reasoning', 'function_call', 'custom_tool_call'])

/** Items by `output_index`; each is a block, numbered in the order in which they began. */
function itemReader() {
  const known = new Map<number, Known>()
  const turns = inTurn()
  const open = (index: number, type: string): Known => {
    const fresh = { type, item: openItem(known.size, type), named: false, done: false, bare: false }
    // Hosts may end what ran beside the answer behind it, and so thoughts that they show as they are (they seal none of those).
    for (const [at, { bare }] of known) if (bare) turns.letPass(at)
    if (!told.has(type)) turns.letPass(index)
    known.set(index, fresh)
    return fresh
  }
  const begun = (index: number, kind: string | undefined) => (kind === undefined ? undefined : open(index, kind))
  return {
    read(type: string, event: JsonObject): ChatPart[] {
      const item = objectOf(event.item)
      const index = typeof event.output_index === 'number' ? event.output_index : Math.max(known.size - 1, 0)
      const one = known.get(index) ?? begun(index, stringOf(item.type) ?? impliedBy(type))
      if (!one || one.done) return []
      one.done = type === 'response.output_item.done'
      const parts = one.done ? one.item.close(item) : one.item.read(type, event)
      one.named ||= parts.some((part) => part.type === 'call')
      one.bare ||= type === 'response.reasoning_text.delta'
      return turns.give(index, parts, one.done)
    },
    /** What waits still, and what of the whole output was never told by an end of its item. */
    flush(output: readonly Json[]): ChatPart[] {
      const missed = [...known].flatMap(([index, { item, type, done }]) => {
        const whole = objectOf(output[index])
        return done || whole.type !== type ? [] : turns.give(index, item.close(whole), true)
      })
      return [...missed, ...turns.flush()]
    },
    count: () => known.size,
    called: () => [...known.values()].some(({ named }) => named),
    nameless: () => [...known.values()].some(({ type, named }) => isCall(type) && !named),
  }
}

const failed = (message: string): ChatPart => ({ type: 'failure', failure: malformed(message) })
