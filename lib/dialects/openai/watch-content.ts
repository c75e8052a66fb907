import { isObject, type Json, type JsonObject, listOf } from '../../core/json.ts'

const bytes = (value: Json | undefined): number => (typeof value === 'string' ? Buffer.byteLength(value) : 0)

/** UTF-8 bytes of what a delta or a message adds to the answer: text, reasoning, refusal, calls, audio. */
export function contentBytesOf(delta: JsonObject): number {
  // The same reasoning may stand under two names: hosts are in the middle of renaming it.
  const reasoning = Math.max(bytes(delta.reasoning_content), bytes(delta.reasoning))
  return (
    partsBytes(delta.content) +
    (reasoning === 0 ? detailBytes(delta.reasoning_details) : reasoning) +
    bytes(delta.refusal) +
    callsBytes(delta) +
    audioBytes(delta.audio)
  )
}

/** Content as text, as parts (Mistral: `text`, and `thinking` with parts of its own), or as the JSON that was asked for. */
function partsBytes(content: Json | undefined): number {
  if (typeof content === 'string') return Buffer.byteLength(content)
  if (isObject(content)) return Buffer.byteLength(JSON.stringify(content))
  let total = 0
  for (const part of listOf(content)) {
    if (isObject(part)) total += bytes(part.text) + partsBytes(part.thinking) + bytes(part.refusal)
  }
  return total
}

function detailBytes(details: Json | undefined): number {
  let total = 0
  for (const detail of listOf(details)) {
    if (isObject(detail)) total += bytes(detail.text) + bytes(detail.summary) + bytes(detail.data)
  }
  return total
}

function callsBytes(delta: JsonObject): number {
  let total = isObject(delta.function_call) ? functionBytes(delta.function_call) : 0
  for (const call of listOf(delta.tool_calls)) {
    if (!isObject(call)) continue
    if (isObject(call.function)) total += functionBytes(call.function)
    if (isObject(call.custom)) total += bytes(call.custom.name) + bytes(call.custom.input)
  }
  return total
}

/** Arguments are text; a few hosts send the object itself. */
function functionBytes(call: JsonObject): number {
  const { name, arguments: given } = call
  return bytes(name) + (isObject(given) ? Buffer.byteLength(JSON.stringify(given)) : bytes(given))
}

const audioBytes = (audio: Json | undefined): number =>
  isObject(audio) ? bytes(audio.transcript) + bytes(audio.data) : 0
