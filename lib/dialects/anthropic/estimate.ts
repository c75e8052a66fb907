import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/**
 * Likely input tokens of a messages request, for clients that steer by them (how full is the window); nothing is billed by it.
 * Over texts, code and JSON of this repository it is 0.9 to 1.3 times what `o200k_base` counts, and 0.8 for hashes: to err
 * upwards is the better side, because a client then makes room early, and Anthropic's own counts are higher.
 * Images count 1,600 (the most of a model before Claude 4.7), a page of PDF (taken for 60 KB) 2,000, a message 4, tools 350
 * and 12 for each.
 */
export function estimateTokens(body: JsonObject): number {
  const tools = listOf(body.tools)
  const messages = listOf(body.messages)
  const counted = [body.system, body.messages, body.tools, objectOf(body.output_config).format]
  const inside = counted.reduce<number>((sum, value) => sum + (value === undefined ? 0 : tokensOf(value)), 0)
  return Math.ceil(inside + messages.length * 4 + (tools.length > 0 ? 350 + tools.length * 12 : 0) + 3)
}

const imageTokens = 1600
const pageTokens = 2000
const pageBytes = 60_000

/** Names that frame a block and reach no model. */
const framing = new Set(['type', 'cache_control', 'signature', 'id', 'tool_use_id', 'role'])

/** Without recursion: depth is the client's. */
function tokensOf(value: Json): number {
  let tokens = 0
  const open: Json[] = [value]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item === 'string') tokens += textTokens(item)
    else if (typeof item === 'number' || typeof item === 'boolean') tokens += 1
    else if (Array.isArray(item)) for (const part of item) open.push(part)
    else if (isObject(item)) {
      const media = mediaTokens(item)
      tokens += media ?? 0
      if (media !== undefined) continue
      for (const [name, part] of Object.entries(item)) {
        if (framing.has(name) && typeof part !== 'number') continue
        tokens += name.length / 6
        open.push(part)
      }
    }
  }
  return tokens
}

function mediaTokens({ type, source: given }: JsonObject): number | undefined {
  const source = objectOf(given)
  if (type === 'image') return imageTokens
  // Sealed reasoning of earlier turns is taken out of the prompt again.
  if (type === 'redacted_thinking') return 0
  if (type !== 'document' || (source.type !== 'base64' && source.type !== 'url' && source.type !== 'file'))
    return undefined
  const bytes = (stringOf(source.data)?.length ?? 0) * 0.75
  return Math.max(Math.ceil(bytes / pageBytes), 1) * pageTokens
}

/** Tokens by kind of character; below U+0080 in a table, because conversations are long. */
const ascii = Float64Array.from({ length: 0x80 }, (_, code) => {
  if (code <= 0x20) return 0.15
  if (code >= 0x30 && code <= 0x39) return 0.6
  return /[A-Za-z]/.test(String.fromCharCode(code)) ? 0.27 : 0.63
})
const otherScripts = 0.8
/** CJK, and halves of what lies beyond. */
const ideographs = 1.2

function textTokens(text: string): number {
  let tokens = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // Never read beyond the table's end: that alone would take four times as long (V8 13).
    tokens += code < ascii.length ? (ascii[code] ?? 0) : code < 0x2e80 ? otherScripts : ideographs
  }
  return tokens
}
