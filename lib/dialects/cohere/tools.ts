import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'

/** Its word for a choice; the model's own choice is not said. */
const choices: Record<string, string> = { none: 'NONE', required: 'REQUIRED' }

/** `tools` and the choice among them. One tool cannot be named, so a choice of one is a choice among one. */
export function printTools(request: ChatRequest, dropped: string[]): JsonObject {
  const { tools, toolChoice } = request
  if (request.hostedTools?.length) dropped.push('tools')
  if (tools.length === 0) return {}
  if (request.parallelToolCalls === false) dropped.push('parallel_tool_calls')
  const only = typeof toolChoice === 'object' ? toolChoice.name : undefined
  const offered = only === undefined ? tools : tools.filter((tool) => tool.name === only)
  const choice = typeof toolChoice === 'object' ? 'REQUIRED' : choices[toolChoice ?? 'auto']
  // Strictness is one switch for all tools: it is not forced on those that did not ask for it.
  const strict = offered.every((tool) => tool.strict === true)
  if (!strict && offered.some((tool) => tool.strict === true)) dropped.push('tools.strict')
  return {
    tools: offered.map(printTool),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(strict ? { strict_tools: true } : {}),
  }
}

const printTool = ({ name, description, parameters }: ChatTool): JsonObject => ({
  type: 'function',
  function: {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
  },
})
