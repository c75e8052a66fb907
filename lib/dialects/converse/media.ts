import type { UserBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'

const imageFormats: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

const word = 'application/vnd.openxmlformats-officedocument.'
const documentFormats: Record<string, string> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  [`${word}wordprocessingml.document`]: 'docx',
  'application/vnd.ms-excel': 'xls',
  [`${word}spreadsheetml.sheet`]: 'xlsx',
  'text/html': 'html',
  'text/markdown': 'md',
}

/** An image as bytes: URLs are not fetched there, and not here. Throws `unsupported_parameter` for other formats. */
export function printImage({ source }: UserBlock & { type: 'image' }): JsonObject {
  if ('url' in source) throw notHere('an image by URL', 'send it as a data URL (data:image/png;base64,...)')
  const format = imageFormats[source.mediaType]
  if (format === undefined) throw notHere(`an image of type ${source.mediaType}`, 'send png, jpeg, gif or webp')
  return { image: { format, source: { bytes: source.base64 } } }
}

export type Documents = { print(block: UserBlock & { type: 'file' }): JsonObject }

/** Documents of one request: their names must differ, and may hold few characters (AWS's API reference, DocumentBlock). */
export function documents(): Documents {
  const used = new Map<string, number>()
  const nameOf = (given: string | undefined): string => {
    const name = plainName(given ?? '') || 'document'
    const times = (used.get(name) ?? 0) + 1
    used.set(name, times)
    return times === 1 ? name : `${name} (${times})`
  }
  return {
    print({ source, name }) {
      if ('id' in source) throw notHere('a file by its id', 'send its bytes as file_data')
      if ('url' in source) throw notHere('a file by URL', 'send its bytes as file_data (a data URL)')
      const text = source.mediaType.startsWith('text/') ? 'txt' : undefined
      const format = documentFormats[source.mediaType] ?? text
      if (format === undefined)
        throw notHere(`a file of type ${source.mediaType}`, 'send PDF, text, CSV, HTML, Markdown, Word or Excel')
      return { document: { format, name: nameOf(name), source: { bytes: source.base64 } } }
    },
  }
}

/** Letters, digits, single spaces, hyphens, parentheses and brackets; shorter than the 200 allowed, for a number behind it. */
const plainName = (name: string): string =>
  name
    .replace(/[^a-zA-Z0-9\s\-()[\]]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 180)
    .trim()

const notHere = (what: string, instead: string): GatewayError =>
  new GatewayError('unsupported_parameter', {
    param: 'messages.content',
    message: `messages.content holds ${what}, which this model's host does not take: ${instead}.`,
  })
