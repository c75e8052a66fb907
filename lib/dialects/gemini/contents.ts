import type { ChatMessage, TextBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Turn, turnsOf } from '../anthropic/turns.ts'
import { type Call, type CallPrinter, printModelTurn, withCallIds } from './model-turn.ts'
import type { ModelTraits } from './models.ts'
import type { ToolNames } from './names.ts'
import { printUserPart } from './parts.ts'
import { missingResult, orphan, printResult } from './results.ts'

export type Context = {
  traits: ModelTraits
  names: ToolNames
  /** Calls and results carry their ids; else they are matched by order. */
  callIds: boolean
  /** The request asks to be told of tools that Google runs: those of earlier turns are told again. */
  ownParts: boolean
  /** Said to the model beside its instructions. */
  aside?: string
}

/**
 * `systemInstruction` and `contents`. What the API demands of a conversation: it begins with the user, every call is
 * answered in the next content, in the order of the calls, and results share a content with nothing else.
 */
export function printContents(messages: readonly ChatMessage[], context: Context): JsonObject {
  const first = messages.findIndex((message) => message.role !== 'system')
  const leading = first < 0 ? messages : messages.slice(0, first)
  const system = leading.flatMap((message) => message.content as TextBlock[]).filter(({ text }) => /\S/.test(text))
  const instructions: JsonObject[] = system.map(({ text }) => ({ text }))
  if (context.aside !== undefined) instructions.push({ text: context.aside })
  const rest = (first < 0 ? [] : messages.slice(first)).map((message) =>
    message.role === 'assistant' ? { ...message, content: withCallIds(message.content) } : message,
  )
  const contents = printTurns(turnsOf(rest), context)
  // The shortest text that is taken; only where the conversation would not begin with the user.
  if (contents[0]?.role !== 'user') contents.unshift({ role: 'user', parts: [{ text: '.' }] })
  if (instructions.length === 0) return { contents }
  if (context.traits.system) return { systemInstruction: { parts: instructions }, contents }
  // Such a model has no place for instructions: they come first in what the user says.
  return { contents: [{ role: 'user', parts: [...instructions, ...partsOf(contents[0])] }, ...contents.slice(1)] }
}

const partsOf = (content: JsonObject | undefined): JsonObject[] =>
  Array.isArray(content?.parts) ? (content.parts as JsonObject[]) : []

function printTurns(turns: readonly Turn[], context: Context): JsonObject[] {
  const contents: JsonObject[] = []
  const { traits } = context
  const calls: CallPrinter = {
    name: (call) => context.names.print(call.name),
    id: (call) => (context.callIds ? call.id : undefined),
  }
  const answered = (call: Call) => ({ name: calls.name(call), id: calls.id(call) })
  let open: Call[] = []
  const say = (role: string, parts: JsonObject[]) => {
    if (parts.length > 0) contents.push({ role, parts })
  }
  for (const turn of turns) {
    if (turn.role === 'assistant') {
      open = turn.content.filter((block) => block.type === 'call')
      say('model', printModelTurn(turn.content, { calls, signedCalls: traits.signedCalls, ownParts: context.ownParts }))
      continue
    }
    const left = [...turn.results]
    const results = open.map((call) => {
      const at = left.findIndex((result) => result.id === call.id)
      const [result] = at < 0 ? [] : left.splice(at, 1)
      if (result) return printResult(result, { ...answered(call), traits })
      return { part: missingResult(answered(call)), beside: [] }
    })
    say(
      'user',
      results.map(({ part }) => part),
    )
    say('user', [
      ...results.flatMap(({ beside }) => beside),
      ...left.flatMap((result) => orphan(result, traits)),
      ...turn.content.map((block) => printUserPart(block, traits)),
    ])
    open = []
  }
  say(
    'user',
    open.map((call) => missingResult(answered(call))),
  )
  return contents
}
