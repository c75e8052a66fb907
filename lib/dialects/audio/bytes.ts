import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, numberOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { sseDecoder } from '../../wire/sse.ts'
import { cutOff, malformed } from '../broken-reply.ts'
import type { StreamReader, StreamStep } from '../dialect.ts'
import { usageOf } from '../openai/watch-usage.ts'
import { errorInside } from '../openai/failure.ts'
import { emptyStep } from '../openai/pass-json.ts'
import { parsedBody, saysError } from '../openai/pass-whole.ts'
import { nothingSeen } from '../seen.ts'

const nothing = Buffer.alloc(0)

/** What audio is called by OpenAI's names of formats. */
const audioTypes: Record<string, string> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}

const typeOf = (format: string): string =>
  (Object.hasOwn(audioTypes, format) ? audioTypes[format] : undefined) ?? 'application/octet-stream'

/** A reader of bytes: nothing can be said between them, and only a broken connection tells that they are not all. */
type ByteReader = StreamReader & { headers: Record<string, string> }

const reader = (contentType: string, parts: Pick<StreamReader, 'push' | 'end' | 'open'>): ByteReader => ({
  ...parts,
  fail: () => nothing,
  beat: nothing,
  breaks: true,
  headers: { 'content-type': contentType },
  seen: nothingSeen(),
})

/** A reply that says it is text is no audio. */
const isTold = (headers: Record<string, string>, events = false): boolean =>
  /^(?:application\/(?:\w+\+)?json|text\/)/i.test(headers['content-type'] ?? '') &&
  !(events && /event-stream/i.test(headers['content-type'] ?? ''))

/** Audio passes as it comes. A reply that says it is text is none: an error with a status of success, or a page. */
export function audioBytes(format: string): StreamReader {
  let text: Uint8Array[] | undefined
  let bytes = 0
  const own = reader(typeOf(format), {
    open(headers) {
      const type = headers['content-type'] ?? ''
      if (isTold(headers)) text = []
      else if (type !== '') own.headers['content-type'] = type
    },
    push(chunk) {
      bytes += chunk.length
      if (text === undefined) return noted(own, [chunk], format)
      if (bytes < 65_536) text.push(chunk)
      return emptyStep()
    },
    end() {
      if (text !== undefined) return { ...emptyStep(), failure: failureOf(Buffer.concat(text)) }
      if (bytes === 0) return { ...emptyStep(), failure: malformed('The provider answered without audio.', false) }
      return emptyStep()
    },
  })
  return own
}

function failureOf(text: Buffer): Failure {
  const parsed = parsedBody(text)
  return 'failure' in parsed ? parsed.failure : malformed('The provider answered without audio.', true)
}

/** A second of speech is sold as up to 25 tokens, and has at least so many bytes of each in these formats (opus at 8 kbit/s). */
const bytesPerToken: Record<string, number> = { mp3: 100, flac: 300, wav: 600, pcm: 600 }
const leastPerToken = 40
/** An estimate takes a token to be three bytes of text. */
const textPerToken = 3

/** As many bytes of text as have as many tokens as this much sound, for what nobody counted. */
export function soundAsText(size: number, format: string): number {
  const perToken = (Object.hasOwn(bytesPerToken, format) ? bytesPerToken[format] : undefined) ?? leastPerToken
  return Math.ceil((size * textPerToken) / perToken)
}

function noted({ seen }: StreamReader, bytes: Uint8Array[], format: string): StreamStep {
  const size = bytes.reduce((sum, { length }) => sum + length, 0)
  seen.contentBytes += soundAsText(size, format)
  if (size > 0) seen.contentEvents += 1
  return { ...emptyStep(), bytes, content: size > 0 }
}

/** A JSON reply with the audio inside, as bytes once it is whole. */
export function audioInJson(format: string, read: (json: JsonObject) => Buffer | undefined): StreamReader {
  const held: Uint8Array[] = []
  const own = reader(typeOf(format), {
    push(chunk) {
      held.push(chunk)
      return emptyStep()
    },
    end() {
      const parsed = parsedBody(Buffer.concat(held))
      if ('failure' in parsed) return { ...emptyStep(), failure: parsed.failure }
      const audio = read(parsed.json)
      if (!audio?.length) return { ...emptyStep(), failure: malformed('The provider answered without audio.', true) }
      const usage = usageOf(parsed.json)
      if (usage) own.seen.usage = usage
      return noted(own, [audio], format)
    },
  })
  return own
}

/** OpenAI's events of audio, as the bytes that they carry: these alone tell what was used, and that the end is the end. */
export function audioInEvents(format: string): StreamReader {
  const decoder = sseDecoder()
  let over = false
  let text: Uint8Array[] | undefined
  const takeAll = (events: readonly { data: string }[]): StreamStep => {
    const step = emptyStep()
    for (const { data } of events) {
      const event = tryParse(data)
      if (over || !isObject(event)) continue
      if (saysError(event) || event.type === 'error') return { ...step, failure: errorInside(event, step.content) }
      const audio = event.type === 'speech.audio.delta' ? stringOf(event.audio) : undefined
      if (audio) {
        step.bytes.push(Buffer.from(audio, 'base64'))
        step.content = true
      }
      if (event.type === 'speech.audio.done') over = step.finished = finished(own, event)
    }
    noted(own, step.bytes, format)
    return step
  }
  const own = reader(typeOf(format), {
    open(headers) {
      if (isTold(headers, true)) text = []
    },
    push(chunk) {
      if (text === undefined) return takeAll(decoder.push(chunk))
      if (text.length < 64) text.push(chunk)
      return emptyStep()
    },
    end() {
      if (text) return { ...emptyStep(), failure: failureOf(Buffer.concat(text)) }
      const step = takeAll(decoder.end())
      return over ? step : { ...step, failure: cutOff() }
    },
  })
  return own
}

function finished({ seen }: StreamReader, { usage }: JsonObject): true {
  const [prompt, completion] = [numberOf(objectOf(usage).input_tokens), numberOf(objectOf(usage).output_tokens)]
  if (prompt !== undefined && completion !== undefined) seen.usage = { prompt, completion }
  seen.finish = 'stop'
  return true
}
