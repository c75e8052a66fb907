import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, numberOf } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import type { Usage } from '../../core/usage.ts'
import type { StreamParser } from '../tongue.ts'
import { ofChoice } from '../choices.ts'
import { tierPart } from '../service-tier.ts'
import { errorInside } from './failure.ts'
import { failed, malformed } from '../broken-reply.ts'
import { saysError } from './pass-whole.ts'
import { deltaReader } from './upstream-blocks.ts'
import { endOf, judged, likelyParts, startPart } from './upstream-reply.ts'
import { sourceReader } from './upstream-sources.ts'
import { contentBytesOf } from './watch-content.ts'
import { isCredible, laterUsage, usageOf } from './watch-usage.ts'

/**
 * Chunks of a chat completion to parts. The answer is complete at `[DONE]`, or where the bytes end, after a finish reason of
 * every choice was seen: usage comes in between. What cannot be read may have been a piece of the answer, so it fails.
 */
export function streamParser(expected = 1): StreamParser {
  const parse = alikeParser()
  const choices = new Map<number, Choice>()
  const usage = usageReader()
  const found = sourceReader()
  let started = false
  let tier: ChatPart[] = []

  const start = (chunk: JsonObject): ChatPart[] => {
    const part = startPart(chunk)
    if (started || (part.id === undefined && part.model === undefined)) return []
    started = true
    return [part]
  }
  const read = (chunk: JsonObject): ChatPart[] => {
    found.read(chunk)
    const named = tierPart(chunk)
    if (named.length > 0) tier = named
    const parts = [...start(chunk), ...usage.read(chunk)]
    for (const given of listOf(chunk.choices).filter(isObject)) {
      const index = numberOf(given.index) ?? 0
      if (index >= expected) continue
      const choice = choices.get(index) ?? choiceReader(index)
      choices.set(index, choice)
      parts.push(...choice.read(given))
      if (parts.at(-1)?.type === 'failure') break
    }
    return parts
  }
  const bytes = (): number => [...choices.values()].reduce((sum, choice) => sum + choice.bytes(), 0)
  const isOver = (): boolean => choices.size > 0 && [...choices.values()].every((choice) => choice.isOver())
  const complete = (): ChatPart[] => {
    const first = choices.get(0)
    if (!first || !isOver()) return []
    const others = [...choices.values()].filter((choice) => choice !== first)
    return [
      ...first.close(found.sources()),
      ...others.flatMap((choice) => [...choice.close([]), ...choice.end()]),
      ...tier,
      ...usage.close(bytes()),
      ...first.end(),
    ]
  }

  return {
    push({ data, event, overflow }) {
      const text = data.trim()
      if (text === '') return []
      if (text === '[DONE]') return complete()
      const chunk = overflow ? undefined : parse(text)
      if (!isObject(chunk)) return [failed(malformed('The provider sent an event that cannot be read.', true))]
      if (event === 'error' || saysError(chunk)) return [failed(errorInside(chunk, bytes() > 0))]
      return read(chunk)
    },
    // Without the marker nobody has said that no further choice follows.
    end: () => (choices.size < expected ? [] : complete()),
    ending: () => choices.size >= expected && isOver(),
  }
}

type Choice = ReturnType<typeof choiceReader>

function choiceReader(index: number) {
  const reader = deltaReader()
  let bytes = 0
  let end: ChatPart | undefined
  const own = (parts: ChatPart[]): ChatPart[] => parts.map((part) => ofChoice(index, part))
  return {
    bytes: () => bytes,
    isOver: () => end !== undefined,
    read(choice: JsonObject): ChatPart[] {
      if (saysError(choice)) return [failed(errorInside(choice, true))]
      const delta = isObject(choice.delta) ? choice.delta : choice.message
      if (isObject(delta)) bytes += contentBytesOf(delta)
      const pieces = own([...likelyParts(choice), ...(isObject(delta) ? reader.read(delta) : [])])
      const ending = endOf(choice)
      if (ending?.type === 'failure') return [...pieces, ending]
      end = ending ?? end
      return pieces
    },
    /** What was held back. */
    close: (sources: readonly JsonObject[]): ChatPart[] => own([...reader.cite(sources), ...reader.close()]),
    /** How it ended. */
    end: (): ChatPart[] => (end ? own([judged(end, reader.broken())]) : []),
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
      usage = laterUsage(usage, found)
      told = usage.completion > 0
      return told ? [{ type: 'usage', usage }] : []
    },
    close: (bytes: number): ChatPart[] => (!told && isCredible(usage, bytes) ? [{ type: 'usage', usage }] : []),
  }
}
