import { type Json, type JsonObject, isObject, listOf, objectOf } from '../../core/json.ts'
import type { Draft } from './host.ts'
import { isSystem } from './host-turns.ts'

/**
 * `response_format` for hosts that know less of it: a schema is given to the model in words, and JSON is demanded as far as the
 * host can. Whether the answer matches is then up to the model.
 */
export function hostFormat(draft: Draft): void {
  const { body, flags } = draft
  const format = body.response_format
  if (flags.responseFormat === undefined || !isObject(format)) return
  const { type } = format
  if (type === 'json_schema') {
    tell(body, wordsOf(objectOf(format.json_schema).schema))
    if (flags.responseFormat === 'json_object') body.response_format = { type: 'json_object' }
  } else if (type === 'json_object' && flags.responseFormat === 'none') tell(body, anyJson)
  if (flags.responseFormat === 'none') delete body.response_format
}

const anyJson = 'Answer with one JSON object and nothing else.'

const wordsOf = (schema: Json | undefined): string =>
  schema === undefined
    ? anyJson
    : `Answer with one JSON value that matches this JSON schema, and nothing else:\n${JSON.stringify(schema)}`

/** Behind the first system message, which is where the prompt is the same in every request. */
function tell(body: JsonObject, words: string): void {
  const messages = listOf(body.messages)
  const at = messages.findIndex((message) => isSystem(objectOf(message)))
  const system = objectOf(messages[at])
  body.messages =
    at < 0
      ? [{ role: 'system', content: words }, ...messages]
      : messages.with(at, { ...system, content: longer(system.content, words) })
}

const longer = (content: Json | undefined, words: string): Json =>
  Array.isArray(content) ? [...content, { type: 'text', text: words }] : `${textOf(content)}${words}`

const textOf = (content: Json | undefined): string =>
  typeof content === 'string' && content !== '' ? `${content}\n\n` : ''
