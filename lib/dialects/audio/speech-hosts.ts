import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { Exchange, ExchangeOptions, StreamReader } from '../dialect.ts'
import { besides, effectiveBody, failureOf, given, notStreamed, plain, type Speaker } from '../endpoint.ts'
import { geminiFailure } from '../gemini/failure.ts'
import { ownConfig } from '../gemini/own-config.ts'
import { usageReader } from '../gemini/usage.ts'
import { GatewayError } from '../../core/errors.ts'
import { unsupported } from '../unsupported.ts'
import { audioBytes, audioInJson } from './bytes.ts'
import type { SpeechCall } from './speech-call.ts'

const common = ['model', 'input', 'voice', 'response_format', 'stream_format']

type Request = { body: JsonObject } & Pick<Exchange, 'path' | 'query'>
type Shape = {
  /** OpenAI's names that it has no word for. */
  unknown: readonly string[]
  /** Names of ours that `print` has said. */
  said?: readonly string[]
  print: (call: SpeechCall, body: JsonObject) => Request
  read: (format: string) => StreamReader
  /** What it calls OpenAI's formats; a format that is not here is refused. */
  formats: Readonly<Record<string, Json>>
}

const host =
  ({ unknown, said = [], print, read, formats }: Shape): Speaker<SpeechCall> =>
  (call, options) => {
    if (call.events) throw unsupported('stream_format', 'sse')
    if (!Object.hasOwn(formats, call.format)) throw unsupported('response_format', call.format)
    const body = effectiveBody(call.body, options)
    const { rest, dropped } = besides(body, [...common, ...said], { unknown, dropParams: options.dropParams })
    const { body: own, ...where } = print(call, body)
    return {
      ...where,
      body: JSON.stringify({ ...rest, ...own }),
      dropped,
      headers: { accept: '*/*' },
      whole: notStreamed,
      stream: () => read(call.format),
      failure: failureOf(options),
    }
  }

const base64 = (value: Json | undefined) => (typeof value === 'string' ? Buffer.from(value, 'base64') : undefined)

/** A voice must be named where it is part of the address. */
function voiceOf({ voice }: SpeechCall): string {
  if (voice !== '') return voice
  throw new GatewayError('invalid_request', {
    message: "'voice' is missing; expected the name or id of a voice.",
    param: 'voice',
  })
}

export const mistral = host({
  unknown: ['instructions', 'speed'],
  formats: { mp3: 'mp3', wav: 'wav', flac: 'flac', opus: 'opus', pcm: 'pcm' },
  print: (call, body) => ({
    body: {
      model: body.model ?? '',
      input: call.input,
      response_format: call.format,
      ...(call.voice && { voice_id: call.voice }),
    },
  }),
  read: (format) => audioInJson(format, ({ audio_data: data }) => base64(data)),
})

export const xai = host({
  unknown: ['instructions', 'speed'],
  formats: { mp3: 'mp3', wav: 'wav', pcm: 'pcm' },
  print: (call) => ({
    body: { text: call.input, voice_id: voiceOf(call), language: 'auto', output_format: { codec: call.format } },
  }),
  read: audioBytes,
})

const elevenFormats = { mp3: 'mp3_44100_128', opus: 'opus_48000_128', pcm: 'pcm_24000', wav: 'wav_44100' }

export const elevenlabs = host({
  unknown: ['instructions'],
  said: ['speed'],
  formats: elevenFormats,
  print: (call, body) => ({
    path: { voice: voiceOf(call) },
    query: { output_format: elevenFormats[call.format as keyof typeof elevenFormats] },
    body: {
      text: call.input,
      model_id: body.model ?? '',
      ...(body.speed !== undefined && { voice_settings: { speed: body.speed } }),
    },
  }),
  read: audioBytes,
})

const deepgramFormats: Record<string, Record<string, string>> = {
  // A container must not be named for this one.
  mp3: { encoding: 'mp3' },
  opus: { encoding: 'opus', container: 'ogg' },
  flac: { encoding: 'flac' },
  aac: { encoding: 'aac' },
  wav: { encoding: 'linear16', container: 'wav' },
  pcm: { encoding: 'linear16', container: 'none', sample_rate: '24000' },
}

/** The voice is part of the model's name there. */
export const deepgram = host({
  unknown: ['instructions', 'speed'],
  formats: deepgramFormats,
  print: (call, body) => ({
    query: { model: deepgramModel(call, plain(body.model)), ...deepgramFormats[call.format] },
    body: { text: call.input },
  }),
  read: audioBytes,
})

const deepgramModel = ({ voice }: SpeechCall, model: string): string =>
  voice === '' || /^aura.*-[a-z]+-[a-z]{2}$/.test(model) ? model : `${model}-${voice}-en`

/** It writes audio as hexadecimal digits. */
export const minimax = host({
  unknown: ['instructions'],
  said: ['speed'],
  formats: { mp3: 'mp3', wav: 'wav', flac: 'flac', pcm: 'pcm' },
  print: (call, body) => ({
    body: {
      model: body.model ?? '',
      text: call.input,
      stream: false,
      voice_setting: { voice_id: voiceOf(call), ...given({ speed: body.speed }) },
      audio_setting: { format: call.format },
    },
  }),
  read: (format) => audioInJson(format, ({ data }) => Buffer.from(stringOf(objectOf(data).audio) ?? '', 'hex')),
})

export const sarvam = host({
  unknown: ['instructions'],
  said: ['speed'],
  formats: { mp3: 'mp3', wav: 'wav', aac: 'aac', opus: 'opus', flac: 'flac' },
  print: (call, body) => ({
    body: {
      model: body.model ?? '',
      text: call.input,
      target_language_code: 'en-IN',
      output_audio_codec: call.format,
      ...(call.voice && { speaker: call.voice }),
      ...given({ pace: body.speed }),
    },
  }),
  read: (format) => audioInJson(format, ({ audios }) => base64(listOf(audios)[0])),
})

/** It answers with an address, which is not fetched for a client. */
export const fal = (_call: SpeechCall, options: ExchangeOptions): never => {
  throw unsupported('model', `${options.upstreamModel}, whose audio is at an address`)
}

/** Gemini speaks PCM at 24 kHz, which a header makes a WAV file. */
export const gemini: Speaker<SpeechCall> = (call, options) => {
  const usage = usageReader()
  const speak = host({
    unknown: ['speed', 'tools', 'cachedContent', 'cached_content'],
    said: ['instructions', 'generationConfig', 'generation_config', 'contents'],
    formats: { wav: 'wav', pcm: 'pcm' },
    print: (_, body) => {
      const text = [stringOf(body.instructions), call.input].filter(Boolean).join('\n\n')
      const prebuiltVoiceConfig = { voiceName: call.voice || 'Kore' }
      return {
        body: {
          contents: [{ role: 'user', parts: [{ text }] }],
          generationConfig: {
            responseModalities: ['AUDIO'],
            speechConfig: { voiceConfig: { prebuiltVoiceConfig } },
            ...ownConfig(body),
          },
        },
      }
    },
    read: (format) => {
      const own = audioInJson(format, (json) => {
        const counted = usage(json.usageMetadata)
        if (counted) own.seen.usage = counted
        return pcmIn(json, format)
      })
      return own
    },
  })
  return { ...speak(call, options), failure: geminiFailure }
}

function pcmIn({ candidates }: JsonObject, format: string): Buffer | undefined {
  const parts = listOf(objectOf(objectOf(listOf(candidates)[0]).content).parts)
  const inline = parts.map((part) => objectOf(objectOf(part).inlineData)).find(({ data }) => data !== undefined)
  const audio = base64(inline?.data)
  if (!audio || format === 'pcm') return audio
  const rate = Number(/rate=(\d+)/.exec(stringOf(inline?.mimeType) ?? '')?.[1] ?? 24_000)
  return Buffer.concat([wavHeader(audio.length, rate), audio])
}

/** Of one channel with 16 bits a sample. */
function wavHeader(bytes: number, rate: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(bytes, 40)
  return header
}
