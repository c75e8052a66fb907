import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import { errorInside } from '../openai/failure.ts'
import type { StreamParser } from '../tongue.ts'
import type { CallText } from './calls.ts'
import { citations } from './citations.ts'
import { failed, malformed } from '../broken-reply.ts'
import { contentParts, finishPart, likelyParts, openCall, planParts, startPart, usageParts } from './reply.ts'

/**
 * Events of a chat stream to parts. The answer is complete at `message-end` and nowhere else: it says why, and what was used.
 * Event types that are not known are passed over; an event that is not JSON may have been text, so it fails.
 */
export function streamParser(): StreamParser {
  const parse = alikeParser()
  const blocks = blockNumbers()
  const calls = callReader(blocks)
  const cites = citations()
  let written = false

  const end = ({ finish_reason: reason, usage, error }: JsonObject): ChatPart[] => {
    const counted = usageParts(usage)
    if (typeof error === 'string' && error !== '') return [...counted, failed(errorInside({ message: error }, true))]
    return [...calls.planned(), ...counted, finishPart(stringOf(reason) ?? '', calls.all())]
  }
  const read = (event: JsonObject): ChatPart[] => {
    const index = numberOf(event.index) ?? 0
    const delta = objectOf(event.delta)
    const message = objectOf(delta.message)
    switch (stringOf(event.type) ?? '') {
      case 'message-start':
        return [startPart(event)]
      case 'content-start':
        return cites.note(contentParts(message.content ?? null, blocks.begin(index)))
      case 'content-delta':
        return [...likelyParts(event.logprobs), ...cites.note(contentParts(message.content ?? null, blocks.of(index)))]
      case 'tool-plan-delta':
        return calls.plan(stringOf(message.tool_plan) ?? '')
      case 'tool-call-start':
        return calls.begin(index, firstOf(message.tool_calls))
      case 'tool-call-delta':
        return calls.add(index, firstOf(message.tool_calls))
      case 'citation-start':
        return cites.parts(firstOf(message.citations), blocks.cited(message.citations))
      case 'message-end':
        return end(delta)
      default:
        return isError(event) ? [failed(errorInside(event, written))] : []
    }
  }

  return {
    push({ data, event, overflow }) {
      const text = data.trim()
      if (text === '' || text === '[DONE]') return []
      const json = overflow ? undefined : parse(text)
      if (!isObject(json)) return [failed(malformed('The provider sent an event that is not JSON.'))]
      const parts = read(json.type === undefined && event !== undefined ? { ...json, type: event } : json)
      written ||= parts.some((part) => part.type !== 'start')
      return parts
    },
    end: () => [],
  }
}

const isError = (event: JsonObject): boolean =>
  isObject(event.error) || typeof event.error === 'string' || typeof event.message === 'string'

/** Calls by the provider's number, and the plan that stands before them. */
function callReader(blocks: ReturnType<typeof blockNumbers>) {
  const open = new Map<number, CallText>()
  const ids = new Set<string>()
  let plan = ''
  const planned = (): ChatPart[] => {
    const text = plan
    plan = ''
    return planParts(text, text === '' ? 0 : blocks.next())
  }
  return {
    planned,
    plan: (text: string): ChatPart[] => {
      plan += text
      return []
    },
    begin: (index: number, given: JsonObject): ChatPart[] => {
      // Told twice, one call must not become two.
      const id = stringOf(given.id) ?? ''
      if (ids.has(id)) return []
      if (id !== '') ids.add(id)
      const before = planned()
      const { call, parts } = openCall(blocks.next(), given)
      open.set(index, call)
      return [...before, ...parts]
    },
    add: (index: number, given: JsonObject): ChatPart[] => {
      const text = stringOf(objectOf(given.function).arguments) ?? ''
      return (
        open.get(index)?.add(text) ?? [failed(malformed('The provider sent arguments of a call it had not begun.'))]
      )
    },
    all: (): CallText[] => [...open.values()],
  }
}

/** Alone, or the first of a list: both were seen. */
const firstOf = (value: Json | undefined): JsonObject => objectOf(Array.isArray(value) ? listOf(value)[0] : value)

/** Contents and calls are numbered apart by the provider; here they share one row of numbers. */
function blockNumbers() {
  const contents = new Map<number, number>()
  let count = 0
  let last = 0
  const begin = (index: number): number => {
    last = count++
    contents.set(index, last)
    return last
  }
  return {
    next: () => count++,
    begin,
    of: (index: number): number => contents.get(index) ?? begin(index),
    cited: (citation: Json | undefined): number => contents.get(Number(firstOf(citation).content_index)) ?? last,
  }
}
