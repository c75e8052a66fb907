import { type Json, type JsonObject, isObject, listOf, objectOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'
import { schemaWords } from '../format-words.ts'
import type { Draft } from './host-draft.ts'
import { isSystem } from './host-turns.ts'

/**
 * `response_format` for hosts that know less of it: a schema is given to the model in words, and JSON is demanded as far as the
 * host can. Whether the answer matches is then up to the model.
 */
export function hostFormat(draft: Draft): void {
  const { body, flags } = draft
  const format = body.response_format
  if (!isObject(format)) return
  const most = isToldFormat(flags, listOf(body.tools ?? []).length > 0) ? 'none' : flags.responseFormat
  if (most === undefined) return
  const { type } = format
  if (type === 'json_schema') {
    const { schema } = objectOf(format.json_schema)
    tell(body, schemaWords(isObject(schema) ? schema : undefined))
    if (most === 'json_object') body.response_format = { type: 'json_object' }
  } else if (type === 'json_object' && most === 'none') tell(body, schemaWords(undefined))
  if (most === 'none') delete body.response_format
}

/** Whether a format is told to this host in words alone. */
export const isToldFormat = ({ responseFormat, formatBesideTools }: Flags, tools: boolean): boolean =>
  responseFormat === 'none' || (tools && formatBesideTools === 'words')

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
