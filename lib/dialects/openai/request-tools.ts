import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { parseCustomTool } from './request-custom.ts'
import { cacheMark, isNativeTool, wrong } from './request-fields.ts'

type Tools = Pick<ChatRequest, 'tools' | 'hostedTools' | 'toolChoice' | 'parallelToolCalls'>

/** `tools`, `tool_choice` and `parallel_tool_calls`. Absent choices stay absent; a choice without tools means nothing. */
export function parseTools(body: JsonObject): Tools {
  const tools: ChatTool[] = []
  const hostedTools: JsonObject[] = []
  for (const [at, tool] of listOf(body.tools).entries()) {
    const { type, function: definition } = objectOf(tool)
    if (isObject(definition)) tools.push(parseTool(definition, objectOf(tool), `tools[${at}].function`))
    else if (typeof type === 'string' && type !== 'function' && type !== 'custom') hostedTools.push(objectOf(tool))
    else if (type === 'custom') tools.push(parseCustomTool(objectOf(tool), `tools[${at}].custom`))
    else if (isNativeTool(objectOf(tool))) hostedTools.push(objectOf(tool))
    else throw wrong(`tools[${at}].function`, 'an object with a name', definition)
  }
  const parsed: Tools = { tools }
  if (hostedTools.length > 0) parsed.hostedTools = hostedTools
  if (tools.length + hostedTools.length === 0) return parsed
  if (body.parallel_tool_calls === false) parsed.parallelToolCalls = false
  choose(parsed, body.tool_choice)
  return parsed
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
  // Mistral's word for it, in requests that were written for its API.
  else if (choice === 'any') parsed.toolChoice = 'required'
  else if (isObject(choice) && choice.type === 'allowed_tools') {
    const { mode, tools } = objectOf(choice.allowed_tools)
    const names = listOf(tools).map(nameOf)
    parsed.tools = parsed.tools.filter((tool) => names.includes(tool.name))
    parsed.toolChoice = mode === 'required' ? 'required' : 'auto'
  } else {
    const name = nameOf(choice)
    if (!name) throw wrong('tool_choice', '"auto", "none", "required" or {type: "function", function: {name}}', choice)
    if (!parsed.tools.some((tool) => tool.name === name) && !parsed.hostedTools?.some((tool) => tool.name === name)) {
      throw wrong('tool_choice', `one of the tools given (${parsed.tools.map((t) => t.name).join(', ')})`, choice)
    }
    parsed.toolChoice = { name }
  }
}

/** A tool named by what it is: `{function: {name}}`, `{custom: {name}}` or, for the provider's own, `{name}`. */
function nameOf(choice: Json): string | undefined {
  const { function: called, custom, name } = objectOf(choice)
  return stringOf(objectOf(called).name) ?? stringOf(objectOf(custom).name) ?? stringOf(name)
}
