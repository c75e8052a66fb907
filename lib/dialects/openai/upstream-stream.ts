import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, tryParseExact } from '../../core/json.ts'
import { mergeUsage, type Usage } from '../../core/usage.ts'
import type { StreamParser } from '../tongue.ts'
import { errorInside } from './failure.ts'
import { malformed, saysError } from './pass-whole.ts'
import { deltaReader } from './upstream-blocks.ts'
import { endOf, failed, judged, startPart } from './upstream-reply.ts'
import { sourceReader } from './upstream-sources.ts'
import { contentBytesOf } from './watch-content.ts'
import { isCredible, usageOf } from './watch-usage.ts'

/**
 * Chunks of a chat completion to parts. The answer is complete at `[DONE]`, or where the bytes end, after a finish reason was
 * seen: usage comes in between. What cannot be read may have been a piece of the answer, so it fails.
 */
export function streamParser(): StreamParser {
  const reader = deltaReader()
  const usage = usageReader()
  const found = sourceReader()
  let started = false
  let bytes = 0
  let end: ChatPart | undefined

  const start = (chunk: JsonObject): ChatPart[] => {
    const part = startPart(chunk)
    if (started || (part.id === undefined && part.model === undefined)) return []
    started = true
    return [part]
  }
  const read = (chunk: JsonObject): ChatPart[] => {
    const choice = listOf(chunk.choices).find((one) => isObject(one) && (one.index ?? 0) === 0)
    const parts = [...start(chunk), ...usage.read(chunk)]
    found.read(chunk)
    if (!isObject(choice)) return parts
    if (saysError(choice)) return [...parts, failed(errorInside(choice, true))]
    const delta = isObject(choice.delta) ? choice.delta : choice.message
    const pieces = isObject(delta) ? reader.read(delta) : []
    if (isObject(delta)) bytes += contentBytesOf(delta)
    const ending = endOf(choice)
    if (ending?.type === 'failure') return [...parts, ...pieces, ending]
    end = ending ?? end
    return [...parts, ...pieces]
  }
  const complete = (): ChatPart[] =>
    end ? [...reader.cite(found.sources()), ...reader.close(), ...usage.close(bytes), judged(end, reader.broken())] : []

  return {
    push({ data, event, overflow }) {
      const text = data.trim()
      if (text === '') return []
      if (text === '[DONE]') return complete()
      const chunk = overflow ? undefined : tryParseExact(text)
      if (!isObject(chunk)) return [failed(malformed('The provider sent an event that cannot be read.', true))]
      if (event === 'error' || saysError(chunk)) return [failed(errorInside(chunk, bytes > 0))]
      return read(chunk)
    },
    end: complete,
    ending: () => end !== undefined,
  }
}

/** Counts that say nothing was written wait for the end: only there can be told whether that is true. */
function usageReader() {
  let usage: Usage | undefined
  let told = false
  return {
    read(chunk: JsonObject): ChatPart[] {
      const found = usageOf(chunk)
      if (!found) return []
      usage = mergeUsage(usage, found)
      told = usage.completion > 0
      return told ? [{ type: 'usage', usage }] : []
    },
    close: (bytes: number): ChatPart[] => (!told && isCredible(usage, bytes) ? [{ type: 'usage', usage }] : []),
  }
}
