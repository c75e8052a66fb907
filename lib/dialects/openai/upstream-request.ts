import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { toolNames } from '../anthropic/names.ts'
import { withNames } from '../fit-names.ts'
import { unfenced } from '../format-words.ts'
import type { PartFilter, PrintedRequest, RequestOptions } from '../tongue.ts'
import { forHost, hasHostRules } from './host.ts'
import { isToldFormat } from './host-format.ts'
import { bareName, needsCompletionTokens } from './pass-models.ts'
import { readThinkTags } from './think-tags.ts'
import { printMessages } from './upstream-messages.ts'
import { printRest } from './upstream-params.ts'
import { printReasoning } from './upstream-reasoning.ts'

/** OpenAI's limit; tools of agents (MCP) have longer names elsewhere, with dots and colons in them. */
const longestName = 64

/**
 * A chat completions request from the hub, for a host with these flags. What cannot be said is named in `dropped`, or thrown
 * (upstream-params.ts says which). The output cap is what admission decided, else the client's.
 */
export function printRequest(asked: ChatRequest, options: RequestOptions): PrintedRequest {
  const { flags, native, dropParams, upstreamModel } = options
  const names = toolNames(longestName)
  const request = withNames(asked, names)
  const dropped: string[] = []
  const cap = options.outputCap ?? request.maxTokens
  const body: JsonObject = {
    ...native,
    ...printRest(request.rest, { dropParams, dropped, older: flags.developerRole === false }),
    ...(flags.modelInPath ? {} : { model: upstreamModel }),
    messages: printMessages(request.messages, options),
    ...printTools(request, dropped),
    ...(cap === undefined ? {} : { [capField(options)]: cap }),
    ...printSampling(request, flags.strictFields === true, dropped),
    ...printReasoning(request, options, dropped),
    ...printFormat(request.format),
    ...(request.user === undefined ? {} : { user: request.user }),
    ...(request.stream ? { stream: true } : {}),
    ...(request.stream && flags.streamUsage ? { stream_options: { include_usage: true } } : {}),
  }
  const thinkTags = flags.reasoningResponse === 'think_tags'
  return {
    body: adapted(body, { request, options, dropped }),
    headers: {},
    dropped,
    restore: () => {
      const think: PartFilter = thinkTags ? readThinkTags() : (part) => [part]
      const unwrap = request.format && isToldFormat(flags, request.tools.length > 0) ? unfenced() : undefined
      const named: PartFilter = (part) =>
        think(part.type === 'call' ? { ...part, name: names.restore(part.name) } : part)
      return unwrap ? (part) => named(part).flatMap(unwrap) : named
    },
  }
}

type Adapting = { request: ChatRequest; options: RequestOptions; dropped: string[] }

/** What the host's rules change in the finished request. */
function adapted(body: JsonObject, { request, options, dropped }: Adapting): JsonObject {
  if (!hasHostRules(options.flags)) return body
  const edit = forHost(body, request.reasoning, options)
  dropped.push(...edit.dropped)
  const kept = Object.entries(body).filter(([name]) => !edit.remove.includes(name))
  return { ...Object.fromEntries(kept), ...edit.set }
}

function capField({ flags, upstreamModel }: RequestOptions): string {
  const { maxTokensField } = flags
  if (maxTokensField !== undefined && maxTokensField !== 'byModel') return maxTokensField
  return needsCompletionTokens.test(bareName(upstreamModel)) ? 'max_completion_tokens' : 'max_tokens'
}

/** The provider's own tools of another tongue mean nothing here. */
function printTools(request: ChatRequest, dropped: string[]): JsonObject {
  const { tools, toolChoice, parallelToolCalls } = request
  if (request.hostedTools?.length) dropped.push('tools')
  if (tools.length === 0) return {}
  return {
    tools: tools.map(printTool),
    ...(toolChoice === undefined ? {} : { tool_choice: printChoice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

const printTool = ({ name, description, parameters, strict }: ChatTool): JsonObject => ({
  type: 'function',
  function: {
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
  },
})

const printChoice = (choice: NonNullable<ChatRequest['toolChoice']>): JsonObject[''] =>
  typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice

/** `top_k` is not OpenAI's; hosts that are not strict about fields mostly know it. */
function printSampling({ temperature, topP, topK, stop }: ChatRequest, strict: boolean, dropped: string[]): JsonObject {
  if (topK !== undefined && strict) dropped.push('top_k')
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined || strict ? {} : { top_k: topK }),
    ...(stop === undefined ? {} : { stop }),
  }
}

function printFormat(format: ChatRequest['format']): JsonObject {
  if (format === undefined) return {}
  if (format.type === 'json_object') return { response_format: { type: 'json_object' } }
  const { name, schema, strict } = format
  const json = { name, schema, ...(strict === undefined ? {} : { strict }) }
  return { response_format: { type: 'json_schema', json_schema: json } }
}
