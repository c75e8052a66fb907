import type { CacheMark, ChatRequest, ChatTool } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

type Tools = Pick<ChatRequest, 'tools' | 'hostedTools' | 'toolChoice' | 'parallelToolCalls'>

/** `tools`, `tool_choice` and `parallel_tool_calls`. Absent choices stay absent; a choice without tools means nothing. */
export function parseTools(body: JsonObject): Tools {
  const tools: ChatTool[] = []
  const hostedTools: JsonObject[] = []
  for (const [at, tool] of listOf(body.tools).entries()) {
    const { type, function: definition } = objectOf(tool)
    if (isObject(definition)) tools.push(parseTool(definition, objectOf(tool), `tools[${at}].function`))
    else if (typeof type === 'string' && type !== 'function' && type !== 'custom') hostedTools.push(objectOf(tool))
    else if (type === 'custom') throw custom(`tools[${at}].type`)
    else throw wrong(`tools[${at}].function`, 'an object with a name', definition)
  }
  const parsed: Tools = { tools }
  if (hostedTools.length > 0) parsed.hostedTools = hostedTools
  if (tools.length + hostedTools.length === 0) return parsed
  if (body.parallel_tool_calls === false) parsed.parallelToolCalls = false
  choose(parsed, body.tool_choice)
  return parsed
}

/** A breakpoint of the provider's prompt cache, as clients put it on messages, parts and tools. */
export function cacheMark(value: Json | undefined): { cache?: CacheMark } {
  if (!isObject(value)) return {}
  return { cache: value.ttl === '1h' || value.ttl === '5m' ? { ttl: value.ttl } : {} }
}

function parseTool(definition: JsonObject, tool: JsonObject, param: string): ChatTool {
  const { name, description, parameters, strict } = definition
  if (typeof name !== 'string' || name === '') throw wrong(`${param}.name`, 'a name', name)
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isObject(parameters) ? { parameters } : {}),
    ...(typeof strict === 'boolean' ? { strict } : {}),
    ...cacheMark(tool.cache_control ?? definition.cache_control),
  }
}

/** `allowed_tools` is a choice among fewer tools: the others are taken away here, so that no tongue has to know it. */
function choose(parsed: Tools, choice: Json | undefined): void {
  if (choice === undefined || choice === null) return
  if (choice === 'auto' || choice === 'none' || choice === 'required') parsed.toolChoice = choice
  else if (isObject(choice) && choice.type === 'allowed_tools') {
    const { mode, tools } = objectOf(choice.allowed_tools)
    const names = listOf(tools).map((tool) => stringOf(objectOf(objectOf(tool).function).name))
    parsed.tools = parsed.tools.filter((tool) => names.includes(tool.name))
    parsed.toolChoice = mode === 'required' ? 'required' : 'auto'
  } else if (isObject(choice) && choice.type === 'custom') throw custom('tool_choice.type')
  else {
    const name = stringOf(objectOf(objectOf(choice).function).name) ?? stringOf(objectOf(choice).name)
    if (!name) throw wrong('tool_choice', '"auto", "none", "required" or {type: "function", function: {name}}', choice)
    if (!parsed.tools.some((tool) => tool.name === name) && !parsed.hostedTools?.some((tool) => tool.name === name)) {
      throw wrong('tool_choice', `one of the tools given (${parsed.tools.map((t) => t.name).join(', ')})`, choice)
    }
    parsed.toolChoice = { name }
  }
}

const custom = (param: string) =>
  new GatewayError('unsupported_parameter', {
    param,
    message: `${param}: custom tools are not supported by this model; give a function with one string parameter instead.`,
  })

/** Names the field, the value and what it should be. */
export const wrong = (param: string, expected: string, value: unknown): GatewayError =>
  new GatewayError('invalid_request', {
    param,
    message: `${param} must be ${expected}, not ${(JSON.stringify(value) ?? 'absent').slice(0, 80)}.`,
  })
