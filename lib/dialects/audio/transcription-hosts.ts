import { type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { FormPart } from '../../wire/multipart.ts'
import type { Exchange, ExchangeOptions } from '../dialect.ts'
import { failureOf, notStreamed, plain, type Speaker } from '../endpoint.ts'
import { effectiveFields, formOf, textPart } from '../form.ts'
import { malformed } from '../broken-reply.ts'
import { parsedBody } from '../openai/pass-whole.ts'
import { nothingSeen } from '../seen.ts'
import { unsupported } from '../unsupported.ts'
import type { TranscriptionCall } from './transcription-call.ts'

/** A transcript as a provider gives it. Times are in seconds. */
type Transcript = {
  text: string | undefined
  language?: string | undefined
  seconds?: number | undefined
  words?: { word: string; start: number; end: number }[]
}

type Request = Partial<Pick<Exchange, 'body' | 'pieces' | 'headers' | 'query'>>
type Shape = {
  print: (call: TranscriptionCall, fields: JsonObject, options: ExchangeOptions) => Request
  read: (json: JsonObject) => Transcript
  /** OpenAI's fields that it has no word for. */
  unknown: readonly string[]
}

const ours = ['model', 'file', 'language', 'response_format', 'stream', 'timestamp_granularities', 'user', 'metadata']

const host =
  ({ print, read, unknown }: Shape): Speaker<TranscriptionCall> =>
  (call, options) => {
    if (call.stream) throw unsupported('stream', true)
    if (!['json', 'text', 'verbose_json'].includes(call.format)) throw unsupported('response_format', call.format)
    const fields = effectiveFields(call, options)
    const dropped = unknown.filter((name) => fields[name] !== undefined)
    if (dropped[0] !== undefined && !options.dropParams) throw unsupported(dropped[0], fields[dropped[0]])
    const left = Object.fromEntries(Object.entries(fields).filter(([name]) => !dropped.includes(name)))
    return {
      body: '',
      headers: {},
      ...print(call, left, options),
      dropped,
      whole: (bytes) => {
        const parsed = parsedBody(bytes)
        return 'failure' in parsed ? parsed : printed(call, read(parsed.json))
      },
      stream: notStreamed,
      failure: failureOf(options),
    }
  }

function printed(call: TranscriptionCall, { text, language, seconds, words }: Transcript) {
  if (text === undefined) return { failure: malformed('The provider answered without a transcript.', true) }
  const audioSeconds = seconds ?? Math.ceil(call.seconds)
  const seen = { ...nothingSeen(), contentBytes: Buffer.byteLength(text), contentEvents: 1, units: { audioSeconds } }
  if (call.format === 'text') return { body: `${text}\n`, seen, contentType: 'text/plain; charset=utf-8' }
  const usage = { type: 'duration', seconds: Math.ceil(audioSeconds) }
  const more = { task: 'transcribe', language: language ?? '', duration: audioSeconds, words: words ?? [] }
  return { body: JSON.stringify({ ...(call.format === 'verbose_json' && more), text, usage }), seen }
}

/** What is the provider's own in the form. */
const rest = (fields: JsonObject): [string, Json][] => Object.entries(fields).filter(([name]) => !ours.includes(name))

const formWith = (file: FormPart, name: string, of: { fields: [string, Json][]; options: ExchangeOptions }) =>
  formOf([...of.fields.map(([key, value]) => textPart(key, value)), { ...file, name }], of.options.requestId)

const wordsIn = (list: Json | undefined, name: string) =>
  listOf(list).flatMap((entry) => {
    const one = objectOf(entry)
    const [word, start, end] = [stringOf(one[name]), numberOf(one.start), numberOf(one.end)]
    const spoken = word !== undefined && word.trim() !== '' && start !== undefined && end !== undefined
    return spoken ? [{ word, start, end }] : []
  })

/** The bytes alone are the body; everything else stands in the query. */
export const deepgram = host({
  // Channels are billed one by one, and a callback is an answer to somebody else.
  unknown: ['prompt', 'temperature', 'chunking_strategy', 'include', 'multichannel', 'callback'],
  print: ({ file, body }, fields) => ({
    pieces: [file.body],
    headers: { 'content-type': file.contentType ?? 'application/octet-stream' },
    query: {
      model: plain(fields.model),
      ...(body.language ? { language: plain(body.language) } : { detect_language: 'true' }),
      ...Object.fromEntries(rest(fields).map(([name, value]) => [name, plain(value)])),
    },
  }),
  read: ({ metadata, results }) => {
    const channel = objectOf(listOf(objectOf(results).channels)[0])
    const best = objectOf(listOf(channel.alternatives)[0])
    return {
      text: stringOf(best.transcript),
      language: stringOf(channel.detected_language),
      seconds: numberOf(objectOf(metadata).duration),
      words: wordsIn(best.words, 'word'),
    }
  },
})

export const elevenlabs = host({
  unknown: [
    'prompt',
    'chunking_strategy',
    'include',
    'cloud_storage_url',
    'source_url',
    'use_multi_channel',
    'webhook',
  ],
  print: ({ file, body }, fields, options) =>
    formWith(file, 'file', {
      options,
      fields: [
        ['model_id', fields.model ?? ''],
        ...(body.language ? [['language_code', body.language] as [string, Json]] : []),
        ...rest(fields),
      ],
    }),
  read: (json) => ({
    text: stringOf(json.text),
    language: stringOf(json.language_code),
    seconds: numberOf(json.audio_duration_secs),
    words: wordsIn(json.words, 'text'),
  }),
})

export const xai = host({
  unknown: ['prompt', 'temperature', 'chunking_strategy', 'include'],
  print: ({ file, body }, fields, options) =>
    formWith(file, 'file', {
      options,
      fields: [...(body.language ? [['language', body.language] as [string, Json]] : []), ...rest(fields)],
    }),
  read: (json) => ({
    text: stringOf(json.text),
    seconds: numberOf(json.duration),
    words: wordsIn(json.words, 'text'),
  }),
})

export const sarvam = host({
  unknown: ['prompt', 'temperature', 'chunking_strategy', 'include'],
  print: ({ file, body }, fields, options) =>
    formWith(file, 'file', {
      options,
      fields: [
        ['model', fields.model ?? ''],
        ...(body.language ? [['language_code', body.language] as [string, Json]] : []),
        ...rest(fields),
      ],
    }),
  read: (json) => ({ text: stringOf(json.transcript), language: stringOf(json.language_code) }),
})

/** A data URL stands for the address that it would fetch. */
export const fal = host({
  unknown: ['temperature', 'chunking_strategy', 'include'],
  print: ({ file, body }, fields) => ({
    headers: {},
    body: JSON.stringify({
      ...Object.fromEntries(rest(fields)),
      audio_url: `data:${file.contentType ?? 'audio/mpeg'};base64,${Buffer.from(file.body).toString('base64')}`,
      task: 'transcribe',
      ...(body.language !== undefined && { language: body.language }),
    }),
  }),
  read: (json) => ({ text: stringOf(json.text), language: stringOf(listOf(json.languages)[0]) }),
})
