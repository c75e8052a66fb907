import type { ChatPart, ChatRequest } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { toolNames } from '../anthropic/names.ts'
import type { PrintedRequest, RequestOptions } from '../tongue.ts'
import { unsupported } from '../unsupported.ts'
import { amended } from './amend.ts'
import { leastOutputTokens } from './models.ts'
import { printInput } from './upstream-input.ts'
import { nativeParams, printRest, webSearchTool } from './upstream-params.ts'
import { printReasoning, printSampling } from './upstream-reasoning.ts'
import { restoreCalls } from './upstream-restore.ts'
import { printTools } from './upstream-tools.ts'

/** Names of tools are shorter here than anywhere. */
const longestName = 64

/**
 * A request of the responses API from the hub. `store` is said always: left out it means true, and the provider would keep
 * what nobody asked it to. What cannot be said is named in `dropped`, or thrown (upstream-params.ts says which).
 */
export function printRequest(request: ChatRequest, options: RequestOptions): PrintedRequest {
  const { flags, dropParams, upstreamModel } = options
  const dropped: string[] = []
  const names = toolNames(longestName)
  const rest = printRest(request.rest, { dropParams, dropped })
  if (request.stop !== undefined) {
    if (!dropParams) throw unsupported('stop', request.stop)
    dropped.push('stop')
  }
  const custom = new Set(request.tools.filter((tool) => tool.custom).map(({ name }) => name))
  const input = {
    systemRole: flags.developerRole === true ? 'developer' : 'system',
    isCustom: (name: string) => custom.has(name),
    printName: (name: string) => names.print(name),
  }
  const body: JsonObject = {
    ...nativeParams(options.native),
    store: false,
    ...rest,
    model: upstreamModel,
    ...printInput(request.messages, input),
    ...printTools(request, names, dropped),
    ...printCap(request, options),
    ...printSampling(request, options, dropped),
    ...printReasoning(request, options, dropped),
    ...(request.user === undefined ? {} : { user: request.user }),
    ...(request.stream ? { stream: true } : {}),
  }
  const search = webSearchTool(request.rest)
  if (search.length > 0) body.tools = [...listOf(body.tools ?? []), ...search]
  const text = { ...objectOf(rest.text), ...printFormat(request.format) }
  if (Object.keys(text).length > 0) body.text = text
  if (request.format?.type === 'json_object') sayJsonInInput(body, input.systemRole)
  const restore = () => {
    const calls = restoreCalls(request.tools)
    return (part: ChatPart) => calls(part.type === 'call' ? { ...part, name: names.restore(part.name) } : part)
  }
  return { body, headers: {}, dropped, restore, amend: (failure) => amended(JSON.stringify(body), failure) }
}

/** A cap below the least there is would be refused. Where money is held for it, no more may be asked for. */
function printCap(request: ChatRequest, { outputCap }: RequestOptions): JsonObject {
  const cap = outputCap ?? request.maxTokens
  if (cap === undefined) return {}
  if (outputCap !== undefined && outputCap < leastOutputTokens) {
    throw new GatewayError('unsupported_parameter', {
      param: 'max_tokens',
      message: `max_tokens (${outputCap}) is less than this model takes: ask for at least ${leastOutputTokens}.`,
    })
  }
  return { max_output_tokens: Math.max(cap, leastOutputTokens) }
}

/** A JSON object is refused unless somebody asks for one in words, and what `instructions` say does not count. */
function sayJsonInInput(body: JsonObject, role: string): void {
  const { instructions, input } = body
  if (typeof instructions !== 'string' || !/json/i.test(instructions) || /json/i.test(JSON.stringify(input))) return
  delete body.instructions
  body.input = [{ type: 'message', role, content: [{ type: 'input_text', text: instructions }] }, ...listOf(input)]
}

function printFormat(format: ChatRequest['format']): JsonObject {
  if (format === undefined) return {}
  if (format.type === 'json_object') return { format: { type: 'json_object' } }
  const { name, schema, strict } = format
  return { format: { type: 'json_schema', name, schema, ...(strict === undefined ? {} : { strict }) } }
}
