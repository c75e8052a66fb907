import { isObject, type Json, type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { pdfPages } from '../pdf-pages.ts'
import { otherThanPicture } from '../prompt-size.ts'

/**
 * Most tokens that OpenAI counts for one image: `gpt-4o-mini`, 2833 and 5667 for each of at most 8 tiles of 512 px (an image is
 * scaled into 2048 x 2048, then to 768 on its shorter side). All other models, patch-based ones included, count fewer;
 * `detail: low` is one base amount. (OpenAI, "Images and vision", calculating costs.)
 */
export const imageTokens = 2833 + 8 * 5667
/** The least that holds for every host: newer Anthropic models count an image of any detail at up to about 4,800. */
export const lowImageTokens = 4800

/** Most tokens of each kind of part that holds media; undefined where the data is elsewhere. */
export const mediaParts: ReadonlyMap<string, (part: JsonObject) => number | undefined> = new Map([
  ['image_url', imagePart],
  ['input_image', imagePart],
  ['image', imagePart],
  ['input_audio', (part: JsonObject) => dataBytes(objectOf(part.input_audio).data)],
  ['file', filePart],
])

function imagePart(part: JsonObject): number | undefined {
  const image = isObject(part.image_url) ? part.image_url : part
  const address = stringOf(image.url) ?? stringOf(part.image_url) ?? stringOf(part.image) ?? ''
  return pictureTokens(address, { least: image.detail === 'low' ? lowImageTokens : imageTokens })
}

/**
 * Most tokens of what stands in the place of a picture, which has `least`. A document there counts as one (`data`: its bytes, where
 * they are not behind the address); what a host would fetch there is bounded by nothing.
 */
export function pictureTokens(
  address: string,
  { least, data = address }: { least: number; data?: string },
): number | undefined {
  const other = otherThanPicture(address)
  if (other === Infinity) return undefined
  return other ? Math.max(least, other + pageTokens(data)) : least
}

/** Its name is shown to the model by some. */
function filePart({ file }: JsonObject): number | undefined {
  const { file_data: data, filename: name } = objectOf(file)
  const bytes = dataBytes(data)
  if (bytes === undefined) return undefined
  return bytes + pageTokens(stringOf(data) ?? '') + Buffer.byteLength(stringOf(name) ?? '')
}

/** Of a document, by itself or behind a data URL: pictures of its pages, beside what is written there. */
export const pageTokens = (data: string): number =>
  pdfPages(/^data:[^,]*,/i.test(data.slice(0, 300)) ? data.slice(data.indexOf(',') + 1) : data) * imageTokens

/** Bytes behind a base64 text or data URL; undefined where the data is elsewhere. */
function dataBytes(data: Json | undefined): number | undefined {
  if (typeof data !== 'string' || isAddress(data)) return undefined
  return Math.ceil(((data.length - (data.indexOf(',') + 1)) * 3) / 4)
}

/** A film may be given as the list of its frames. */
export const isRemote = (value: Json | undefined): boolean =>
  Array.isArray(value) ? value.some((one) => isAddress(one)) : isAddress(isObject(value) ? value.url : value)
const isAddress = (value: Json | undefined): boolean => /^(?:https?|gs|s3):/i.test(stringOf(value) ?? '')
