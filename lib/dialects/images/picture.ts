import { type JsonObject, stringOf } from '../../core/json.ts'
import { plain } from '../endpoint.ts'
import type { ImagesCall } from './call.ts'

/** Who wants an address and gets bytes has them as one: a data URL. Nothing is stored here. */
export function asWanted(picture: JsonObject, call: Pick<ImagesCall, 'body'>, json: JsonObject = {}): JsonObject {
  const { b64_json: bytes, ...rest } = picture
  if (call.body.response_format !== 'url' || typeof bytes !== 'string' || picture.url) return picture
  return { ...rest, url: `data:image/${stringOf(json.output_format) ?? 'png'};base64,${bytes}` }
}

/** Without a usage, what the pictures weigh stands for their tokens, which is more than they have. */
export const weight = (pictures: readonly JsonObject[]) => ({
  contentBytes: pictures.reduce((sum, { b64_json: b64, url }) => sum + plain(b64 ?? url).length, 0),
  contentEvents: pictures.length,
})
