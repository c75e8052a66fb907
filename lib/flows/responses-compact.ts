import { GatewayError } from '../core/errors.ts'
import { type Call, isStream, type Reply } from '../core/http.ts'
import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import type { ChatCall } from '../dialects/dialect.ts'
import { hostedName } from '../dialects/responses/bounds.ts'
import { inputItems, parseResponsesCall } from '../dialects/responses/call.ts'
import { sealedSummary } from '../dialects/responses/sealed.ts'
import type { Caller } from '../steps/authenticate.ts'
import { splice } from '../wire/json-splice.ts'
import { bodyText } from './body-text.ts'
import { complete, type Machine } from './completion.ts'
import { errorReply } from './headers.ts'
import { newId, responsesTask } from './responses.ts'
import { wholeRequest } from './responses-turns.ts'

const instruction = [
  'Stop here and write a summary of this conversation, from which another model will go on with the work in your place.',
  'It will read the messages of the user again, and your summary, but nothing else.',
  'Say what is wanted, what was done and found out (names, paths, numbers, decisions and their reasons), how things stand now, and what is left to do.',
  'Write the summary alone, and call no tools.',
].join(' ')

/**
 * A conversation made short: the user's messages, and what the model that was asked says of the rest, as a `compaction` item.
 * It is an answer like any other, so it is held and charged like one, and every provider can give it; whichever answers next
 * can read it, because it is sealed here and opened here.
 */
export async function compactInput(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const whole = await wholeRequest(machine, caller, parseResponsesCall(bodyText(call)))
  const id = newId(machine.ports.random)
  const asking = { ...whole, read: askingForSummary(whole.read) }
  const reply = await complete(machine, call, caller, responsesTask(call, caller, { whole: asking, id, dropped: [] }))
  if (reply.error || reply.status !== 200 || isStream(reply.body)) return reply
  const text = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString()
  const response = objectOf(tryParse(text))
  const summary = textIn(response)
  if (response.status === 'completed' && summary !== '')
    return { ...reply, body: JSON.stringify(compaction(id, whole.read.body, { response, summary })) }
  // It was billed: whatever settles it goes along with the error.
  const { done, after } = reply
  return { ...errorReply(noSummary(response), call.requestId), ...(done && { done }), ...(after && { after }) }
}

/** What the provider runs would not be run for a summary, and may have no bound. */
function askingForSummary(read: ChatCall): ChatCall {
  const { body } = read
  const tools = listOf(body.tools ?? []).filter((tool) => hostedName(tool) === undefined)
  const input = [...inputItems(body.input), { type: 'message', role: 'user', content: instruction }]
  const set: JsonObject = { input, store: false, ...(tools.length > 0 ? { tools, tool_choice: 'none' } : {}) }
  const remove = ['stream', 'text', ...(tools.length > 0 ? [] : ['tools', 'tool_choice'])].filter(
    (name) => name in body,
  )
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !remove.includes(name)))
  return { ...read, stream: false, body: { ...kept, ...set }, text: splice(read.text, { set, remove }) }
}

const textIn = ({ output }: JsonObject): string =>
  listOf(output)
    .flatMap((item) => listOf(objectOf(item).content))
    .map((part) => stringOf(objectOf(part).text) ?? '')
    .join('')

const noSummary = ({ status }: JsonObject): GatewayError =>
  new GatewayError('upstream_cut', {
    message:
      status === 'incomplete'
        ? 'The summary was cut off: allow more max_output_tokens, or give the key more budget.'
        : 'The model wrote no summary.',
  })

type Told = { response: JsonObject; summary: string }

function compaction(id: string, asked: JsonObject, { response, summary }: Told): JsonObject {
  const said = inputItems(asked.input).filter(({ type, role }) => (type ?? 'message') === 'message' && role === 'user')
  const messages = said.map((item, at) => ({ type: 'message', status: 'completed', ...item, id: `msg_${id}_${at}` }))
  return {
    id: `resp_${id}`,
    object: 'response.compaction',
    created_at: response.created_at ?? null,
    output: [...messages, { id: `cmp_${id}`, type: 'compaction', encrypted_content: sealedSummary(summary) }],
    usage: response.usage ?? null,
  }
}
