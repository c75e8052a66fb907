import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, objectOf, stringOf, tryParseExact } from '../../core/json.ts'

/** Who sealed it: a block of this format is a whole part, for this tongue alone. */
const partFormat = 'google-gemini-part-v1'

const kinds = new Set(['toolCall', 'toolResponse', 'executableCode', 'codeExecutionResult'])

/** A tool that Google ran between calls of the client's functions, or what came of it; of code, where it is signed. */
export const isOwnPart = (part: JsonObject): boolean =>
  isObject(part.toolCall) ||
  isObject(part.toolResponse) ||
  (typeof part.thoughtSignature === 'string' && (isObject(part.executableCode) || isObject(part.codeExecutionResult)))

/** Searches that such a part has made: each is billed. */
export function searchesOf({ toolCall }: JsonObject): number {
  const { toolType, args } = objectOf(toolCall)
  const searches = stringOf(toolType)?.startsWith('GOOGLE_SEARCH') === true
  return searches ? Math.max(1, listOf(objectOf(args).queries).length) : 0
}

/**
 * Such parts are wanted back as they came, with their signatures ("Combine built-in tools and function calling"). They travel as
 * sealed reasoning does: every client has a place for that, and hands it back unread.
 */
export const sealedPart = (block: number, part: JsonObject): ChatPart => ({
  type: 'redacted',
  block,
  data: Buffer.from(JSON.stringify(part)).toString('base64'),
  format: partFormat,
  bytes: Buffer.byteLength(JSON.stringify(objectOf(part.toolCall).args ?? '')),
})

/** The part again; undefined for what was sealed by anybody else. Nothing else may hide in it: it would be sent unseen. */
export function openedPart({ data, format }: { data: string; format?: string }): JsonObject | undefined {
  if (format !== partFormat) return undefined
  const part = objectOf(tryParseExact(Buffer.from(data, 'base64').toString()))
  const known = Object.entries(part).filter(
    ([name]) => kinds.has(name) || name === 'thoughtSignature' || name === 'thought',
  )
  return isOwnPart(part) ? Object.fromEntries(known) : undefined
}
