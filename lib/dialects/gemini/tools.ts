import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { isObject, type JsonObject, stringOf } from '../../core/json.ts'
import { unsupported } from '../unsupported.ts'
import type { ModelTraits } from './models.ts'
import type { ToolNames } from './names.ts'
import { openapiSchema } from './schema-openapi.ts'
import { jsonSchema } from './schema.ts'

/** `tools` and `toolConfig`, and the names of what cannot be promised. */
export type PrintedTools = { fields: JsonObject; dropped: string[] }

type Context = { traits: ModelTraits; names: ToolNames; dropParams: boolean }

/** All functions go into one tool; each tool that Google runs is one of its own. */
export function printTools(request: ChatRequest, { traits, names, dropParams }: Context): PrintedTools {
  const dropped: string[] = []
  const hosted = distinct([...hostedTools(request, { dropParams, dropped }), ...searchOf(request)])
  const functions = request.tools.map((tool) => printTool(tool, traits, names))
  if (request.parallelToolCalls === false && functions.length > 0) dropped.push('parallel_tool_calls')
  const tools: JsonObject[] = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...hosted]
  if (tools.length === 0) return { fields: {}, dropped }
  const config: JsonObject = {}
  const calling = functions.length > 0 ? printChoice(request, names) : undefined
  if (calling) config.functionCallingConfig = calling
  if (functions.length > 0 && hosted.length > 0 && traits.mixedTools) config.includeServerSideToolInvocations = true
  return { fields: { tools, ...(Object.keys(config).length > 0 ? { toolConfig: config } : {}) }, dropped }
}

function printTool(tool: ChatTool, traits: ModelTraits, names: ToolNames): JsonObject {
  const { parameters, description } = tool
  // An object without members is refused; a function without parameters is not.
  const empty =
    !parameters ||
    (Object.keys(parameters.properties ?? {}).length === 0 && !('$ref' in parameters) && !choices(parameters))
  const input = empty
    ? {}
    : traits.jsonSchema
      ? { parametersJsonSchema: { type: 'object', ...jsonSchema(parameters) } }
      : { parameters: openapiSchema({ type: 'object', ...parameters }) }
  return { name: names.print(tool.name), description: description || tool.name, ...input }
}

const choices = (schema: JsonObject): boolean => ['anyOf', 'oneOf', 'allOf'].some((name) => Array.isArray(schema[name]))

/** `VALIDATED` is what comes nearest to strict tools: calls match their schemas, and text is allowed. */
function printChoice({ toolChoice, tools }: ChatRequest, names: ToolNames): JsonObject | undefined {
  if (typeof toolChoice === 'object') {
    return { mode: 'ANY', allowedFunctionNames: [names.print(toolChoice.name)] }
  }
  if (toolChoice === 'required') return { mode: 'ANY' }
  if (toolChoice === 'none') return { mode: 'NONE' }
  if (tools.some((tool) => tool.strict)) return { mode: 'VALIDATED' }
  return toolChoice === undefined ? undefined : { mode: 'AUTO' }
}

/** Tools of the provider, as clients of several tongues call them. Google's own shape (`{googleSearch: {}}`) passes. */
const hostedNames: readonly (readonly [RegExp, string])[] = [
  [/^(?:web_search|google_search|googleSearch)/, 'googleSearch'],
  [/^(?:code_interpreter|code_execution|codeExecution)/, 'codeExecution'],
  [/^(?:url_context|urlContext|web_fetch)/, 'urlContext'],
  [/^(?:google_maps|googleMaps)/, 'googleMaps'],
]

function hostedTools(
  { hostedTools: tools = [] }: ChatRequest,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): JsonObject[] {
  return tools.flatMap((tool, at) => {
    const type = stringOf(tool.type)
    if (type === undefined) return [tool]
    const name = hostedNames.find(([pattern]) => pattern.test(type))?.[1]
    if (name !== undefined) return [{ [name]: isObject(tool[type]) ? tool[type] : {} }]
    if (!dropParams) throw unsupported(`tools[${at}].type`, type)
    dropped.push('tools')
    return []
  })
}

/** Asked for in two ways, a tool is still one. */
const distinct = (tools: readonly JsonObject[]): JsonObject[] =>
  tools.filter((tool, at) => tools.findIndex((other) => Object.keys(other)[0] === Object.keys(tool)[0]) === at)

const searchOf = ({ rest }: ChatRequest): JsonObject[] =>
  isObject(rest.web_search_options) ? [{ googleSearch: {} }] : []
