import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { FormPart } from '../../wire/multipart.ts'
import { besideBounds } from '../beside-bounds.ts'
import type { Bounds } from '../dialect.ts'
import { plain } from '../endpoint.ts'
import { formCall, type FormInput, isTrue, wholeNumber } from '../form.ts'
import { expectField, invalid, modelOf, range, textField } from '../fields.ts'
import { readBody } from '../read-body.ts'
import { withDefaults } from '../openai/pass-body.ts'

/** A request for pictures. `form`: it came with pictures to edit. */
export type ImagesCall = {
  text: string
  body: JsonObject
  model: string
  prompt: string
  stream: boolean
  form?: { parts: FormPart[]; files: FormPart[] }
}

/** Reads a request for new pictures. Throws `invalid_json` or `invalid_request` with the field and what it should be. */
export function imagesCall(text: string): ImagesCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  const { prompt } = body
  if (typeof prompt !== 'string' || prompt === '') throw invalid('prompt', prompt, 'what the picture shows, as a text')
  expectField('n', body.n, { words: 'a whole number, 1 or more', is: (n) => Number.isSafeInteger(n) && Number(n) >= 1 })
  for (const name of ['size', 'quality', 'response_format', 'user']) expectField(name, body[name], textField)
  expectField('partial_images', body.partial_images, range(0, 10))
  return { ...read, model, prompt, stream: body.stream === true }
}

/** Reads a request to edit pictures, which is a form. */
export function editsCall(input: FormInput): ImagesCall {
  const { parts, files, body, model } = formCall(input, 'image')
  for (const { name, contentType } of files)
    if (contentType !== undefined && !/^(?:image\/|application\/octet-stream)/i.test(contentType))
      throw invalid(name, contentType, 'a picture: image/png, image/jpeg or image/webp')
  wholeNumber(body, 'n')
  const prompt = typeof body.prompt === 'string' ? body.prompt : ''
  return { text: '', body, model, prompt, stream: isTrue(body.stream), form: { parts, files } }
}

/** How many pictures are asked for. */
export const countOf = (body: JsonObject): number => Math.max(Number(body.n ?? 1) || 1, 1)

/** Hosts and models have names of their own for it, and a client may use them (`max_images`, `num_outputs`). */
const countNames = /^(?:(?:num|number|max)_?(?:of_?)?(?:images|outputs|samples)|batch_?size|(?:sample|image)_?count)$/i

const sequenceMost = 15

/** The largest, wherever it stands. Seedream makes as many as it likes of a sequence (BytePlus, image generation API). */
function otherCount(body: JsonObject): number {
  let most = 1
  const open: Json[] = [body]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (Array.isArray(item)) for (const part of item) open.push(part)
    else if (isObject(item))
      for (const [name, value] of Object.entries(item)) {
        if (countNames.test(name)) most = Math.max(most, Math.ceil(Number(value)) || 1)
        else if (name === 'sequential_image_generation' && value === 'auto') most = Math.max(most, sequenceMost)
        open.push(value)
      }
  }
  return most
}

/** What the price of a picture goes by, as price tables write it: `hd/1024x1792`. */
function kindOf(body: JsonObject): string {
  const said = (value: Json | undefined, otherwise: string) =>
    typeof value === 'string' && value !== '' && value !== 'auto' ? value : otherwise
  return `${said(body.quality, 'standard')}/${said(body.size, '1024x1024')}`
}

/**
 * OpenAI's own picture models sell tokens, and how many a picture has goes by its quality and size ("Image generation", cost and
 * latency): at most 6,240 up to 1024x1536 and about 4,160 for a megapixel, plus 100 for each preview. The second generation takes
 * sizes up to 8.3 megapixels, and a square of one megapixel costs it the most: US$0.211 at US$30 a million tokens, 0.053 of medium quality.
 */
const selfPriced = /gpt-image|chatgpt-image/
const largeSizes = /image-(?:[2-9]|latest)/
const first = { low: 408, medium: 1584, high: 6240 }
const second = { low: 408, medium: 1770, high: 7040 }
const megapixelTokens = 4160
const previewTokens = 100
const largestMegapixels = 8.3

function tokensOf(body: JsonObject, model: string): number {
  const generation = largeSizes.test(model) ? second : first
  const quality = plain(body.quality)
  const high = generation[quality === 'low' || quality === 'medium' ? quality : 'high']
  const [, width, height] = /^(\d+)x(\d+)$/.exec(plain(body.size)) ?? []
  const pixels = width && height ? (Number(width) * Number(height)) / 1e6 : undefined
  const megapixels = pixels ?? (largeSizes.test(model) ? largestMegapixels : 1)
  const bySize = Math.ceil(megapixels * megapixelTokens)
  const previews = isTrue(body.stream) ? (Number(body.partial_images) || 0) * previewTokens : 0
  return Math.max(high, megapixels > 1.6 ? bySize : 0) + previews
}

/** A picture that is sent is counted as at most so many tokens, at high fidelity in the worst of shapes; `mask` is one too. */
const sentPictureTokens = 8000
const framing = 64
const said = new Set(['model', 'user', 'metadata'])

/** The most that a request for pictures can cost, for a model of this name. */
export function boundsOf(call: ImagesCall, params: Record<string, Json>, model = ''): Bounds {
  const body = withDefaults(call.body, params)
  const pictures = (call.form?.files.length ?? 0) * sentPictureTokens
  const count = Math.max(countOf(body), otherCount(body))
  const beside = besideBounds(body, said)
  return {
    ...beside,
    inputTokens: beside.inputTokens + pictures + framing,
    ...(selfPriced.test(model) && { outputCap: tokensOf(body, model) }),
    choices: count,
    units: { images: count, imageKind: kindOf(body) },
  }
}
