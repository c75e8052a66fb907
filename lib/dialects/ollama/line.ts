import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { logprobsPart } from '../logprobs.ts'
import { failed, malformed } from '../broken-reply.ts'
import { finishParts } from './finish.ts'

/**
 * Lines of one answer to parts. Thinking, text and calls each stand in a block of their own; calls come whole. Most servers
 * give them no id, and a client needs one: it is made from the moment they were written and their place.
 */
export function lineReader(): { read(line: JsonObject): ChatPart[] } {
  let block = -1
  let kind = ''
  let started = false
  const written = { calls: 0, bytes: 0 }

  const piece = (type: 'text' | 'reasoning', text: string | undefined): ChatPart[] => {
    if (!text) return []
    if (kind !== type) block++
    kind = type
    written.bytes += Buffer.byteLength(text)
    return [{ type, block, text }]
  }
  const call = (given: JsonObject, moment: string): ChatPart[] => {
    const { name, arguments: args } = objectOf(given.function)
    if (typeof name !== 'string' || name === '')
      return [failed(malformed('The provider called a function without naming it.'))]
    block++
    kind = 'call'
    const id = stringOf(given.id) || madeId(`${moment} ${written.calls}`)
    written.calls++
    const text = isObject(args) ? JSON.stringify(args) : (stringOf(args) ?? '')
    return [{ type: 'call', block, id, name }, ...(text === '' ? [] : [{ type: 'arguments', block, text } as const])]
  }
  const start = ({ model }: JsonObject): ChatPart[] => {
    if (started) return []
    started = true
    return [{ type: 'start', ...(typeof model === 'string' && model !== '' ? { model } : {}) }]
  }

  return {
    read(line) {
      const message = objectOf(line.message)
      const moment = stringOf(line.created_at) ?? ''
      return [
        ...start(line),
        ...piece('reasoning', stringOf(message.thinking)),
        ...logprobsPart(line.logprobs),
        ...piece('text', stringOf(message.content)),
        ...listOf(message.tool_calls)
          .filter(isObject)
          .flatMap((given) => call(given, moment)),
        ...(line.done === true ? finishParts(line, written) : []),
      ]
    },
  }
}

/** FNV-1a, 64 bits: the same answer has the same ids each time it is read. */
function madeId(text: string): string {
  let state = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) state = ((state ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return `call_${state.toString(36).padStart(13, '0')}`
}
