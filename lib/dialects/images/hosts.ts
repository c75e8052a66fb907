import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { nearestRatio, type Picture, printed, sidesOf } from './printed.ts'

/** OpenAI's names that no host below has a word for, unless it says so. */
export const openaiNames = [
  'background',
  'moderation',
  'output_compression',
  'output_format',
  'partial_images',
  'style',
]
/** Names that every host below has a word for, or is told of in another way. */
export const commonNames = ['model', 'prompt', 'n', 'size', 'quality', 'response_format', 'stream']

type Shape = {
  body: (body: JsonObject, call: ImagesCall) => Record<string, Json | undefined>
  pictures: (json: JsonObject) => Picture[]
  /** Gives one picture a request. */
  one?: true
  /** Takes pictures to edit. */
  edits?: true
  headers?: Record<string, string>
}

const host =
  ({ body: print, pictures, one, edits, headers = {} }: Shape): Speaker<ImagesCall> =>
  (call, options) => {
    if (call.form && !edits) throw unsupported('image')
    if (call.stream) throw unsupported('stream', true)
    const body = effectiveBody(call.body, options)
    if (one && countOf(body) > 1) throw unsupported('n', body.n)
    const { rest, dropped } = besides(body, commonNames, { unknown: openaiNames, dropParams: options.dropParams })
    // What was counted and held for is said last: no other name for it may ask for more.
    const sent = { ...rest, ...given(print({ ...body, n: countOf(body) }, call)) }
    const read = (json: JsonObject) => printed(call, options, { pictures: pictures(json) })
    return exchangeOf({ body: sent, dropped, headers, read }, options)
  }

const inData = ({ data }: JsonObject): Picture[] =>
  listOf(data).map((one) => stringOf(objectOf(one).b64_json) ?? stringOf(objectOf(one).url))
const wantsUrl = ({ response_format: format }: JsonObject) => format === 'url'

const xaiRatios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2']

/** Pictures to edit go as data URLs in JSON. */
export const xai = host({
  edits: true,
  body: (body, call) => ({
    model: body.model ?? '',
    prompt: body.prompt,
    n: body.n,
    response_format: wantsUrl(body) ? 'url' : 'b64_json',
    aspect_ratio: nearestRatio(body.size, xaiRatios),
    ...imagesOf(call),
  }),
  pictures: inData,
})

function imagesOf({ form }: ImagesCall): Record<string, Json> {
  const files = form?.files.filter(({ name }) => name.startsWith('image')) ?? []
  const urls = files.map(({ contentType = 'image/png', body }) => ({
    type: 'image_url',
    url: `data:${contentType};base64,${Buffer.from(body).toString('base64')}`,
  }))
  const [first, ...more] = urls
  if (!first) return {}
  return more.length > 0 ? { images: urls } : { image: first }
}

export const together = host({
  body: (body) => ({
    model: body.model ?? '',
    prompt: body.prompt,
    n: body.n,
    ...sidesOf(body.size),
    response_format: wantsUrl(body) ? 'url' : 'base64',
  }),
  pictures: inData,
})

export const fireworks = host({
  one: true,
  headers: { accept: 'application/json' },
  body: (body) => ({
    prompt: body.prompt,
    aspect_ratio: nearestRatio(body.size, ['1:1', '21:9', '16:9', '3:2', '5:4', '4:5', '2:3', '9:16', '9:21']),
  }),
  pictures: ({ base64 }) => (typeof base64 === 'string' ? [base64] : listOf(base64).map(stringOf)),
})

export const deepinfra = host({
  body: (body) => ({ prompt: body.prompt, num_images: body.n, ...sidesOf(body.size) }),
  pictures: ({ images, image_url: url }) => (Array.isArray(images) ? images.map(stringOf) : [stringOf(url)]),
})

export const hyperbolic = host({
  one: true,
  body: (body) => ({ model_name: body.model ?? '', prompt: body.prompt, ...sidesOf(body.size) }),
  pictures: ({ images }) => listOf(images).map((one) => stringOf(objectOf(one).image)),
})

export const cloudflare = host({
  one: true,
  body: (body) => ({ prompt: body.prompt, ...sidesOf(body.size) }),
  pictures: ({ result }) => [stringOf(objectOf(result).image)],
})

/** `sync_mode` brings the bytes with the answer; without it, they are at an address. */
export const fal = host({
  body: (body) => ({
    prompt: body.prompt,
    num_images: body.n,
    image_size: sidesOf(body.size),
    sync_mode: wantsUrl(body) ? undefined : true,
  }),
  pictures: ({ images, image }) =>
    Array.isArray(images) ? images.map((one) => stringOf(objectOf(one).url)) : [stringOf(objectOf(image).url)],
})
