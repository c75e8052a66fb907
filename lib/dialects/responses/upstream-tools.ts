import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ToolNames } from '../anthropic/names.ts'

/** Tools that hosts of this API run themselves; a client that knows it may name them even in another tongue. */
const hosted = /^(?:web_search|file_search|code_interpreter|image_generation|mcp|computer|x_search)/

/**
 * `tools`, `tool_choice`, `parallel_tool_calls`. `strict` is always said: left out it means true here, which would make
 * optional parameters mandatory.
 */
export function printTools(request: ChatRequest, names: ToolNames, dropped: string[]): JsonObject {
  const { toolChoice, parallelToolCalls } = request
  const own = (request.hostedTools ?? []).filter(({ type }) => isHosted(type))
  if (own.length < (request.hostedTools?.length ?? 0)) dropped.push('tools')
  const tools = [...request.tools.map((tool) => printTool(tool, names)), ...own]
  if (tools.length === 0) return {}
  const custom = new Set(request.tools.filter((tool) => tool.custom).map(({ name }) => name))
  return {
    tools,
    ...(toolChoice === undefined ? {} : { tool_choice: printChoice(toolChoice, names, custom) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

/** `web_search_20250305` is a tool of another tongue; `web_search_preview_2025_03_11` is one of this. */
const isHosted = (type: unknown): boolean => typeof type === 'string' && hosted.test(type) && !/_20\d{6}$/.test(type)

function printTool({ name, description, parameters, strict, custom, grammar }: ChatTool, names: ToolNames): JsonObject {
  const about = { name: names.print(name), ...(description === undefined ? {} : { description }) }
  if (custom) return { type: 'custom', ...about, ...(grammar && { format: { type: 'grammar', ...grammar.rule } }) }
  return {
    type: 'function',
    ...about,
    parameters: parameters ?? { type: 'object', properties: {} },
    strict: strict ?? false,
  }
}

function printChoice(
  choice: NonNullable<ChatRequest['toolChoice']>,
  names: ToolNames,
  custom: ReadonlySet<string>,
): JsonObject[''] {
  if (typeof choice !== 'object') return choice
  return { type: custom.has(choice.name) ? 'custom' : 'function', name: names.print(choice.name) }
}
