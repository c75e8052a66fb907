import type { ChatMessage, UserBlock } from '../../core/chat.ts'
import { isObject, type JsonObject, tryParseExact } from '../../core/json.ts'
import type { ModelTraits } from './models.ts'
import { printUserPart } from './parts.ts'

export type Result = ChatMessage & { role: 'tool' }

/** What a result becomes: its own part, and media that cannot stand in it. */
export type PrintedResult = { part: JsonObject; beside: JsonObject[] }

type Answered = { name: string; id: string | undefined; traits: ModelTraits }

/** The kinds that a result may hold (Gemini 3's documentation of multimodal function responses). */
const inside = new Set(['image/png', 'image/jpeg', 'image/webp', 'application/pdf', 'text/plain'])

/** The answer to a call. It must be an object: a result that is none is wrapped. */
export function printResult(result: Result, { name, id, traits }: Answered): PrintedResult {
  const text = result.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const media = result.content.filter((block) => block.type !== 'text')
  const held = traits.mediaResults ? media.filter(fits) : []
  const parts = held.map((block) => printUserPart(block, traits))
  return {
    part: {
      functionResponse: {
        ...(id === undefined ? {} : { id }),
        name,
        response: objectFor(text),
        ...(parts.length > 0 ? { parts } : {}),
      },
    },
    beside: media.filter((block) => !held.includes(block)).map((block) => printUserPart(block, traits)),
  }
}

const fits = (block: UserBlock): boolean =>
  block.type !== 'text' && 'base64' in block.source && inside.has(block.source.mediaType)

function objectFor(text: string): JsonObject {
  const parsed = tryParseExact(text)
  return isObject(parsed) ? parsed : { output: text }
}

/** A call that nobody answered: without as many answers as calls, the request is refused. */
export const missingResult = ({ name, id }: Omit<Answered, 'traits'>): JsonObject => ({
  functionResponse: { ...(id === undefined ? {} : { id }), name, response: { error: 'No result.' } },
})

/** A result whose call is not in the turn before (a client cut its history): what it says is kept, as text. */
export const orphan = (result: Result, traits: ModelTraits): JsonObject[] => [
  { text: `Tool result ${result.id}:` },
  ...result.content
    .filter((block) => block.type !== 'text' || block.text !== '')
    .map((one) => printUserPart(one, traits)),
]
