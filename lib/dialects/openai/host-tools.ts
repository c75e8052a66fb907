import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'
import type { Draft } from './host-draft.ts'
import { hostSchema } from './host-schema.ts'

/** `tools`, the choice among them, and the schemas in them. */
export function hostTools(draft: Draft): void {
  const { body, flags } = draft
  chooseTool(draft)
  parallel(draft)
  const { schemaDialect, strictTools } = flags
  if (schemaDialect === undefined && strictTools === undefined) return
  if (Array.isArray(body.tools)) {
    if (strictTools === 'drop' && body.tools.some((tool) => objectOf(objectOf(tool).function).strict === true)) {
      draft.drop('tools.strict')
    }
    body.tools = body.tools.map((tool) => printTool(tool, flags))
  }
  const format = objectOf(body.response_format)
  const json = objectOf(format.json_schema)
  if (schemaDialect === undefined || !isObject(json.schema)) return
  body.response_format = { ...format, json_schema: { ...json, schema: hostSchema(json.schema, schemaDialect) } }
}

/** The choice in the host's own words. */
function chooseTool(draft: Draft): void {
  const { body, flags } = draft
  const choice = body.tool_choice
  if (choice === 'none' && flags.toolChoiceNone === 'drop_tools') withoutTools(body)
  else if (choice === 'required') require(draft)
  else if (isObject(choice) && flags.toolChoiceNamed !== undefined) only(draft, choice)
}

function require({ body, flags, refuse }: Draft): void {
  if (flags.toolChoiceRequired === 'any') body.tool_choice = 'any'
  if (flags.toolChoiceRequired !== 'unsupported') return
  refuse('tool_choice', 'required')
  delete body.tool_choice
}

/** A choice of one is a choice among one. */
function only({ body, flags, refuse }: Draft, choice: JsonObject): void {
  const name = stringOf(objectOf(choice.function).name)
  if (name === undefined) return
  body.tools = listOf(body.tools).filter((tool) => objectOf(objectOf(tool).function).name === name)
  if (flags.toolChoiceNamed === 'filter_any') body.tool_choice = 'any'
  else if (flags.toolChoiceNamed === 'filter_required') body.tool_choice = 'required'
  else {
    refuse('tool_choice', choice)
    delete body.tool_choice
  }
}

function withoutTools(body: JsonObject): void {
  for (const name of ['tools', 'tool_choice', 'parallel_tool_calls']) delete body[name]
}

function parallel({ body, flags, drop }: Draft): void {
  const wish = body.parallel_tool_calls
  const { parallelToolCalls } = flags
  if (parallelToolCalls === undefined || wish === undefined) return
  delete body.parallel_tool_calls
  if (isObject(parallelToolCalls)) body[parallelToolCalls.rename] = wish
  else if (wish === false) drop('parallel_tool_calls')
}

function printTool(tool: Json, { schemaDialect, strictTools }: Flags): Json {
  if (!isObject(tool) || !isObject(tool.function)) return tool
  const { strict, parameters, ...rest } = tool.function
  const schema =
    schemaDialect !== undefined && isObject(parameters) ? hostSchema(parameters, schemaDialect) : parameters
  const kept = strict === undefined || strictTools === 'drop' ? {} : { strict }
  return { ...tool, function: { ...rest, ...(schema === undefined ? {} : { parameters: schema }), ...kept } }
}
