import { isObject, type Json, type JsonObject, tryParse } from '../../core/json.ts'
import { mergeUsage } from '../../core/usage.ts'
import { splice } from '../../wire/json-splice.ts'
import { decoderOf } from '../../wire/framing.ts'
import { awsFailure } from '../converse/failure.ts'
import { geminiFailure } from '../gemini/failure.ts'
import type { Exchange, ExchangeOptions, Seen, StreamReader, StreamStep } from '../dialect.ts'
import { failureOf, type ReplyHeaders } from '../endpoint.ts'
import { emptyStep } from '../openai/pass-json.ts'
import { nothingSeen } from '../seen.ts'
import { opened, type Shape, shapeOf, type Sight } from './shapes.ts'

/** A call in a provider's own words. */
export type PassCall = {
  /** Behind the prefix, as it came; holds the model's name where the provider has it there. */
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  text: string
  body: JsonObject
  /** As the call names it. */
  model: string
  stream: boolean
}

/** Headers that belong to the provider's words. All else is between the client and the gateway. */
const travelling = /^(?:accept|anthropic-version|anthropic-beta|openai-beta|x-amzn-bedrock-[\w-]+)$/

/** The call as it is, under the provider's name of the model; the reply as it is, watched for what it cost. */
export function passExchange(call: PassCall, options: ExchangeOptions): Exchange {
  const { upstreamModel } = options
  const shape = shapeOf(call.path)
  const renamed = call.model !== upstreamModel && typeof call.body.model === 'string'
  const headers = Object.entries(call.headers).filter(([name]) => travelling.test(name))
  return {
    body: renamed ? splice(call.text, { set: { model: upstreamModel } }) : call.text,
    headers: Object.fromEntries(headers),
    query: call.query,
    ownPath: call.path.replace(encodeURIComponent(call.model), () => encodeURIComponent(upstreamModel)),
    dropped: [],
    whole: (bytes, headers = {}) => whole(bytes, headers, shape),
    stream: () => passing(shape),
    failure: failureAt(call.path) ?? failureOf(options),
  }
}

/** Verbs behind a colon are Google's, and `/model/` is Bedrock's: their errors have shapes of their own. */
function failureAt(path: string): Exchange['failure'] | undefined {
  if (/:[a-zA-Z]+$/.test(path)) return geminiFailure
  return path.startsWith('/model/') ? awsFailure : undefined
}

function whole(bytes: Uint8Array, headers: ReplyHeaders, shape: Shape | undefined) {
  const seen = nothingSeen()
  const json: Json | undefined = tryParse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  )
  const read = shape?.reader(headers)
  for (const one of Array.isArray(json) ? json : [json ?? null]) if (isObject(one) && read) note(seen, read(one, one))
  const { 'x-gemini-service-tier': tier } = headers
  if (tier !== undefined) seen.tier = tier
  if (shape?.free) seen.usage = { prompt: 0, completion: 0 }
  // Of vectors and the like a count of the prompt is all that there is to count.
  if (!seen.contentBytes && !seen.usage) seen.contentBytes = bytes.length
  seen.contentEvents = 1
  return { body: bytes, seen, contentType: headers['content-type'] ?? 'application/json' }
}

function note(seen: Seen, { usage, finish, tier, pace, contentBytes = 0 }: Sight): void {
  if (usage) seen.usage = mergeUsage(seen.usage, usage)
  if (tier !== undefined) seen.tier = tier
  if (pace !== undefined) seen.pace = pace
  if (finish !== undefined) seen.finish = finish
  seen.contentBytes += contentBytes
  if (contentBytes > 0) seen.contentEvents += 1
}

const nothing = Buffer.alloc(0)

/** Bytes pass as they come; events are only read over the shoulder. A stream without its finish was cut, and is broken off. */
function passing(shape: Shape | undefined): StreamReader {
  const seen = nothingSeen()
  const read = shape?.reader()
  let decoder = decoderOf('sse')
  const headers: Record<string, string> = {}
  const watch = (events: readonly { data: string }[]) => {
    for (const { data } of events) {
      const json = tryParse(data)
      if (isObject(json) && read) note(seen, read(json, opened(json)))
    }
  }
  let first = true
  /** AWS's frames begin with a length below sixteen megabytes, and text never with such a byte; not every proxy keeps their type. */
  const sniff = (chunk: Uint8Array) => {
    if (first && chunk[0] === 0) decoder = decoderOf('eventstream')
    if (chunk.length > 0) first = false
  }
  const step = (chunk: Uint8Array): StreamStep => ({ ...emptyStep(), bytes: [chunk], content: chunk.length > 0 })
  return {
    open(of) {
      if (of['x-gemini-service-tier'] !== undefined) seen.tier = of['x-gemini-service-tier']
      const type = of['content-type']
      if (type === undefined) return
      headers['content-type'] = type
      if (type.includes('eventstream')) decoder = decoderOf('eventstream')
    },
    push(chunk) {
      sniff(chunk)
      watch(decoder.push(chunk))
      if (!read) seen.contentBytes += chunk.length
      if (!read) seen.contentEvents += 1
      return step(chunk)
    },
    end() {
      watch(decoder.end())
      const cut = read !== undefined && seen.finish === undefined && !shape?.free && !shape?.endsUnsaid
      return cut ? { ...emptyStep(), failure: { kind: 'cut', status: 200, message, mayHaveCost: true } } : emptyStep()
    },
    fail: () => nothing,
    beat: nothing,
    breaks: true,
    headers,
    seen,
  }
}

const message = 'The provider ended its answer before it was complete.'
