import type { ChatRequest } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf } from '../../core/json.ts'
import { formatWords } from '../format-words.ts'
import type { ModelTraits } from './models.ts'
import { openapiSchema } from './schema-openapi.ts'
import { jsonSchema } from './schema.ts'

/** How structured output is asked for: fields of `generationConfig`, or words beside the instructions. */
export type Format = { generation: JsonObject; aside?: string }

/** Native where the model has it; older models refuse it together with tools, and are told in words then. */
export function printFormat(request: ChatRequest, traits: ModelTraits): Format {
  const { format } = request
  if (!format) return { generation: {} }
  const tools =
    request.tools.length > 0 || request.hostedTools !== undefined || isObject(request.rest.web_search_options)
  // Where a call must be made, its answer cannot be JSON.
  const forced =
    request.tools.length > 0 && (request.toolChoice === 'required' || typeof request.toolChoice === 'object')
  if (traits.json === 'never' || (traits.json === 'alone' && tools) || forced)
    return { generation: {}, aside: formatWords(format) }
  const generation: JsonObject = { responseMimeType: 'application/json' }
  if (format.type === 'json_schema') {
    if (traits.jsonSchema) generation.responseJsonSchema = jsonSchema(format.schema)
    else {
      const schema = openapiSchema(format.schema)
      // An object without members is refused there, and so is a type that holds itself.
      if (holdsEmpty(schema)) return { generation, aside: formatWords(format) }
      generation.responseSchema = schema
    }
  }
  return { generation }
}

function holdsEmpty(schema: JsonObject): boolean {
  const { type, properties, items, anyOf } = schema
  const inner = [...Object.values(isObject(properties) ? properties : {}), items ?? null, ...listOf(anyOf ?? [])]
  const empty =
    type === 'OBJECT' && anyOf === undefined && Object.keys(isObject(properties) ? properties : {}).length === 0
  return empty || inner.some((one) => isObject(one) && holdsEmpty(one))
}
