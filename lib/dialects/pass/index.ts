import type { Failure } from '../../core/failure.ts'
import { isObject, type Json, tryParse } from '../../core/json.ts'
import { mergeUsage } from '../../core/usage.ts'
import { decoderOf } from '../../wire/framing.ts'
import { awsFailure } from '../converse/failure.ts'
import { geminiFailure } from '../gemini/failure.ts'
import { cutOff } from '../broken-reply.ts'
import type { Exchange, ExchangeOptions, Seen, StreamReader, StreamStep, WholeReply } from '../dialect.ts'
import { failureOf, type ReplyHeaders } from '../endpoint.ts'
import { emptyStep } from '../openai/pass-json.ts'
import { parsedBody, saysError } from '../openai/pass-whole.ts'
import { nothingSeen } from '../seen.ts'
import { tierNamed } from '../service-tier.ts'
import type { PassCall } from './call.ts'
import { pathOf, renamed } from './names.ts'
import { opened, type Shape, type Sight } from './shape.ts'
import { shapeOf } from './shapes.ts'

/** Headers that belong to the provider's words. All else is between the client and the gateway. */
const travelling = /^(?:accept|anthropic-version|anthropic-beta|openai-beta|x-amzn-bedrock-[\w-]+)$/

/** The call as it is, under the provider's name of the model; the reply as it is, watched for what it cost. */
export function passExchange(call: PassCall, options: Pick<ExchangeOptions, 'upstreamModel' | 'now'>): Exchange {
  const { upstreamModel } = options
  const shape = shapeOf(call.path)
  const headers = Object.entries(call.headers).filter(([name]) => travelling.test(name))
  return {
    body: renamed(call, upstreamModel),
    headers: Object.fromEntries(headers),
    query: call.query,
    ownPath: pathOf(call, upstreamModel),
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

function whole(bytes: Uint8Array, headers: ReplyHeaders, shape: Shape | undefined): WholeReply {
  const seen = nothingSeen()
  const json: Json | undefined = tryParse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  )
  const read = shape?.reader(headers)
  const failure = shape && failureIn(bytes, json)
  if (failure) return { failure }
  for (const one of Array.isArray(json) ? json : [json ?? null])
    if (isObject(one) && read) note(seen, read(one, one), shape)
  const tier = headers['x-gemini-service-tier'] ?? tierNamed(headers['x-amzn-bedrock-service-tier'])
  if (tier !== undefined) seen.tier = tier
  // No count of tokens is an answer's that nobody counted, so that it costs nothing is said outright.
  if (shape?.free) Object.assign(seen, { usage: { prompt: 0, completion: 0 }, cost: 0 })
  // Of vectors and the like a count of the prompt is all that there is to count.
  if (!seen.contentBytes && !seen.usage) seen.contentBytes = bytes.length
  seen.contentEvents = 1
  return { body: bytes, seen, contentType: headers['content-type'] ?? 'application/json' }
}

/** What is known to answer in JSON, and does not, has not answered. A response that failed says so in its own words, and was billed. */
function failureIn(bytes: Uint8Array, json: Json | undefined): Failure | undefined {
  if (Array.isArray(json) && json.length > 0 && json.every((one) => isObject(one) && !saysError(one))) return undefined
  if (isObject(json) && (json.object === 'response' || !saysError(json))) return undefined
  const parsed = parsedBody(bytes)
  return 'failure' in parsed ? parsed.failure : undefined
}

function note(seen: Seen, sight: Sight, shape: Shape | undefined): void {
  const { usage, finish, tier, pace, passes, contentBytes = 0 } = sight
  if (usage) seen.usage = shape?.remembers ? usage : mergeUsage(seen.usage, usage)
  if (tier !== undefined) seen.tier = tier
  if (pace !== undefined) seen.pace = pace
  if (passes) seen.passes = passes
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
      if (isObject(json) && read) note(seen, read(json, opened(json)), shape)
    }
  }
  /** A reply that is no stream though one was asked for: told when it is whole. */
  let held: Uint8Array[] | undefined
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
      if (shape && /^(?:application\/json|text\/html)/i.test(type)) held = []
      if (type.includes('eventstream')) decoder = decoderOf('eventstream')
    },
    push(chunk) {
      if (held) {
        held.push(chunk)
        return emptyStep()
      }
      sniff(chunk)
      watch(decoder.push(chunk))
      if (!read) seen.contentBytes += chunk.length
      if (!read) seen.contentEvents += 1
      return step(chunk)
    },
    end() {
      if (held) return wholeStep(seen, whole(Buffer.concat(held), headers, shape))
      watch(decoder.end())
      const cut = read !== undefined && seen.finish === undefined && !shape?.free && !shape?.endsUnsaid
      return cut ? { ...emptyStep(), failure: cutOff() } : emptyStep()
    },
    fail: () => nothing,
    beat: nothing,
    breaks: true,
    headers,
    seen,
  }
}

function wholeStep(seen: Seen, reply: WholeReply): StreamStep {
  if ('failure' in reply) return { ...emptyStep(), failure: reply.failure }
  Object.assign(seen, reply.seen)
  return { ...emptyStep(), bytes: [Buffer.from(reply.body)], content: true }
}
