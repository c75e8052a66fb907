import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import { isObject, type JsonObject, tryParseExact } from '../../core/json.ts'
import type { ToolNames } from '../anthropic/names.ts'
import { signatureFormat } from '../anthropic/reply-blocks.ts'
import { argumentsOf } from '../call-arguments.ts'
import { cachePoint } from './cache.ts'
import type { Family } from './families.ts'
import { type Documents, printImage } from './media.ts'

export type Context = { family: Family; names: ToolNames; files: Documents }

/** Whose reasoning it is where no other tongue can use it: sealed bytes as this API writes them. */
export const sealedFormat = 'bedrock-converse-v1'

/** A block of the user's side. */
export function printUserBlock(block: UserBlock, { files }: Context): JsonObject[] {
  switch (block.type) {
    case 'text':
      return [{ text: block.text }, ...cachePoint(block.cache)]
    case 'image':
      return [printImage(block), ...cachePoint(block.cache)]
    case 'file':
      return [files.print(block), ...cachePoint(block.cache)]
  }
}

export type Result = ChatMessage & { role: 'tool' }

/** The result of one call, under the id that it was printed with, and what of it the model takes only beside it. */
export function printResult(result: Result, id: string, context: Context): { block: JsonObject[]; media: UserBlock[] } {
  const { resultMedia, resultsAsJson } = context.family
  const spoken = result.content.filter((block) => block.type !== 'text' || /\S/.test(block.text))
  const inside = spoken.filter((block) => block.type === 'text' || resultMedia.includes(block.type))
  const media = spoken.filter((block) => !inside.includes(block))
  const content = inside.map((block): JsonObject => {
    if (block.type === 'text') return resultsAsJson ? { json: objectIn(block.text) } : { text: block.text }
    return block.type === 'image' ? printImage(block) : context.files.print(block)
  })
  // An empty list is refused by some families, and white space by all.
  if (content.length === 0) content.push(resultsAsJson ? { json: {} } : { text: '.' })
  return { block: [{ toolResult: { toolUseId: id, content } }, ...cachePoint(result.cache)], media }
}

function objectIn(text: string): JsonObject {
  const value = tryParseExact(text)
  return isObject(value) ? value : { output: text }
}

/** A block of the assistant's side; none where it is reasoning that this model does not take back. */
export function printAssistantBlock(block: AssistantBlock, id: string, { family, names }: Context): JsonObject[] {
  switch (block.type) {
    case 'text':
      return [{ text: block.text }, ...cachePoint(block.cache)]
    case 'reasoning':
      return printReasoning(block, family)
    case 'redacted': {
      const ours = block.format === undefined || block.format === sealedFormat
      return family.history === 'signed' && ours ? [{ reasoningContent: { redactedContent: block.data } }] : []
    }
    case 'call': {
      const input = argumentsOf(block.arguments)
      return [{ toolUse: { toolUseId: id, name: names.print(block.name), input } }, ...cachePoint(block.cache)]
    }
  }
}

/** Signed text goes back as it came, byte by byte; a signature that is somebody else's, or a call's, never does. */
function printReasoning(block: AssistantBlock & { type: 'reasoning' }, { history }: Family): JsonObject[] {
  const { text, signature, format, callId } = block
  const ours = format === undefined || format === signatureFormat
  if (history === 'text' && text !== '') return [{ reasoningContent: { reasoningText: { text } } }]
  if (history !== 'signed' || !signature || !ours || callId !== undefined) return []
  return [{ reasoningContent: { reasoningText: { text, signature } } }]
}
