import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'
import type { Draft } from './host-draft.ts'
import { printHistory } from './host-history.ts'
import { safeIds } from './host-ids.ts'
import { alternating, filled, isSystem, oneSystem } from './host-turns.ts'

type Edit = (messages: readonly JsonObject[], flags: Flags) => readonly JsonObject[]

/** In this order: what is left out must not stand between two messages that are joined. */
const edits: readonly { wanted(flags: Flags): boolean; edit: Edit }[] = [
  { wanted: (flags) => flags.reasoningHistory !== undefined, edit: printHistory },
  {
    wanted: (flags) => flags.assistantNeedsContentOrCalls === true,
    edit: (messages) => messages.filter((message) => message.role !== 'assistant' || says(message)),
  },
  { wanted: (flags) => flags.toolResultOrder === 'calls', edit: inCallOrder },
  { wanted: (flags) => flags.toolMessageNeedsName === true, edit: named },
  { wanted: (flags) => flags.toolCallIdRule !== undefined, edit: safeIds },
  { wanted: (flags) => flags.contentAsString === true, edit: (messages) => messages.map(asString) },
  { wanted: (flags) => flags.systemRole === 'mergeToOne', edit: oneSystem },
  {
    wanted: (flags) => flags.systemRole === 'demoteToUser',
    edit: (messages) => messages.map((message) => (isSystem(message) ? { ...message, role: 'user' } : message)),
  },
  { wanted: (flags) => flags.requireAlternation === true, edit: alternating },
  { wanted: (flags) => flags.toolThenUserFiller === true, edit: filled },
]

/** Messages as this host takes them. The list stays as it is where nothing in it changes. */
export function hostMessages({ body, flags }: Draft): void {
  const wanted = edits.filter((one) => one.wanted(flags))
  if (wanted.length === 0) return
  const before = listOf(body.messages).filter(isObject)
  let messages: readonly JsonObject[] = before
  for (const { edit } of wanted) messages = edit(messages, flags)
  if (messages.length === before.length && messages.every((message, at) => sameText(message, before[at]))) return
  body.messages = [...messages]
}

const sameText = (a: JsonObject, b: JsonObject | undefined): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b)

const says = ({ content, tool_calls: calls, refusal }: JsonObject): boolean =>
  listOf(calls).length > 0 || Boolean(refusal) || (Array.isArray(content) ? content.length > 0 : Boolean(content))

const isText = (part: Json): boolean => objectOf(part).type === 'text'

/** Text parts as one text. With an image among them they stay a list: what cannot be said, the host says. */
function asString(message: JsonObject): JsonObject {
  const { content } = message
  if (!Array.isArray(content) || !content.every(isText)) return message
  return { ...message, content: content.map((part) => stringOf(objectOf(part).text) ?? '').join('\n') }
}

/** Names of the functions that were called, by the id of the call. */
const callNames = (messages: readonly JsonObject[]): Map<string, string> =>
  new Map(
    messages.flatMap((message) =>
      listOf(message.tool_calls).flatMap((call) => {
        const { id, function: called } = objectOf(call)
        const name = stringOf(objectOf(called).name)
        return typeof id === 'string' && name !== undefined ? [[id, name] as const] : []
      }),
    ),
  )

function named(messages: readonly JsonObject[]): JsonObject[] {
  const names = callNames(messages)
  return messages.map((message) => {
    const name = message.role === 'tool' && !message.name ? names.get(stringOf(message.tool_call_id) ?? '') : undefined
    return name === undefined ? message : { ...message, name }
  })
}

/** Results that follow one turn, in the order of its calls; results of no call of that turn come last. */
function inCallOrder(messages: readonly JsonObject[]): JsonObject[] {
  const out: JsonObject[] = []
  let order: string[] = []
  let results: JsonObject[] = []
  const place = ({ tool_call_id: id }: JsonObject): number => {
    const at = order.indexOf(stringOf(id) ?? '')
    return at < 0 ? order.length : at
  }
  const flush = () => {
    out.push(...results.sort((a, b) => place(a) - place(b)))
    results = []
  }
  for (const message of messages) {
    if (message.role === 'tool') results.push(message)
    else {
      flush()
      out.push(message)
      if (message.role === 'assistant')
        order = listOf(message.tool_calls).map((call) => stringOf(objectOf(call).id) ?? '')
    }
  }
  flush()
  return out
}
