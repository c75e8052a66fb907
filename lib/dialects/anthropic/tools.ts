import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import { cacheControl } from './cache.ts'
import type { ModelTraits } from './models.ts'
import type { ToolNames } from './names.ts'
import { strictSchema, toolSchema } from './schema.ts'

/** `tools` and `tool_choice`, and the names of what this model cannot promise. */
export type PrintedTools = { fields: JsonObject; dropped: string[] }

/** Function tools, tools of the provider as they were written, and the choice among them. */
export function printTools(request: ChatRequest, traits: ModelTraits, names: ToolNames): PrintedTools {
  const dropped: string[] = []
  const choice = traits.forcing ? request.toolChoice : unforced(request.toolChoice, dropped)
  const tools: JsonObject[] = offered(request, traits).map((tool) => printTool(tool, traits, names))
  if (!traits.structured && request.tools.some((tool) => tool.strict)) dropped.push('tools.strict')
  tools.push(...(request.hostedTools ?? []).map(copied))
  if (tools.length === 0) return { fields: placeholder(request), dropped }
  const serial = request.parallelToolCalls === false && choice !== 'none' ? { disable_parallel_tool_use: true } : {}
  const fields: JsonObject = { tools }
  if (choice !== undefined || 'disable_parallel_tool_use' in serial) {
    fields.tool_choice = { ...printChoice(choice ?? 'auto', names), ...serial }
  }
  return { fields, dropped }
}

/** Breakpoints are taken away in what is printed; the rest is shared, because a deep copy would round its numbers. */
const copied = (tool: JsonObject): JsonObject =>
  isObject(tool.cache_control) ? { ...tool, cache_control: { ...tool.cache_control } } : { ...tool }

/** Models that cannot be forced to call one tool are shown no other. */
function offered(request: ChatRequest, traits: ModelTraits): ChatTool[] {
  const { toolChoice, tools } = request
  if (traits.forcing || typeof toolChoice !== 'object') return tools
  return tools.filter((tool) => tool.name === toolChoice.name)
}

function unforced(choice: ChatRequest['toolChoice'], dropped: string[]): ChatRequest['toolChoice'] {
  if (choice === undefined || choice === 'auto' || choice === 'none') return choice
  dropped.push('tool_choice')
  return 'auto'
}

const printChoice = (choice: NonNullable<ChatRequest['toolChoice']>, names: ToolNames): JsonObject =>
  typeof choice === 'object'
    ? { type: 'tool', name: names.print(choice.name) }
    : { type: choice === 'required' ? 'any' : choice }

function printTool(tool: ChatTool, traits: ModelTraits, names: ToolNames): JsonObject {
  const strict = tool.strict === true && traits.structured
  const schema = toolSchema(tool.parameters)
  return {
    name: names.print(tool.name),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: strict ? strictSchema(schema) : schema,
    ...(strict ? { strict: true } : {}),
    ...cacheControl(tool.cache),
  }
}

/** Earlier calls in a request without tools are refused: one tool that does nothing, and may not be called. */
function placeholder(request: ChatRequest): JsonObject {
  const called = request.messages.some(
    (message) => message.role === 'assistant' && message.content.some((block) => block.type === 'call'),
  )
  if (!called) return {}
  const tool = { name: 'unavailable', description: 'Not available.', input_schema: toolSchema(undefined) }
  return { tools: [tool], tool_choice: { type: 'none' } }
}
