import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import type { StreamParser } from '../tongue.ts'
import { malformed } from '../broken-reply.ts'
import { errorFailure } from './failure.ts'
import { finishParts } from './finish.ts'
import { type OpenBlock, openBlock } from './reply-blocks.ts'
import { startPart, usageParts as usagePartsOf } from './reply.ts'
import { usageReader } from './usage.ts'

/**
 * Events of a messages stream to parts. The answer is complete at `message_stop`, or
 * where the bytes end after a stop reason was seen: nothing of it is missing then, only its marker.
 * Event and block types that are not known are passed over; an event that is not JSON may have been text, so it fails.
 */
export function streamParser(): StreamParser {
  const parse = alikeParser()
  const usage = usageReader()
  const blocks = blockReader()
  let message: { id: string | undefined } | undefined
  let stop: { reason: string; details: JsonObject[''] } | undefined
  let summed = false

  const usageParts = (reported: JsonObject['']): ChatPart[] => {
    const read = usage(reported)
    return read ? usagePartsOf(read, reported) : []
  }
  const stopped = ({ stop_reason: reason, stop_details: details }: JsonObject): void => {
    if (typeof reason === 'string' && reason !== '') stop = { reason, details: details ?? null }
  }
  const start = (value: JsonObject): ChatPart[] => {
    const id = stringOf(value.id)
    if (message) return message.id === id ? [] : [failed('The provider began a second message inside its answer.')]
    message = { id }
    stopped(value)
    return [startPart(value), ...usageParts(value.usage ?? null), ...blocks.whole(listOf(value.content))]
  }
  const complete = (): ChatPart[] =>
    stop || summed ? [...blocks.closeAll(), ...finishParts(stop?.reason ?? '', stop?.details ?? null)] : [unsaid]

  const read = (event: JsonObject): ChatPart[] => {
    switch (stringOf(event.type) ?? '') {
      case 'message_start':
        return start(objectOf(event.message))
      case 'content_block_start':
        return blocks.start(event)
      case 'content_block_delta':
        return blocks.delta(event)
      case 'content_block_stop':
        return blocks.stop(event)
      case 'message_delta':
        summed = true
        stopped(objectOf(event.delta))
        return usageParts(event.usage ?? null)
      case 'message_stop':
        return complete()
      case 'error':
        return [{ type: 'failure', failure: errorFailure(event, message !== undefined) }]
      default:
        return isObject(event.error) ? [{ type: 'failure', failure: errorFailure(event, message !== undefined) }] : []
    }
  }

  return {
    push({ data, event }, given) {
      const text = data.trim()
      if (text === '' || text === '[DONE]') return []
      const json = given ?? parse(text)
      if (!isObject(json)) return [failed('The provider sent an event that is not JSON.')]
      return read('type' in json || event === undefined ? json : { ...json, type: event })
    },
    end: () => (stop ? complete() : []),
    ending: () => stop !== undefined,
  }
}

const indexOf = (event: JsonObject): number => numberOf(event.index) ?? 0

/** Open content blocks by the provider's index. Their parts are numbered in the order in which blocks began. */
function blockReader() {
  const open = new Map<number, OpenBlock & { id: string | undefined }>()
  let count = 0
  const begin = (index: number, value: JsonObject): ChatPart[] => {
    const id = stringOf(value.id)
    // Told twice, one call must not become two.
    if (id !== undefined && open.get(index)?.id === id) return []
    const before = end(index)
    const block = openBlock(count++, value)
    open.set(index, { ...block, id })
    return [...before, ...block.start]
  }
  const end = (index: number): ChatPart[] => {
    const block = open.get(index)
    open.delete(index)
    return block?.close() ?? []
  }
  return {
    start: (event: JsonObject): ChatPart[] => begin(indexOf(event), objectOf(event.content_block)),
    delta: (event: JsonObject): ChatPart[] => {
      const index = indexOf(event)
      const delta = objectOf(event.delta)
      const known = open.get(index)
      if (known) return known.delta(delta)
      const type = implied[stringOf(delta.type) ?? '']
      if (type) return [...begin(index, { type }), ...(open.get(index)?.delta(delta) ?? [])]
      return delta.type === 'input_json_delta'
        ? [failed('The provider sent arguments of a call it had not begun.')]
        : []
    },
    stop: (event: JsonObject): ChatPart[] => end(indexOf(event)),
    closeAll: (): ChatPart[] => [...open.keys()].flatMap(end),
    /** Blocks that stood complete in `message_start`. */
    whole: (content: JsonObject[''][]): ChatPart[] =>
      content.flatMap((value) => {
        const block = openBlock(count++, objectOf(value))
        return [...block.start, ...block.close()]
      }),
  }
}

/** Some hosts leave out the start of a block whose kind its first delta tells. */
export const implied: Readonly<Record<string, 'text' | 'thinking'>> = {
  text_delta: 'text',
  citations_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'thinking',
}

/** A host may give no reason; where even the event is missing that would hold it, so are the counts that are paid for. */
const unsaid: ChatPart = {
  type: 'failure',
  failure: malformed('The provider ended its answer without saying why, or what it counted.'),
}

const failed = (message: string): ChatPart => ({ type: 'failure', failure: malformed(message) })
