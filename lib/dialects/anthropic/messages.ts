import type { AssistantBlock, ChatMessage, TextBlock, UserBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { printAssistantBlock, printResult, printUserBlock } from './blocks.ts'
import { safeId, type ToolNames } from './names.ts'
import { type Call, type Result, type Turn, turnsOf } from './turns.ts'

/**
 * `system` and `messages`. What the API demands of a conversation: it begins with the user, sides
 * alternate, every call is answered at the head of the next turn, and nothing is answered that was not called.
 */
export function printMessages(messages: readonly ChatMessage[], names: ToolNames): JsonObject {
  const first = messages.findIndex((message) => message.role !== 'system')
  const leading = first < 0 ? messages : messages.slice(0, first)
  const system = leading.flatMap((message) =>
    (message.content as TextBlock[]).filter((block) => /\S/.test(block.text)).map(printUserBlock),
  )
  const turns = printTurns(turnsOf(first < 0 ? [] : messages.slice(first)), names)
  // The shortest text that is taken; only where the conversation would not begin with the user.
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: '.' }] })
  return { ...(system.length > 0 ? { system } : {}), messages: turns }
}

function printTurns(turns: readonly Turn[], names: ToolNames): JsonObject[] {
  const printed: JsonObject[] = []
  const ids = idPrinter()
  let open: OpenCall[] = []
  for (const [at, turn] of turns.entries()) {
    if (turn.role === 'assistant') {
      open = turn.content.filter((block) => block.type === 'call').map((call) => ({ call, id: ids(call.id) }))
      const content = at === turns.length - 1 ? withoutTrailingSpace(turn.content) : turn.content
      const blocks = content.flatMap((block) => printAssistantBlock(block, { names, open }))
      if (blocks.length > 0) printed.push({ role: 'assistant', content: blocks })
    } else {
      printed.push({ role: 'user', content: printUserTurn(turn, open) })
      open = []
    }
  }
  if (open.length > 0) printed.push({ role: 'user', content: open.map(({ id }) => missing(id)) })
  return printed
}

/** A call of the turn before, under the id that it was printed with. */
export type OpenCall = { call: Call; id: string }

function printUserTurn({ results, content }: Turn & { role: 'user' }, open: readonly OpenCall[]): JsonObject[] {
  const left = [...results]
  const answers = open.map(({ call, id }) => {
    const at = left.findIndex((result) => result.id === call.id)
    const [result] = at < 0 ? [] : left.splice(at, 1)
    return result ? printResult(result, id) : missing(id)
  })
  return [...answers, ...left.flatMap(orphan), ...content.map(printUserBlock)]
}

const missing = (id: string): JsonObject => ({
  type: 'tool_result',
  tool_use_id: id,
  is_error: true,
  content: 'No result.',
})

/** A result whose call is not in the turn before (a client cut its history): what it says is kept, as text. */
function orphan(result: Result): JsonObject[] {
  const head: UserBlock = { type: 'text', text: `Tool result ${result.id}:` }
  return [head, ...result.content].filter((block) => block.type !== 'text' || /\S/.test(block.text)).map(printUserBlock)
}

/** Ids are unique in a conversation; servers that number calls per turn repeat them. */
function idPrinter(): (id: string) => string {
  const used = new Map<string, number>()
  return (id) => {
    const safe = safeId(id)
    const times = (used.get(safe) ?? 0) + 1
    used.set(safe, times)
    return times === 1 ? safe : `${safe}-${times}`
  }
}

/** A last turn of the assistant is a beginning to go on from, and must not end in white space. */
function withoutTrailingSpace(content: readonly AssistantBlock[]): AssistantBlock[] {
  const last = content.at(-1)
  return last?.type === 'text' ? [...content.slice(0, -1), { ...last, text: last.text.trimEnd() }] : [...content]
}
