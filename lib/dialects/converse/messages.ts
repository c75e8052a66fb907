import type { AssistantBlock, ChatMessage, TextBlock, UserBlock } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { type Call, type Turn, turnsOf } from '../anthropic/turns.ts'
import { type Context, printAssistantBlock, printResult, printUserBlock, type Result } from './blocks.ts'
import { cachePoint } from './cache.ts'
import { callIds } from './ids.ts'

/** The shortest text that is taken: white space is refused. */
const filler: JsonObject = { text: '.' }

/**
 * `system` and `messages`. What the API demands: sides alternate, most models begin with the user, every call is answered in the
 * next message, nothing is answered that was not called, no text is blank, and a document stands beside a text.
 */
export function printMessages(messages: readonly ChatMessage[], context: Context): JsonObject {
  const first = messages.findIndex((message) => message.role !== 'system')
  const leading = (first < 0 ? messages : messages.slice(0, first)).flatMap(
    (message) => message.content as readonly TextBlock[],
  )
  const system = leading.filter(({ text }) => /\S/.test(text))
  const said = first < 0 ? [] : messages.slice(first)
  if (context.family.systemInUser && system.length > 0) {
    return { messages: printTurns(turnsOf([{ role: 'user', content: system }, ...said]), context) }
  }
  const blocks = system.flatMap(({ text, cache }) => [{ text }, ...cachePoint(cache)])
  return { ...(blocks.length > 0 ? { system: blocks } : {}), messages: printTurns(turnsOf(said), context) }
}

type OpenCall = { call: Call; id: string }

function printTurns(turns: readonly Turn[], context: Context): JsonObject[] {
  const printed: JsonObject[] = []
  const ids = callIds(context.family)
  let open: OpenCall[] = []
  for (const [at, turn] of turns.entries()) {
    if (turn.role === 'assistant') {
      open = turn.content.filter((block) => block.type === 'call').map((call) => ({ call, id: ids(call.id) }))
      const content = printAssistant(turn.content, { open, last: at === turns.length - 1, context })
      if (content.length > 0) printed.push({ role: 'assistant', content })
    } else {
      printed.push(...printUser(turn, open, context))
      open = []
    }
  }
  if (open.length > 0) printed.push({ role: 'user', content: open.map(({ id }) => missing(id, context)) })
  const begins = printed[0]?.role === 'user' || (printed.length > 0 && context.family.assistantFirst === true)
  return begins ? printed : [{ role: 'user', content: [filler] }, ...printed]
}

type Spoken = { open: readonly OpenCall[]; last: boolean; context: Context }

/** Reasoning first, then text, then calls; a last turn is a beginning to go on from, and must not end in white space. */
function printAssistant(content: readonly AssistantBlock[], { open, last, context }: Spoken): JsonObject[] {
  const reasoning = content.filter(isReasoning)
  const rest = content.filter((block) => !isReasoning(block))
  const end = rest.at(-1)
  const blocks = last && end?.type === 'text' ? [...rest.slice(0, -1), { ...end, text: end.text.trimEnd() }] : rest
  return [...reasoning, ...blocks].flatMap((block) =>
    printAssistantBlock(block, open.find(({ call }) => call === block)?.id ?? '', context),
  )
}

const isReasoning = ({ type }: AssistantBlock): boolean => type === 'reasoning' || type === 'redacted'

/** One message, or several where the model takes results only by themselves. */
function printUser(
  { results, content }: Turn & { role: 'user' },
  open: readonly OpenCall[],
  context: Context,
): JsonObject[] {
  const left = [...results]
  const beside: UserBlock[] = []
  const answers = open.flatMap(({ call, id }) => {
    const at = left.findIndex((result) => result.id === call.id)
    const [result] = at < 0 ? [] : left.splice(at, 1)
    if (!result) return [missing(id, context)]
    const { block, media } = printResult(result, id, context)
    beside.push(...media)
    return block
  })
  const said = [...left.flatMap(orphan), ...beside, ...content]
  const inside = context.family.filesInResults && answers.length > 0 ? said.filter(({ type }) => type === 'file') : []
  addTo(answers, inside, context)
  const rest = withText(
    said.filter((block) => !inside.includes(block)).flatMap((block) => printUserBlock(block, context)),
  )
  if (answers.length === 0 || rest.length === 0 || !context.family.resultsAlone)
    return [{ role: 'user', content: [...answers, ...rest] }]
  return [
    { role: 'user', content: answers },
    { role: 'assistant', content: [filler] },
    { role: 'user', content: rest },
  ]
}

/** Puts files that may not stand beside results into the last of them. */
function addTo(answers: readonly JsonObject[], files: readonly UserBlock[], context: Context): void {
  const last = objectOf(answers.findLast((block) => 'toolResult' in block)?.toolResult)
  if (files.length > 0)
    last.content = [...listOf(last.content), ...files.flatMap((file) => printUserBlock(unmarked(file), context))]
}

/** A cache point may not stand in a result. */
function unmarked(block: UserBlock): UserBlock {
  const { cache: _cache, ...rest } = block
  return rest
}

/** A document stands beside a text. */
const withText = (blocks: JsonObject[]): JsonObject[] =>
  blocks.some((block) => 'document' in block) && !blocks.some((block) => 'text' in block) ? [...blocks, filler] : blocks

/** What was called and never answered. */
const missing = (id: string, { family }: Context): JsonObject => ({
  toolResult: {
    toolUseId: id,
    content: [family.resultsAsJson ? { json: { output: 'No result.' } } : { text: 'No result.' }],
  },
})

/** A result whose call is not in the turn before (a client cut its history): what it says is kept, as text. */
function orphan(result: Result): UserBlock[] {
  const head: UserBlock = { type: 'text', text: `Tool result ${result.id}:` }
  return [head, ...result.content].filter((block) => block.type !== 'text' || /\S/.test(block.text))
}
