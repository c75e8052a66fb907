import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../core/json.ts'

/**
 * A conversation as the GenAI conventions write messages (gen-ai-input-messages.json): `[{role, parts}]`. Bytes of images,
 * files and audio are left out: what they were is said, not what was in them.
 */
export function inputMessages(body: JsonObject): Json[] {
  return listOf(body.messages)
    .map(objectOf)
    .map((message) => ({ role: stringOf(message.role) ?? 'user', parts: partsOf(message) }))
}

function partsOf(message: JsonObject): Json[] {
  const content = contentParts(message.content)
  const toolCallId = stringOf(message.tool_call_id)
  if (toolCallId !== undefined)
    return [{ type: 'tool_call_response', id: toolCallId, response: textIn(content) ?? content }]
  return [...reasoningParts(message), ...content, ...listOf(message.tool_calls).map(callPart)]
}

/** Thoughts of a message in our own and LiteLLM's field. */
export function reasoningParts(message: JsonObject): Json[] {
  const text = stringOf(message.reasoning_content)
  return text ? [{ type: 'reasoning', content: text }] : []
}

/** A tool call, its arguments with their structure where they are JSON. */
export function callPart(call: Json): Json {
  const { id, function: called, custom } = objectOf(call)
  const { name, arguments: written, input } = objectOf(called ?? custom)
  const text = stringOf(written) ?? stringOf(input) ?? ''
  return { type: 'tool_call', id: stringOf(id) ?? null, name: stringOf(name) ?? '', arguments: tryParse(text) ?? text }
}

/** Content of a message, which is a text or a list of blocks, as parts of telemetry. */
export function contentParts(content: Json | undefined): Json[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }]
  return listOf(content).map((block) => blockPart(objectOf(block)))
}

function blockPart(block: JsonObject): Json {
  const type = stringOf(block.type) ?? 'unknown'
  const text = stringOf(block.text) ?? stringOf(block.refusal)
  if (text !== undefined) return { type: 'text', content: text }
  const url = stringOf(objectOf(block.image_url).url) ?? stringOf(block.image_url)
  if (url !== undefined && !url.startsWith('data:')) return { type: 'uri', modality: 'image', uri: url }
  const fileId = stringOf(objectOf(block.file).file_id)
  if (fileId !== undefined) return { type: 'file', modality: 'document', file_id: fileId }
  return { type, omitted: true }
}

/** The text, where there is nothing but one. */
function textIn(parts: readonly Json[]): string | undefined {
  const [first, ...others] = parts
  return others.length === 0 && isObject(first) && first.type === 'text' ? stringOf(first.content) : undefined
}
