import type { ChatRequest } from '../../core/chat.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
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
  if (traits.json === 'never' || (traits.json === 'alone' && tools)) return { generation: {}, aside: words(format) }
  const generation: JsonObject = { responseMimeType: 'application/json' }
  if (format.type === 'json_schema') {
    if (traits.jsonSchema) generation.responseJsonSchema = jsonSchema(format.schema)
    else generation.responseSchema = openapiSchema(format.schema)
  }
  return { generation }
}

const words = (format: NonNullable<ChatRequest['format']>): string =>
  format.type === 'json_object'
    ? 'Answer with one JSON object and nothing else.'
    : `Answer with one JSON value that matches this JSON schema, and nothing else:\n${JSON.stringify(format.schema)}`
