import type { UserBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { cacheMark, wrong } from '../openai/request-fields.ts'
import { unsupported } from '../unsupported.ts'

/** Told the name of what is left out. */
export type Drop = (name: string) => void

/** One block of the user's side, or of a tool's result. Documents of text become text: hosts of other tongues take only PDF as files. */
export function parseUserBlocks(block: JsonObject, param: string, drop: Drop): UserBlock[] {
  const mark = cacheMark(block.cache_control)
  switch (stringOf(block.type) ?? '') {
    case 'text': {
      if (typeof block.text !== 'string') throw wrong(`${param}.text`, 'a text', block.text)
      return [{ type: 'text', text: block.text, ...mark }]
    }
    case 'image':
      return [{ type: 'image', source: imageSource(objectOf(block.source), param), ...mark }]
    case 'document':
      if (objectOf(block.citations).enabled === true) drop('citations')
      return marked(parseDocument(block, param, drop), mark)
    case 'search_result':
      return marked(parseSearchResult(block, param, drop), mark)
    case 'tool_reference':
      return [{ type: 'text', text: `The tool ${stringOf(block.tool_name) ?? ''} is available.`, ...mark }]
    default:
      throw new GatewayError('unsupported_parameter', {
        param: `${param}.type`,
        message: `${param}.type (${JSON.stringify(block.type).slice(0, 60)}) is not supported by this model: send a text, an image or a document.`,
      })
  }
}

/** First bytes of the formats that providers take, in base64: what clients declare is sometimes another. */
const magic: readonly (readonly [string, string])[] = [
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
]

function imageSource(source: JsonObject, param: string): (UserBlock & { type: 'image' })['source'] {
  const { type, data, url, media_type: declared } = source
  if (type === 'url' && typeof url === 'string' && url !== '') return { url }
  if (type === 'file') throw unsupported(`${param}.source.type`, 'file')
  if (type !== 'base64' || typeof data !== 'string' || data === '')
    throw wrong(`${param}.source`, 'an object of type base64 (with media_type and data) or url (with url)', source)
  const mediaType = magic.find(([start]) => data.startsWith(start))?.[1] ?? stringOf(declared)
  if (mediaType === undefined) throw wrong(`${param}.source.media_type`, 'the type of the image', declared)
  return { mediaType, base64: data }
}

function parseDocument(block: JsonObject, param: string, drop: Drop): UserBlock[] {
  const { source: given = null, title, context } = block
  const source = objectOf(given)
  const name = typeof title === 'string' && title !== '' ? { name: title } : {}
  const about: UserBlock[] = typeof context === 'string' && context !== '' ? [{ type: 'text', text: context }] : []
  const { type, data, url, file_id: id, content } = source
  if (type === 'text' && typeof data === 'string') return [...about, { type: 'text', text: titled(data, title) }]
  if (type === 'content' && content !== undefined) return [...about, ...inner(content, `${param}.source.content`, drop)]
  if (type === 'base64' && typeof data === 'string' && data !== '') {
    const mediaType = stringOf(source.media_type) ?? 'application/pdf'
    return [...about, { type: 'file', source: { mediaType, base64: data }, ...name }]
  }
  if (type === 'url' && typeof url === 'string' && url !== '')
    return [...about, { type: 'file', source: { url }, ...name }]
  if (type === 'file' && typeof id === 'string' && id !== '')
    return [...about, { type: 'file', source: { id }, ...name }]
  throw wrong(`${param}.source`, 'an object of type base64, text, content, url or file, with its data', given)
}

const titled = (text: string, title: Json | undefined): string =>
  typeof title === 'string' && title !== '' ? `${title}\n\n${text}` : text

function parseSearchResult({ title, source, content = null }: JsonObject, param: string, drop: Drop): UserBlock[] {
  const head = [stringOf(title), stringOf(source)].filter(Boolean).join(' - ')
  const body = inner(content, `${param}.content`, drop)
  return head === '' ? body : [{ type: 'text', text: head }, ...body]
}

const inner = (content: Json, param: string, drop: Drop): UserBlock[] =>
  typeof content === 'string'
    ? [{ type: 'text', text: content }]
    : listOf(content).flatMap((value, at) => parseUserBlocks(objectOf(value), `${param}.${at}`, drop))

/** The mark stands behind all that the block became. */
const marked = (blocks: UserBlock[], mark: ReturnType<typeof cacheMark>): UserBlock[] =>
  blocks.map((block, at) => (at === blocks.length - 1 ? { ...block, ...mark } : block))
