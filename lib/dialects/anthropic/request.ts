import type { ChatRequest } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import type { PartFilter, PrintedRequest, RequestOptions } from '../tongue.ts'
import { bindingBeta, bindThinking } from './binding.ts'
import { limitBreakpoints } from './cache.ts'
import { type Format, printFormat, unwrapFormat } from './format.ts'
import { printMessages } from './messages.ts'
import { traitsOf } from './models.ts'
import { toolNames, type ToolNames } from './names.ts'
import { printRest, printTierWish } from './params.ts'
import { printSampling } from './sampling.ts'
import { printThinking, type Thinking } from './thinking.ts'
import { printTools } from './tools.ts'
import { withWebSearch } from './web-search.ts'

/**
 * A request of the messages API. What the model cannot take is named in `dropped`, or thrown (params.ts says which).
 * `max_tokens` is the cap that was paid for: what admission decided, else the client's, else the model's largest.
 */
export function printRequest(asked: ChatRequest, options: RequestOptions): PrintedRequest {
  // Bedrock's InvokeModel has no search: there it is refused as any parameter is that nobody knows.
  const request = options.flags.invokeModel ? asked : withWebSearch(asked)
  const known = traitsOf(options.baseModel ?? options.upstreamModel)
  const traits = options.flags.plainSchemas ? { ...known, structured: false } : known
  const names = toolNames()
  const maxTokens = options.outputCap ?? request.maxTokens ?? options.maxOutputTokens
  const { dropParams, native } = options
  const dropped: string[] = []
  const rest = printRest(request.rest, { dropParams, dropped })
  const thinking = printThinking({ request, traits, maxTokens })
  const format = printFormat(request, traits, thinking.kind !== 'off')
  const tools = printTools(request, traits, names)
  const sampling = printSampling(request, traits, thinking.kind)
  dropped.push(...thinking.dropped, ...tools.dropped, ...sampling.dropped)
  const body: JsonObject = {
    ...native,
    ...rest,
    ...printTierWish(request.rest, options.flags.anthropicVersion !== undefined, dropped),
    model: options.upstreamModel,
    max_tokens: maxTokens,
    ...printMessages(request.messages, names),
    ...tools.fields,
    ...sampling.fields,
    ...thinking.fields,
    ...(request.user === undefined ? {} : { metadata: { user_id: request.user } }),
    ...(request.stream ? { stream: true } : {}),
  }
  addFormat(body, format, thinking)
  bindThinking(body, traits)
  limitBreakpoints(body)
  return { body, headers: headersFor(body), dropped, restore: () => restoring(names, format) }
}

function addFormat(body: JsonObject, format: Format, { effort }: Thinking): void {
  if (format.way === 'words') body.system = [...listOf(body.system ?? []), { type: 'text', text: format.text }]
  if (format.way === 'tool') {
    body.tools = [format.tool]
    body.tool_choice = format.choice
  }
  const output = {
    ...objectOf(body.output_config),
    ...(effort === undefined ? {} : { effort }),
    ...(format.way === 'native' ? { format: format.format } : {}),
  }
  if (Object.keys(output).length > 0) body.output_config = output
}

/** Features that are still behind a flag, by what in the body uses them. */
const betas: readonly { flag: string; uses: (body: JsonObject) => boolean }[] = [
  {
    flag: 'files-api-2025-04-14',
    uses: (body) => blocksOf(body).some((block) => objectOf(block.source).type === 'file'),
  },
  { flag: 'context-management-2025-06-27', uses: (body) => isObject(body.context_management) },
  { flag: bindingBeta, uses: (body) => isObject(objectOf(body.thinking).block_binding) },
]

const blocksOf = (body: JsonObject): JsonObject[] =>
  listOf(body.messages).flatMap((message) => listOf(objectOf(message).content).map(objectOf))

function headersFor(body: JsonObject): Record<string, string> {
  const flags = betas.filter(({ uses }) => uses(body)).map(({ flag }) => flag)
  return {
    'anthropic-version': '2023-06-01',
    ...(flags.length > 0 ? { 'anthropic-beta': flags.join(',') } : {}),
  }
}

function restoring(names: ToolNames, format: Format): PartFilter {
  const unwrap = unwrapFormat(format)
  return (part) => unwrap(part.type === 'call' ? { ...part, name: names.restore(part.name) } : part)
}
