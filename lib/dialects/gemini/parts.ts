import type { UserBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ModelTraits } from './models.ts'

/** A block of the user's side. Throws `unsupported_parameter` for a file that is somewhere this model cannot read. */
export function printUserPart(block: UserBlock, traits: ModelTraits): JsonObject {
  if (block.type === 'text') return { text: block.text }
  const { source } = block
  if ('base64' in source) return { inlineData: { mimeType: source.mediaType, data: source.base64 } }
  const uri = 'url' in source ? source.url : uriOfId(source.id)
  if (uri === undefined || !readsFrom(uri, traits)) throw unreadable(block, uri)
  return { fileData: { mimeType: mimeTypeOf(uri, block.type), fileUri: uri } }
}

/** Whether the model reads what is there by itself. */
export const readsFrom = (uri: string, { remoteFiles }: ModelTraits): boolean => remoteFiles || ownPlaces.test(uri)

/** What every model reads from where it is: Google's own storage, the Files API, and videos. */
const ownPlaces =
  /^(?:gs:\/\/|https:\/\/generativelanguage\.googleapis\.com\/|https:\/\/(?:www\.|m\.)?youtube\.com\/|https:\/\/youtu\.be\/)/

/** Files are named by their URI; the Files API also says `files/abc`. */
function uriOfId(id: string): string | undefined {
  if (/^(?:gs|https):\/\//.test(id)) return id
  return /^files\/[\w-]+$/.test(id) ? `https://generativelanguage.googleapis.com/v1beta/${id}` : undefined
}

const unreadable = (block: UserBlock & { type: 'image' | 'file' }, uri: string | undefined): GatewayError =>
  new GatewayError('unsupported_parameter', {
    param: 'messages',
    message:
      uri === undefined
        ? 'messages: this model reads no file by that id; send the file as a data URL.'
        : `messages: this model reads no ${block.type} from an address of the web (${uri.slice(0, 60)}); send it as a data URL.`,
  })

/** Mandatory beside an address. By the name of the file, for nothing is fetched to look. */
const mimeTypes: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
}

function mimeTypeOf(uri: string, type: 'image' | 'file'): string {
  const extension = /\.(\w{2,4})(?:[?#]|$)/.exec(uri)?.[1]?.toLowerCase() ?? ''
  const known = mimeTypes[extension]
  if (known !== undefined) return known
  if (/youtu\.?be/.test(uri)) return 'video/mp4'
  return type === 'image' ? 'image/jpeg' : 'application/pdf'
}
