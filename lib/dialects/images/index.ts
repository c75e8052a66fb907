import { type JsonObject, isObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { encodeSse } from '../../wire/sse.ts'
import { splice } from '../../wire/json-splice.ts'
import type { Exchange, ExchangeOptions, WholeReply } from '../dialect.ts'
import { failureOf, passExchange, passWhole, type Speaker } from '../endpoint.ts'
import { passEvents } from '../endpoint-stream.ts'
import { printedForm } from '../form.ts'
import { countOf, type ImagesCall } from './call.ts'
import { asWanted, weight } from './picture.ts'

const codecs: Record<string, () => Promise<Speaker<ImagesCall>>> = {
  gemini: async () => (await import('./gemini.ts')).gemini,
  bedrock: async () => (await import('./bedrock.ts')).bedrock,
  stability: async () => (await import('./stability.ts')).stability,
  xai: async () => (await import('./hosts.ts')).xai,
  together: async () => (await import('./hosts.ts')).together,
  fireworks: async () => (await import('./hosts.ts')).fireworks,
  deepinfra: async () => (await import('./hosts.ts')).deepinfra,
  hyperbolic: async () => (await import('./hosts.ts')).hyperbolic,
  cloudflare: async () => (await import('./hosts.ts')).cloudflare,
  fal: async () => (await import('./hosts.ts')).fal,
  replicate: async () => (await import('./polled.ts')).replicate,
  bfl: async () => (await import('./polled.ts')).bfl,
}

/** Pictures in the words of the provider's row. Throws `unsupported_parameter`. */
export async function imagesExchange(call: ImagesCall, options: ExchangeOptions): Promise<Exchange> {
  const load = options.codec === undefined ? undefined : codecs[options.codec]
  return (load ? await load() : openai)(call, options)
}

/** These give base64 always, and refuse to be asked how. */
const base64Only = /gpt-image|chatgpt-image/

/** Hosts of OpenAI's shape, asked in JSON or by a form. */
export const openai: Speaker<ImagesCall> = (call, options) => {
  const name = options.baseModel ?? options.upstreamModel
  const asked = base64Only.test(name) ? without(call, 'response_format') : call
  const look = (json: JsonObject) => lookAt(json, call)
  const read = (bytes: Uint8Array) => passWhole(bytes, options, look)
  const { form } = asked
  if (!form) return { ...passExchange(asked, options, look), stream: () => pictureEvents(call, read) }
  return {
    ...printedForm({ ...form, body: asked.body, model: asked.model }, options),
    whole: read,
    stream: () => pictureEvents(call, read),
    failure: failureOf(options),
  }
}

function without(call: ImagesCall, name: string): ImagesCall {
  const body = Object.fromEntries(Object.entries(call.body).filter(([key]) => key !== name))
  return { ...call, body, text: call.text === '' ? '' : splice(call.text, { remove: [name] }) }
}

function lookAt(json: JsonObject, call: ImagesCall) {
  const pictures = listOf(json.data).filter(isObject)
  if (pictures.length === 0) return { missing: 'The provider answered without a picture.' }
  const usage = imageUsage(json.usage)
  const kind = sizeOf(json, call)
  const seen = { units: { images: pictures.length, imageKind: kind }, ...(usage && { usage }), ...weight(pictures) }
  const data = pictures.map((picture) => asWanted(picture, call, json))
  const changed = data.some((picture, at) => picture !== pictures[at])
  return { seen, ...(changed && { edit: (text: string) => splice(text, { set: { data } }) }) }
}

/** What the picture was made as where the reply says it, else as it was asked for. */
function sizeOf(json: JsonObject, { body }: ImagesCall): string {
  const quality = stringOf(json.quality) ?? stringOf(body.quality)
  const size = stringOf(json.size) ?? stringOf(body.size)
  const said = (value: string | undefined, otherwise: string) => (value && value !== 'auto' ? value : otherwise)
  return `${said(quality, 'standard')}/${said(size, '1024x1024')}`
}

/** Tokens of pictures and of texts are counted apart, in both directions where the reply says so. */
function imageUsage(reported: unknown): Usage | undefined {
  const usage = objectOf(reported)
  const [prompt, completion] = [numberOf(usage.input_tokens), numberOf(usage.output_tokens)]
  if (prompt === undefined || completion === undefined || prompt + completion === 0) return undefined
  const input = numberOf(objectOf(usage.input_tokens_details).image_tokens)
  const cached = numberOf(objectOf(usage.input_tokens_details).cached_tokens)
  const output = numberOf(objectOf(usage.output_tokens_details).image_tokens)
  return {
    prompt,
    completion,
    ...(cached && { cached }),
    ...(input && { imageInput: input }),
    ...(output !== undefined && { imageOutput: output }),
  }
}

/** Previews, then a picture at a time. */
function pictureEvents(call: ImagesCall, whole: (bytes: Uint8Array) => WholeReply) {
  let completed = 0
  return passEvents({
    whole,
    contentBytes: ({ b64_json: bytes }) => (typeof bytes === 'string' ? bytes.length : 0),
    usage: ({ usage }) => imageUsage(usage),
    finish: ({ type }) => (isCompleted(type) ? 'stop' : undefined),
    units: (event) => (isCompleted(event.type) ? { images: completed + 1, imageKind: sizeOf(event, call) } : undefined),
    ends: (event) => isCompleted(event?.type) && ++completed >= countOf(call.body),
    edit: (event, raw) =>
      call.body.response_format === 'url' && isCompleted(event.type)
        ? encodeSse(JSON.stringify(asWanted(event, call, event)), stringOf(event.type))
        : raw,
  })
}

const isCompleted = (type: unknown): boolean => typeof type === 'string' && /^image_\w+\.completed$/.test(type)
