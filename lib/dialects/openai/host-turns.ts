import { type Json, type JsonObject, listOf } from '../../core/json.ts'

export const isSystem = ({ role }: JsonObject): boolean => role === 'system' || role === 'developer'

/** One system message, first, with what all of them say. */
export function oneSystem(messages: readonly JsonObject[]): readonly JsonObject[] {
  const system = messages.filter(isSystem)
  const [first] = system
  if (first === undefined || (system.length === 1 && messages[0] === first)) return messages
  const content = system.map((message) => message.content ?? '').reduce<Json>(joined, '')
  return [{ ...first, role: 'system', content }, ...messages.filter((message) => !isSystem(message))]
}

/** Sides take turns, and the user's comes first. Calls and their results stay apart: each belongs to an id. */
export function alternating(messages: readonly JsonObject[]): readonly JsonObject[] {
  const out: JsonObject[] = []
  for (const message of messages) {
    const last = out.at(-1)
    if (last && last.role === message.role && isSide(message) && !hasCalls(last)) {
      const content = joined(last.content ?? '', message.content ?? '')
      out[out.length - 1] = { ...last, ...message, content: content === '' && hasCalls(message) ? null : content }
    } else out.push(message)
  }
  const first = out.findIndex((message) => !isSystem(message))
  // The shortest text that is taken; only where the conversation would not begin with the user.
  if (out[first]?.role === 'assistant') out.splice(first, 0, { role: 'user', content: '.' })
  return out
}

const isSide = ({ role }: JsonObject): boolean => role === 'user' || role === 'assistant'
const hasCalls = (message: JsonObject): boolean => listOf(message.tool_calls).length > 0

/** Two contents as one: texts with a blank line between, lists one after the other. */
function joined(a: Json, b: Json): Json {
  if (typeof a === 'string' && typeof b === 'string') return a && b ? `${a}\n\n${b}` : a || b
  return [...parts(a), ...parts(b)]
}

const parts = (content: Json): Json[] =>
  typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : listOf(content)

/** Between the result of a call and the user, the assistant says the least that is taken. */
export const filled = (messages: readonly JsonObject[]): readonly JsonObject[] =>
  messages.flatMap((message, at) =>
    message.role === 'user' && messages[at - 1]?.role === 'tool'
      ? [{ role: 'assistant', content: 'OK' }, message]
      : [message],
  )
