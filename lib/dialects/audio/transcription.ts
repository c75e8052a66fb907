import { type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Exchange, ExchangeOptions, Seen, WholeReply } from '../dialect.ts'
import { failureOf, passWhole, plain, type ReplyHeaders, type Speaker } from '../endpoint.ts'
import { passEvents, type Watch } from '../endpoint-stream.ts'
import { printedForm } from '../form.ts'
import { malformed } from '../broken-reply.ts'
import { nothingSeen } from '../seen.ts'
import type { TranscriptionCall } from './transcription-call.ts'

const codecs: Record<string, () => Promise<Speaker<TranscriptionCall>>> = {
  deepgram: async () => (await import('./transcription-hosts.ts')).deepgram,
  elevenlabs: async () => (await import('./transcription-hosts.ts')).elevenlabs,
  xai: async () => (await import('./transcription-hosts.ts')).xai,
  sarvam: async () => (await import('./transcription-hosts.ts')).sarvam,
  fal: async () => (await import('./transcription-hosts.ts')).fal,
}

/** A transcription in the words of the provider's row. Throws `unsupported_parameter`. */
export async function transcriptionExchange(call: TranscriptionCall, options: ExchangeOptions): Promise<Exchange> {
  const load = options.codec === undefined ? undefined : codecs[options.codec]
  return (load ? await load() : openai)(call, options)
}

/** Formats whose replies are no JSON. */
const plainFormats = new Set(['text', 'srt', 'vtt'])

/** Hosts of OpenAI's shape: the form goes on under another model's name, the reply comes as it is. */
export const openai: Speaker<TranscriptionCall> = (call, options) => ({
  ...printedForm(call, options),
  whole: (bytes, headers = {}) => readWhole(bytes, headers, { call, options }),
  stream: () => transcriptEvents(call, (bytes) => readWhole(bytes, {}, { call, options })),
  failure: failureOf(options),
})

type Reading = { call: TranscriptionCall; options: ExchangeOptions }

function readWhole(bytes: Uint8Array, headers: ReplyHeaders, { call, options }: Reading): WholeReply {
  const type = headers['content-type']
  const plain = plainFormats.has(call.format) && !type?.includes('json')
  if (plain && type?.startsWith('text/html')) return { failure: malformed('The provider answered with a page.', false) }
  if (plain && bytes.length === 0) return { failure: malformed('The provider answered without a transcript.', true) }
  if (plain) return { body: bytes, seen: plainSeen(bytes), contentType: type ?? 'text/plain; charset=utf-8' }
  return passWhole(bytes, options, (json) => {
    const told = stringOf(json.text)
    if (told === undefined) return { missing: 'The provider answered without a transcript.' }
    return { seen: seenOf(json, told) }
  })
}

/** How long the recording was, and what tokens it took, where the reply says so. */
function seenOf(json: JsonObject, text: string): Partial<Seen> {
  const usage = objectOf(json.usage)
  const seconds = numberOf(usage.seconds) ?? numberOf(usage.prompt_audio_seconds) ?? numberOf(json.duration)
  const tokens = tokensOf(usage)
  return {
    contentBytes: Buffer.byteLength(text),
    contentEvents: 1,
    ...(seconds !== undefined && { units: { audioSeconds: seconds } }),
    ...(tokens && { usage: tokens }),
  }
}

const plainSeen = (bytes: Uint8Array): Seen => ({ ...nothingSeen(), contentBytes: bytes.length, contentEvents: 1 })

/** Tokens of audio and of text are counted apart. */
function tokensOf(usage: JsonObject): Usage | undefined {
  const [prompt, completion] = [
    numberOf(usage.input_tokens ?? usage.prompt_tokens),
    numberOf(usage.output_tokens ?? usage.completion_tokens),
  ]
  if (prompt === undefined || completion === undefined) return undefined
  const details = objectOf(usage.input_token_details ?? usage.input_tokens_details)
  const audioInput = numberOf(details.audio_tokens)
  return { prompt, completion, ...(audioInput && { audioInput }) }
}

const transcriptEvents = (call: TranscriptionCall, whole: Watch['whole'] & {}) => {
  const reader = passEvents({
    whole,
    contentBytes: ({ type, delta, text }) =>
      type === 'transcript.text.delta' || type === 'transcript.text.segment' ? plain(delta ?? text).length : 0,
    usage: ({ usage }) => tokensOf(objectOf(usage)),
    units: ({ usage }) => {
      const seconds = numberOf(objectOf(usage).seconds)
      return seconds === undefined ? undefined : { audioSeconds: seconds }
    },
    finish: ({ type }) => (type === 'transcript.text.done' ? 'stop' : undefined),
    ends: (event) => event?.type === 'transcript.text.done',
  })
  reader.seen.units = { audioSeconds: Math.ceil(call.seconds) }
  return reader
}
