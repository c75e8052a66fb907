import type { ChatRequest } from '../../core/chat.ts'
import { type JsonObject, objectOf } from '../../core/json.ts'
import { unfenced } from '../format-words.ts'
import type { PartFilter, PrintedRequest, RequestOptions } from '../tongue.ts'
import { unsupported } from '../unsupported.ts'
import { printContents } from './contents.ts'
import { printFormat } from './format.ts'
import { traitsOf } from './models.ts'
import { toolNames } from './names.ts'
import { printRest, printTier } from './params.ts'
import { printThinking } from './thinking.ts'
import { printTools } from './tools.ts'

/**
 * A `generateContent` request; the model and whether it streams are in the URL. What the model cannot take is named in
 * `dropped`, or thrown (params.ts says which).
 */
export function printRequest(request: ChatRequest, options: RequestOptions): PrintedRequest {
  const traits = traitsOf(options.baseModel ?? options.upstreamModel)
  const names = toolNames()
  const { dropParams, native } = options
  const dropped: string[] = []
  const maxTokens = options.outputCap ?? request.maxTokens
  const rest = printRest(request.rest, { traits, dropParams, dropped, native })
  const tier = printTier(request.rest, options.flags.serviceTier, dropped)
  const tools = printTools(request, { traits, names, dropParams })
  const format = printFormat(request, traits)
  const thinking = printThinking({ request, traits, maxTokens })
  dropped.push(...tools.dropped, ...thinking.dropped, ...(request.user === undefined ? [] : ['user']))
  const generation: JsonObject = {
    ...rest.generation,
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...printSampling(request, { dropParams, dropped }),
    ...format.generation,
    ...(thinking.config ? { thinkingConfig: thinking.config } : {}),
  }
  const { aside } = format
  const callIds = options.flags.callIds ?? false
  const ownParts = objectOf(tools.fields.toolConfig).includeServerSideToolInvocations === true
  const body: JsonObject = {
    ...rest.body,
    ...tier.body,
    ...printContents(request.messages, { traits, names, callIds, ownParts, ...(aside === undefined ? {} : { aside }) }),
    ...tools.fields,
    ...(Object.keys(generation).length > 0 ? { generationConfig: generation } : {}),
  }
  return {
    body,
    headers: tier.headers,
    dropped,
    restore: () => {
      const unwrap: PartFilter = format.aside === undefined ? (part) => [part] : unfenced()
      return (part) => unwrap(part.type === 'call' ? { ...part, name: names.restore(part.name) } : part)
    },
  }
}

const mostStops = 5

function printSampling(
  { temperature, topP, topK, stop }: ChatRequest,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): JsonObject {
  const stops = stop?.filter((sequence) => sequence !== '') ?? []
  if (stops.length > mostStops) {
    if (!dropParams) throw unsupported('stop', stops)
    dropped.push('stop')
  }
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(stops.length > 0 ? { stopSequences: stops.slice(0, mostStops) } : {}),
  }
}
