import { isObject, type JsonObject, listOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'

const legal = { nine_alphanumerics: /^[A-Za-z0-9]{9}$/, word_characters: /^[A-Za-z0-9_-]+$/ }
const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Ids of calls that the host takes, here and in their results. Hosts answer with ids of their own, so nothing is to be undone. */
export function safeIds(messages: readonly JsonObject[], { toolCallIdRule }: Flags): JsonObject[] {
  if (toolCallIdRule === undefined) return [...messages]
  const safe = (id: string): string => (legal[toolCallIdRule].test(id) ? id : nineOf(id))
  return messages.map((message) => {
    const { tool_call_id: id, tool_calls: calls } = message
    if (typeof id === 'string') return { ...message, tool_call_id: safe(id) }
    if (!Array.isArray(calls)) return message
    const renamed = listOf(calls).map((call) =>
      isObject(call) && typeof call.id === 'string' ? { ...call, id: safe(call.id) } : call,
    )
    return { ...message, tool_calls: renamed }
  })
}

/** Nine letters and digits that stand for this id in every request: the host's prompt cache relies on it. FNV-1a, 64 bits. */
function nineOf(id: string): string {
  let state = 0xcbf29ce484222325n
  for (const byte of Buffer.from(id)) state = ((state ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  let text = ''
  for (; text.length < 9; state /= 62n) text += letters[Number(state % 62n)] ?? '0'
  return text
}
