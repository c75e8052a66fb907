import type { UserBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { cacheMark, wrong } from './request-fields.ts'

/** One content part. Media types are told from the bytes: what clients declare is often `image/jpg` or nothing. */
export function parsePart(part: JsonObject, param: string): UserBlock {
  const mark = cacheMark(part.cache_control)
  switch (stringOf(part.type) ?? '') {
    case 'text':
    case 'refusal': {
      const text = part.type === 'text' ? part.text : part.refusal
      if (typeof text !== 'string') throw wrong(`${param}.text`, 'a string', text)
      return { type: 'text', text, ...mark }
    }
    case 'image_url': {
      const url = stringOf(part.image_url) ?? stringOf(objectOf(part.image_url).url)
      if (!url) throw wrong(`${param}.image_url.url`, 'a URL or a data URL', part.image_url)
      const source = sourceOf(url, `${param}.image_url.url`)
      if ('mediaType' in source && source.mediaType === 'application/pdf') return { type: 'file', source, ...mark }
      const detail = stringOf(objectOf(part.image_url).detail)
      return { type: 'image', source, ...(detail && detail !== 'auto' && { detail }), ...mark }
    }
    case 'file':
      return { ...parseFile(objectOf(part.file), param), ...mark }
    case 'input_audio':
      return { ...parseAudio(objectOf(part.input_audio), param), ...mark }
    default:
      throw wrong(`${param}.type`, '"text", "image_url" or "file"', part.type)
  }
}

function parseFile(file: JsonObject, param: string): UserBlock & { type: 'file' } {
  const { file_data: data, file_id: id, filename, file_url: url } = file
  const name = typeof filename === 'string' && filename !== '' ? { name: filename } : {}
  if (typeof data === 'string' && data !== '') {
    const source = data.startsWith('data:')
      ? sourceOf(data, `${param}.file.file_data`)
      : { mediaType: sniff(data) ?? 'application/pdf', base64: data }
    return { type: 'file', source, ...name }
  }
  if (typeof id === 'string' && id !== '') {
    return { type: 'file', source: /^https?:\/\//.test(id) ? { url: id } : { id }, ...name }
  }
  if (typeof url === 'string' && url !== '')
    return { type: 'file', source: sourceOf(url, `${param}.file.file_url`), ...name }
  throw wrong(`${param}.file`, 'an object with file_data (a data URL) or file_id', file)
}

/** Whether the model takes audio is for its tongue to say. */
function parseAudio({ data, format }: JsonObject, param: string): UserBlock & { type: 'file' } {
  if (typeof data !== 'string' || data === '')
    throw new GatewayError('unsupported_parameter', {
      param: `${param}.type`,
      message: `${param}: there is no audio in it; write input_audio: {data, format}, with the data in base64.`,
    })
  const kind = typeof format === 'string' && format !== '' ? format : 'wav'
  const base64 = data.startsWith('data:') ? data.slice(data.indexOf(',') + 1) : data
  return { type: 'file', source: { mediaType: `audio/${kind === 'mp3' ? 'mpeg' : kind}`, base64 } }
}

type Source = { url: string } | { mediaType: string; base64: string }

function sourceOf(url: string, param: string): Source {
  if (/^https?:\/\//i.test(url)) return { url }
  const head = url.slice(0, 200).match(/^data:([^,;]*)((?:;[^,;]*)*),/i)
  if (!head) throw wrong(param, 'an http(s) URL or a data URL', url.slice(0, 40))
  const data = url.slice(head[0].length)
  const base64 = /;base64$/i.test(head[2] ?? '') ? data : Buffer.from(unescaped(data)).toString('base64')
  const declared = (head[1] ?? '').toLowerCase()
  return { mediaType: sniff(base64) ?? (declared === 'image/jpg' ? 'image/jpeg' : declared || 'text/plain'), base64 }
}

/** Percent-decoded where it can be: what is not encoded was meant as it stands. */
function unescaped(data: string): string {
  try {
    return decodeURIComponent(data)
  } catch {
    return data
  }
}

/** First bytes of the formats that providers take, in base64. */
const magic: readonly (readonly [string, string])[] = [
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi', 'application/pdf'],
]

const sniff = (base64: string): string | undefined => magic.find(([start]) => base64.startsWith(start))?.[1]
