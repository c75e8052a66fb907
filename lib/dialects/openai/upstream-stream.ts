import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, tryParseExact } from '../../core/json.ts'
import { mergeUsage, type Usage } from '../../core/usage.ts'
import type { StreamParser } from '../tongue.ts'
import { errorInside } from './failure.ts'
import { malformed, saysError } from './pass-whole.ts'
import { deltaReader } from './upstream-blocks.ts'
import { endOf, failed, startPart } from './upstream-reply.ts'
import { usageOf } from './watch-usage.ts'

/**
 * Chunks of a chat completion to parts. The answer is complete at `[DONE]`, or where the bytes end, after a finish reason was
 * seen: usage comes in between. What cannot be read may have been a piece of the answer, so it fails.
 */
export function streamParser(): StreamParser {
  const reader = deltaReader()
  let started = false
  let content = false
  let usage: Usage | undefined
  let end: ChatPart | undefined

  const start = (chunk: JsonObject): ChatPart[] => {
    const part = startPart(chunk)
    if (started || (part.id === undefined && part.model === undefined)) return []
    started = true
    return [part]
  }
  const counted = (chunk: JsonObject): ChatPart[] => {
    const found = usageOf(chunk)
    if (!found) return []
    usage = mergeUsage(usage, found)
    return [{ type: 'usage', usage }]
  }
  const read = (chunk: JsonObject): ChatPart[] => {
    const choice = listOf(chunk.choices).find((one) => isObject(one) && (one.index ?? 0) === 0)
    const parts = [...start(chunk), ...counted(chunk)]
    if (!isObject(choice)) return parts
    if (saysError(choice)) return [...parts, failed(errorInside(choice, true))]
    const delta = isObject(choice.delta) ? choice.delta : choice.message
    const pieces = isObject(delta) ? reader.read(delta) : []
    content ||= pieces.length > 0
    const ending = endOf(choice)
    if (ending?.type === 'failure') return [...parts, ...pieces, ending]
    end = ending ?? end
    return [...parts, ...pieces]
  }
  const complete = (): ChatPart[] => (end ? [...reader.close(), end] : [])

  return {
    push({ data, event, overflow }) {
      const text = data.trim()
      if (text === '') return []
      if (text === '[DONE]') return complete()
      const chunk = overflow ? undefined : tryParseExact(text)
      if (!isObject(chunk)) return [failed(malformed('The provider sent an event that cannot be read.', true))]
      if (event === 'error' || saysError(chunk)) return [failed(errorInside(chunk, content))]
      return read(chunk)
    },
    end: complete,
  }
}
