import { type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import { sseDecoder } from '../wire/sse.ts'
import { itemParts, messageListener } from './content-blocks.ts'
import { callPart, contentParts, reasoningParts } from './content-input.ts'

/** Watches an answer on its way to the client, and gives it back as messages. */
export type Listener = {
  /** Bytes of a stream, cut anywhere. Never throws. */
  push(chunk: Uint8Array): void
  /** A whole reply's body. */
  whole(body: Uint8Array | string): void
  /** One message per choice (gen-ai-output-messages.json), with what was heard so far. */
  messages(): Json[]
}

type Call = { id?: string; name: string; arguments: string }
type Choice = { text: string; reasoning: string; calls: Map<number, Call>; finish?: string }

/** More of one text than any event carries: the rest is not kept in memory. */
const mostLetters = 200_000

/** Listens to an answer in the client's tongue. What it does not understand it does not repeat. */
export function listener(): Listener {
  const decoder = sseDecoder()
  const choices = new Map<number, Choice>()
  const message = messageListener(mostLetters)
  let messages: Json[] | undefined
  const heard = (): Json[] | undefined => {
    const told = message.message()
    return messages ?? (told === undefined ? undefined : [told])
  }
  return {
    push(chunk) {
      for (const { data } of decoder.push(chunk)) {
        const event = objectOf(tryParse(data))
        message.hear(event)
        for (const choice of listOf(event.choices)) hear(choices, objectOf(choice))
        // The last event of a response has all of it.
        if (event.type === 'response.completed' || event.type === 'response.incomplete')
          messages = [responseMessage(objectOf(event.response))]
      }
    },
    whole(body) {
      const reply = objectOf(tryParse(typeof body === 'string' ? body : Buffer.from(body).toString()))
      if (reply.object === 'response') return void (messages = [responseMessage(reply)])
      if (reply.type === 'message') return message.whole(reply)
      messages = listOf(reply.choices).map((choice) => {
        const { message, finish_reason: finish } = objectOf(choice)
        return messageOf(objectOf(message), stringOf(finish))
      })
    },
    messages: () => heard() ?? [...choices.values()].map((choice) => messageOf(asMessage(choice), choice.finish)),
  }
}

function hear(choices: Map<number, Choice>, { index, delta, finish_reason: finish }: JsonObject): void {
  const number = typeof index === 'number' ? index : 0
  const choice: Choice = choices.get(number) ?? { text: '', reasoning: '', calls: new Map() }
  choices.set(number, choice)
  const said = objectOf(delta)
  choice.text = joined(choice.text, said.content)
  choice.text = joined(choice.text, said.refusal)
  choice.reasoning = joined(choice.reasoning, said.reasoning_content)
  for (const piece of listOf(said.tool_calls).map(objectOf)) hearCall(choice, piece)
  if (typeof finish === 'string') choice.finish = finish
}

function hearCall({ calls }: Choice, { index, id, function: called }: JsonObject): void {
  const number = typeof index === 'number' ? index : 0
  const call: Call = calls.get(number) ?? { name: '', arguments: '' }
  calls.set(number, call)
  const piece = objectOf(called)
  if (typeof id === 'string') call.id = id
  call.name = joined(call.name, piece.name)
  call.arguments = joined(call.arguments, piece.arguments)
}

const joined = (text: string, more: Json | undefined): string =>
  typeof more !== 'string' || text.length >= mostLetters ? text : text + more

const asMessage = ({ text, reasoning, calls }: Choice): JsonObject => ({
  content: text,
  reasoning_content: reasoning,
  tool_calls: [...calls.values()].map(({ id, ...called }) => ({ id: id ?? null, function: called })),
})

const messageOf = (message: JsonObject, finish: string | undefined): Json => ({
  role: 'assistant',
  parts: [
    ...reasoningParts(message),
    ...contentParts(message.content ?? message.refusal),
    ...listOf(message.tool_calls).map(callPart),
  ],
  // The conventions have a word for an answer that never came to its end.
  finish_reason: finish ?? 'error',
})

/** A response as one message: its items in order, as far as the conventions have a word for them. */
function responseMessage({ output, incomplete_details: details }: JsonObject): Json {
  const items = listOf(output).map(objectOf)
  const cut = stringOf(objectOf(details).reason)
  const called = items.some((item) => item.type === 'function_call' || item.type === 'custom_tool_call')
  const parts = items.flatMap(itemParts)
  return { role: 'assistant', parts, finish_reason: cut === undefined ? (called ? 'tool_call' : 'stop') : 'length' }
}
