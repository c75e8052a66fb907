import { numberOf, objectOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { Exchange, ExchangeOptions } from '../dialect.ts'
import { failureOf, notStreamed, type Speaker } from '../endpoint.ts'
import { passEvents } from '../endpoint-stream.ts'
import { plainRequestText } from '../openai/pass-request.ts'
import { audioBytes, audioInEvents, soundAsText } from './bytes.ts'
import type { SpeechCall } from './speech-call.ts'

const codecs: Record<string, () => Promise<Speaker<SpeechCall>>> = {
  gemini: async () => (await import('./speech-hosts.ts')).gemini,
  mistral: async () => (await import('./speech-hosts.ts')).mistral,
  xai: async () => (await import('./speech-hosts.ts')).xai,
  elevenlabs: async () => (await import('./speech-hosts.ts')).elevenlabs,
  deepgram: async () => (await import('./speech-hosts.ts')).deepgram,
  minimax: async () => (await import('./speech-hosts.ts')).minimax,
  sarvam: async () => (await import('./speech-hosts.ts')).sarvam,
  fal: async () => (await import('./speech-hosts.ts')).fal,
}

/** Speech in the words of the provider's row. Throws `unsupported_parameter`. */
export async function speechExchange(call: SpeechCall, options: ExchangeOptions): Promise<Exchange> {
  const load = options.codec === undefined ? undefined : codecs[options.codec]
  const bound = (load ? await load() : openai)(call, options)
  const units = { characters: call.input.length }
  return {
    ...bound,
    stream: () => {
      const reader = bound.stream()
      reader.seen.units = units
      return reader
    },
  }
}

/** These are sold by tokens, and only their events say how many: plain audio is taken out of events. */
const countedInEvents = /^gpt-.*tts/

/** Hosts of OpenAI's shape: audio passes as it comes. */
export const openai: Speaker<SpeechCall> = (call, options) => {
  const { body, dropped } = plainRequestText(call.text, call.body, options)
  const unwrapped = !call.events && countedInEvents.test(options.baseModel ?? options.upstreamModel)
  return {
    body: unwrapped ? splice(body, { set: { stream_format: 'sse' } }) : body,
    dropped,
    headers: call.events || unwrapped ? {} : { accept: '*/*' },
    whole: notStreamed,
    stream: () =>
      call.events ? speechEvents(call.format) : unwrapped ? audioInEvents(call.format) : audioBytes(call.format),
    failure: failureOf(options),
  }
}

const speechEvents = (format: string) =>
  passEvents({
    contentBytes: ({ type, audio }) =>
      type === 'speech.audio.delta' && typeof audio === 'string' ? soundAsText((audio.length * 3) / 4, format) : 0,
    usage: ({ usage }) => {
      const [prompt, completion] = [numberOf(objectOf(usage).input_tokens), numberOf(objectOf(usage).output_tokens)]
      return prompt === undefined || completion === undefined ? undefined : { prompt, completion }
    },
    finish: ({ type }) => (type === 'speech.audio.done' ? 'stop' : undefined),
    ends: (event) => event?.type === 'speech.audio.done',
  })
