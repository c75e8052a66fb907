import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { callPlacer } from './pass-calls.ts'

/**
 * Deltas of one choice to parts. The API mixes what the hub keeps apart: every change between reasoning, text and a call begins
 * a block, and calls whose deltas are interleaved come out one after the other.
 */
export type DeltaReader = {
  read(delta: JsonObject): ChatPart[]
  /** What was held back: the rest of calls that others stood before. */
  close(): ChatPart[]
}

type Open = { id: string; name: string; text: string; sent: number; block?: number }

export function deltaReader(): DeltaReader {
  let block = -1
  let kind: 'text' | 'reasoning' | 'call' | undefined
  const at = (wanted: 'text' | 'reasoning'): number => {
    if (kind !== wanted) block++
    kind = wanted
    return block
  }
  const calls = callReader(() => {
    kind = 'call'
    return ++block
  })
  const texts = (content: Json | undefined): ChatPart[] => {
    if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', block: at('text'), text: content }]
    return listOf(content).flatMap((part) => {
      const { text, thinking, refusal } = objectOf(part)
      if (thinking !== undefined) return reasonings(typeof thinking === 'string' ? thinking : plain(thinking))
      if (typeof refusal === 'string') return [{ type: 'refusal', text: refusal } as const]
      return texts(text)
    })
  }
  const reasonings = (text: string): ChatPart[] =>
    text === '' ? [] : [{ type: 'reasoning', block: at('reasoning'), text }]

  return {
    read(delta) {
      const reasoning = stringOf(delta.reasoning_content) || stringOf(delta.reasoning) || ''
      const refusal = stringOf(delta.refusal)
      const parts = [...reasonings(reasoning), ...texts(delta.content)]
      if (refusal) parts.push({ type: 'refusal', text: refusal })
      for (const note of listOf(delta.annotations)) {
        const citation = objectOf(objectOf(note).url_citation)
        if (citation.url !== undefined) parts.push({ type: 'citation', block: at('text'), value: citation })
      }
      return [...parts, ...calls.read(delta)]
    },
    close: calls.close,
  }
}

/** Text of the parts that some hosts wrap their reasoning in. */
const plain = (parts: Json): string =>
  listOf(parts)
    .map((part) => stringOf(objectOf(part).text) ?? '')
    .join('')

/** Calls by position. One is live, its arguments pass as they come; the next is once its arguments are whole, or all has ended. */
function callReader(begin: () => number) {
  const place = callPlacer()
  const open: Open[] = []
  let live = 0

  const flush = (call: Open): ChatPart[] => {
    const parts: ChatPart[] = []
    if (call.name === '') return parts
    if (call.block === undefined) {
      call.block = begin()
      parts.push({ type: 'call', block: call.block, id: call.id, name: call.name })
    }
    if (call.text.length > call.sent)
      parts.push({ type: 'arguments', block: call.block, text: call.text.slice(call.sent) })
    call.sent = call.text.length
    return parts
  }
  const advance = (last: boolean): ChatPart[] => {
    const parts: ChatPart[] = []
    for (let call = open[live]; call; call = open[live]) {
      parts.push(...flush(call))
      if (live === open.length - 1 || !(last || tryParse(call.text) !== undefined)) break
      live++
    }
    return parts
  }
  const take = (call: JsonObject, beside: boolean): void => {
    const position = place(call, beside)
    const called = isObject(call.function) ? call.function : objectOf(call.custom)
    const known = (open[position] ??= { id: '', name: '', text: '', sent: 0 })
    known.id ||= stringOf(call.id) || `call_${position}`
    known.name ||= stringOf(called.name) ?? ''
    const given = called.arguments ?? called.input
    known.text += typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : ''
  }
  return {
    read(delta: JsonObject): ChatPart[] {
      const old = objectOf(delta.function_call)
      const listed = listOf(delta.tool_calls).filter(isObject)
      for (const [nth, call] of listed.entries()) take(call, nth > 0)
      if (listed.length === 0 && Object.keys(old).length > 0) take({ index: 0, function: old }, false)
      return advance(false)
    },
    close: () => advance(true),
  }
}
