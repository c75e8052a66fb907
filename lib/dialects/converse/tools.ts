import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import type { ToolNames } from '../anthropic/names.ts'
import { strictSchema, toolSchema } from '../anthropic/schema.ts'
import { unsupported } from '../unsupported.ts'
import { cachePoint } from './cache.ts'
import type { Family } from './families.ts'

export type PrintedTools = {
  /** `toolConfig`; undefined: none. */
  config?: JsonObject
  /** For `additionalModelRequestFields`. */
  fields: JsonObject
  dropped: string[]
}

type Options = { family: Family; names: ToolNames; dropParams: boolean }

/** Function tools, the host's own as they were written, and the choice among them as far as the model has one. */
export function printTools(request: ChatRequest, options: Options): PrintedTools {
  const { family, names } = options
  const dropped: string[] = []
  const { tools, choice } = choose(request, family, dropped)
  const own = ownTools(request.hostedTools ?? [], options, dropped)
  if (tools.some((tool) => tool.strict) && !family.structured) dropped.push('tools.strict')
  const printed = [...tools.flatMap((tool) => printTool(tool, family, names)), ...own]
  if (request.toolChoice === 'none' || printed.length === 0) return { ...placeholder(request), fields: {}, dropped }
  return { config: { tools: printed, ...choicePart(choice, names) }, ...serial(request, options, dropped) }
}

type Choice = 'any' | { name: string } | undefined

/** Models that cannot be made to call the one tool are shown no other; those that cannot be made to call any are told so. */
function choose(request: ChatRequest, { choices }: Family, dropped: string[]): { tools: ChatTool[]; choice: Choice } {
  const { tools, toolChoice } = request
  if (toolChoice === 'required') {
    if (choices.includes('any')) return { tools, choice: 'any' }
    dropped.push('tool_choice')
  }
  if (typeof toolChoice !== 'object') return { tools, choice: undefined }
  if (choices.includes('tool')) return { tools, choice: toolChoice }
  const named = tools.filter((tool) => tool.name === toolChoice.name)
  if (choices.includes('any')) return { tools: named, choice: 'any' }
  dropped.push('tool_choice')
  return { tools: named, choice: undefined }
}

function choicePart(choice: Choice, names: ToolNames): JsonObject {
  if (choice === undefined) return {}
  return { toolChoice: choice === 'any' ? { any: {} } : { tool: { name: names.print(choice.name) } } }
}

function printTool(tool: ChatTool, { structured }: Family, names: ToolNames): JsonObject[] {
  const strict = tool.strict === true && structured
  const schema = toolSchema(tool.parameters)
  const toolSpec: JsonObject = {
    name: names.print(tool.name),
    // An empty description is refused.
    ...(tool.description ? { description: tool.description } : {}),
    inputSchema: { json: strict ? strictSchema(schema) : schema },
    ...(strict ? { strict: true } : {}),
  }
  return [{ toolSpec }, ...cachePoint(tool.cache)]
}

/** Tools that the host runs are named; those of other providers do not exist there. */
function ownTools(tools: readonly JsonObject[], { dropParams }: Options, dropped: string[]): JsonObject[] {
  return tools.flatMap((tool) => {
    if (isObject(tool.systemTool)) return [{ systemTool: tool.systemTool }]
    if (!dropParams) throw unsupported('tools', tool.type)
    dropped.push('tools')
    return []
  })
}

/** One call at a time is a wish that only newer models of one family can be told, in their own field. */
function serial(
  request: ChatRequest,
  { family }: Options,
  dropped: string[],
): { fields: JsonObject; dropped: string[] } {
  if (request.parallelToolCalls !== false) return { fields: {}, dropped }
  const free = request.toolChoice === undefined || request.toolChoice === 'auto'
  const told = family.traits !== undefined && family.cache?.hour === true && free
  if (!told) return { fields: {}, dropped: [...dropped, 'parallel_tool_calls'] }
  return { fields: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, dropped }
}

/** Earlier calls in a request without tools are refused: one tool that does nothing stands for those that were there. */
function placeholder(request: ChatRequest): { config?: JsonObject } {
  const called = request.messages.some(
    (message) => message.role === 'assistant' && message.content.some((block) => block.type === 'call'),
  )
  if (!called) return {}
  const inputSchema = { json: toolSchema(undefined) }
  return {
    config: {
      tools: [{ toolSpec: { name: 'unavailable', description: 'Not available. Do not call it.', inputSchema } }],
    },
  }
}
