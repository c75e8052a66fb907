import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { cacheMark, wrong } from '../openai/request-fields.ts'
import type { Drop } from './client-blocks.ts'
import { canBeStrict } from './client-schema.ts'
import { toolsInForce } from './client-tool-changes.ts'
import { knownTool } from './known-tools.ts'

type Tools = Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'>

/**
 * `tools` and `tool_choice`. Tools that Anthropic defines and the client runs become functions with their schema; those that
 * the provider runs (search, code) exist nowhere else: they are left out and named, and agents go on without them.
 */
export function parseTools(body: JsonObject, drop: Drop): Tools {
  const tools: ChatTool[] = []
  const hosted: string[] = []
  for (const value of toolsInForce(body)) {
    const tool = objectOf(value)
    const type = stringOf(tool.type) ?? 'custom'
    const parsed = type === 'custom' ? parseTool(tool, drop) : knownTool(type, tool)
    if (parsed) tools.push({ ...parsed, ...cacheMark(tool.cache_control) })
    else {
      hosted.push(stringOf(tool.name) ?? type)
      drop(`tools.${type}`)
    }
  }
  if (tools.length === 0) {
    if (objectOf(body.tool_choice).type === 'tool') drop('tool_choice')
    return { tools }
  }
  return { tools, ...parseChoice(body.tool_choice, { tools, hosted, drop }) }
}

/** Fields of a tool that other tongues have no word for; what is called, and how, does not depend on them. */
const wishes = ['defer_loading', 'eager_input_streaming', 'input_examples', 'allowed_callers']

function parseTool(tool: JsonObject, drop: Drop): ChatTool {
  const { description, input_schema: schema, strict } = tool
  for (const name of wishes) if (tool[name] !== undefined && tool[name] !== null) drop(`tools.${name}`)
  const parameters = objectOf(schema)
  const strictly = strict === true && canBeStrict(parameters)
  if (strict === true && !strictly) drop('tools.strict')
  return {
    name: stringOf(tool.name) ?? '',
    ...(typeof description === 'string' && { description }),
    parameters,
    ...(strictly && { strict: true }),
  }
}

type Among = { tools: readonly ChatTool[]; hosted: readonly string[]; drop: Drop }

function parseChoice(given: Json | undefined, { tools, hosted, drop }: Among): Partial<Tools> {
  if (!isObject(given)) return {}
  const serial = given.disable_parallel_tool_use === true ? { parallelToolCalls: false } : {}
  switch (stringOf(given.type) ?? '') {
    case 'auto':
      return { toolChoice: 'auto', ...serial }
    case 'none':
      return { toolChoice: 'none' }
    case 'any':
      return { toolChoice: 'required', ...serial }
    case 'tool': {
      const name = stringOf(given.name) ?? ''
      if (tools.some((tool) => tool.name === name)) return { toolChoice: { name }, ...serial }
      if (!hosted.includes(name))
        throw wrong(
          'tool_choice.name',
          `one of the tools given (${tools.map((tool) => tool.name).join(', ')})`,
          given.name,
        )
      drop('tool_choice')
      return serial
    }
    default:
      throw wrong('tool_choice.type', '"auto", "any", "tool" or "none"', given.type)
  }
}
