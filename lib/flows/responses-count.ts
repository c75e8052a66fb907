import { type Call, jsonReply, type Reply } from '../core/http.ts'
import { type Json, type JsonObject, objectOf, tryParse, tryParseExact } from '../core/json.ts'
import { estimateTokens } from '../dialects/anthropic/estimate.ts'
import { openaiFailure } from '../dialects/openai/failure.ts'
import { parseResponsesCall } from '../dialects/responses/call.ts'
import { withoutForeign } from '../dialects/responses/pass-request.ts'
import { parseRequest } from '../dialects/responses/request.ts'
import type { Caller } from '../steps/authenticate.ts'
import { checkAccess, groupOf, resolveAlias, unknownModel } from '../steps/models.ts'
import { bodyText } from './body-text.ts'
import type { Machine } from './completion.ts'
import { countedBy } from './counted.ts'
import { wholeRequest } from './responses-turns.ts'

/**
 * How many input tokens a request of the responses API has, the turns that it goes on from among them. A provider that counts
 * for free is asked; for every other the number is our likely estimate, and `x-purser-count` says `estimate`. Nothing of this is
 * billed or held.
 */
export async function countInput(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const asked = parseResponsesCall(bodyText(call))
  const resolved = resolveAlias(machine.config, caller, asked.model)
  const group = groupOf(machine.config, resolved)
  if (!group) throw unknownModel(asked.model)
  checkAccess(caller, { requested: asked.model, resolved })
  const { read } = await wholeRequest(machine, caller, asked)
  const sent = objectOf(tryParseExact(withoutForeign(read.text, read.body.input)))
  const counted = await countedBy(machine, group.deployments, {
    client: 'responses',
    path: '/responses',
    suffix: '/input_tokens',
    request: ({ model }) => ({ headers: {}, body: JSON.stringify({ ...countable(sent), model }) }),
    failure: openaiFailure,
    isRefusal: ({ status }) => status === 400,
  })
  return jsonReply(
    200,
    { object: 'response.input_tokens', input_tokens: counted ?? estimated(read.body) },
    { 'x-purser-count': counted === undefined ? 'estimate' : 'provider' },
  )
}

/** What the endpoint takes; it refuses the rest of what clients are about to send. */
const takes = new Set(
  `input instructions tools tool_choice text reasoning truncation parallel_tool_calls personality prompt`.split(' '),
)

const countable = (body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => takes.has(name)))

/** As of the same request of the messages API, whose estimate this is. */
function estimated(body: JsonObject): number {
  const { prompt: _, ...rest } = body
  const { messages, tools, format } = parseRequest(rest)
  const plain = JSON.stringify({ messages, tools, output_config: { format: format ?? null } }, asMessages)
  return estimateTokens(objectOf(tryParse(plain)))
}

/** Pictures and files as that API has them. */
const asMessages = (_: string, value: Json): Json => {
  const { type, source } = objectOf(value)
  const { base64 } = objectOf(source)
  if (type !== 'image' && type !== 'file') return value
  const data = typeof base64 === 'string' ? { type: 'base64', data: base64 } : { type: 'url' }
  return { type: type === 'file' ? 'document' : 'image', source: data }
}
