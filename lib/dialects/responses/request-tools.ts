import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { wrong } from '../openai/request-fields.ts'
import { unsupported } from '../unsupported.ts'
import { knownTool } from './known-tools.ts'
import { flatName, toolsGiven } from './namespaces.ts'

export type Tools = Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'> & { left: string[] }

/**
 * Functions and free-text tools, those in namespaces flattened; tools that the client runs and OpenAI's models know by their
 * type, as functions. Tools that OpenAI runs itself are offers to the model that no other tongue has: they are left out, and
 * named in `left`.
 */
export function parseTools(body: JsonObject): Tools {
  const left: string[] = []
  const all = toolsGiven(body).flatMap(({ tool, param }) => parseTool(tool, param, left))
  // What a search has found was listed before.
  const tools = all.filter(({ name }, at) => all.findIndex((one) => one.name === name) === at)
  const parsed: Tools = { tools, left }
  if (tools.length === 0) return parsed
  if (body.parallel_tool_calls === false) parsed.parallelToolCalls = false
  choose(parsed, body.tool_choice)
  return parsed
}

function parseTool(tool: JsonObject, param: string, left: string[]): ChatTool[] {
  switch (stringOf(tool.type) ?? '') {
    case 'function':
      return [parseFunction(isObject(tool.function) ? tool.function : tool, param)]
    case 'custom':
      return [parseCustom(tool, param, left)]
    case 'namespace':
      return listOf(tool.tools).flatMap((inner, at) =>
        parseTool(objectOf(inner), `${param}.tools[${at}]`, left).map((one) => ({
          ...one,
          name: flatName(stringOf(tool.name) ?? '', one.name),
        })),
      )
    default: {
      const own = knownTool(tool)
      if (own) return [own]
      left.push(`tools.${stringOf(tool.type) ?? 'type'}`)
      return []
    }
  }
}

function parseFunction({ name, description, parameters, strict }: JsonObject, param: string): ChatTool {
  return {
    name: nameOf(name, param),
    ...(typeof description === 'string' ? { description } : {}),
    ...(isObject(parameters) ? { parameters } : {}),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  }
}

/** A grammar binds OpenAI's models alone; others are shown it, and what they write is not checked against it. */
function parseCustom({ name, description, format }: JsonObject, param: string, left: string[]): ChatTool {
  const { type, syntax, definition } = objectOf(format)
  const grammar = type === 'grammar' && typeof definition === 'string'
  if (grammar) left.push(`${param}.format`)
  const rule = grammar ? `The input must match this ${stringOf(syntax) ?? ''} grammar:\n${definition}` : undefined
  const words = [stringOf(description), rule].filter((text) => text !== undefined).join('\n\n')
  return {
    name: nameOf(name, param),
    ...(words === '' ? {} : { description: words }),
    parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    custom: true,
  }
}

function nameOf(name: Json | undefined, param: string): string {
  if (typeof name === 'string' && name !== '') return name
  throw wrong(`${param}.name`, 'a name', name)
}

/** `allowed_tools` is a choice among fewer tools: the others are taken away here, so that no tongue has to know it. */
function choose(parsed: Tools, choice: Json | undefined): void {
  if (choice === undefined || choice === null) return
  if (choice === 'auto' || choice === 'none' || choice === 'required') {
    parsed.toolChoice = choice
    return
  }
  const { type, name, mode, tools, namespace } = objectOf(choice)
  if (type === 'allowed_tools') {
    const names = new Set(listOf(tools).map((tool) => stringOf(objectOf(tool).name)))
    parsed.tools = parsed.tools.filter((tool) => names.has(tool.name))
    if (parsed.tools.length > 0) parsed.toolChoice = mode === 'required' ? 'required' : 'auto'
  } else if (typeof name === 'string') {
    const flat = typeof namespace === 'string' ? flatName(namespace, name) : name
    if (!parsed.tools.some((tool) => tool.name === flat))
      throw wrong('tool_choice', `one of the tools given (${parsed.tools.map((tool) => tool.name).join(', ')})`, choice)
    parsed.toolChoice = { name: flat }
  } else if (typeof type === 'string' && parsed.tools.some((tool) => tool.name === type)) {
    parsed.toolChoice = { name: type }
  } else throw unsupported('tool_choice', choice)
}
