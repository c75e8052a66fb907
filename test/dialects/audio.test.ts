import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { secondsOf } from '../../lib/dialects/audio/duration.ts'
import { boundsOf as speechBounds, speechCall } from '../../lib/dialects/audio/speech-call.ts'
import { speechExchange } from '../../lib/dialects/audio/speech.ts'
import { boundsOf, transcriptionCall } from '../../lib/dialects/audio/transcription-call.ts'
import { transcriptionExchange } from '../../lib/dialects/audio/transcription.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { parseForm, printForm } from '../../lib/wire/multipart.ts'
import { options } from './openai-support.ts'

const speak = (more: JsonObject, how: Partial<ExchangeOptions> = {}) =>
  speechExchange(speechCall(JSON.stringify({ model: 'voice', input: 'Hello.', voice: 'alloy', ...more })), options(how))
const joined = (chunks: Uint8Array[]) => Buffer.concat(chunks).toString()

function wavOf(seconds: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8000, 24)
  header.writeUInt32LE(16_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  return Buffer.concat([header, Buffer.alloc(seconds * 16_000 - 44)])
}

const form = (file: Uint8Array, fields: Record<string, string> = {}, contentType = 'audio/wav') => ({
  bytes: Buffer.concat(
    printForm(
      [
        ...Object.entries({ model: 'ears', ...fields }).map(([name, value]) => ({ name, body: Buffer.from(value) })),
        { name: 'file', filename: 'a.wav', contentType, body: file },
      ],
      'XX',
    ),
  ),
  contentType: 'multipart/form-data; boundary=XX',
})
const hear = (fields: Record<string, string>, how: Partial<ExchangeOptions> = {}) =>
  transcriptionExchange(transcriptionCall(form(wavOf(2), fields)), options(how))
const heard = async (reply: string | object, fields: Record<string, string>, headers = {}, codec?: string) => {
  const body = Buffer.from(typeof reply === 'string' ? reply : JSON.stringify(reply))
  const whole = (await hear(fields, codec ? { codec } : {})).whole(body, headers)
  return 'failure' in whole ? whole : { ...whole, body: Buffer.from(whole.body as string).toString() }
}

describe('speech', () => {
  test.each([
    ['{"model":"m","voice":"v"}', 'input'],
    ['{"input":"x","voice":"v"}', 'model'],
    ['{"model":"m","input":"x","voice":5}', 'voice'],
    ['{"model":"m","input":"x","speed":9}', 'speed'],
    ['{"model":"m","input":"x","stream_format":"ogg"}', 'stream_format'],
  ])('%s is refused by its field %s', (text, param) => {
    expect(() => speechCall(text)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ param }) as unknown }) as Error,
    )
  })

  test('passes as it comes, under the type that the provider gives', async () => {
    const reader = (await speak({ response_format: 'opus' })).stream()
    reader.open?.({ 'content-type': 'audio/opus' })
    const steps = [reader.push(Buffer.from('Ogg')), reader.push(Buffer.from('S..'))]

    expect(steps.map(({ bytes, content }) => [joined(bytes), content])).toEqual([
      ['Ogg', true],
      ['S..', true],
    ])
    expect(reader.end().failure).toBeUndefined()
    expect(reader).toMatchObject({
      breaks: true,
      headers: { 'content-type': 'audio/opus' },
      seen: { units: { characters: 6 } },
    })
  })

  test('asked for in events says what was wrong where no event came', async () => {
    const reader = (await speak({}, { upstreamModel: 'gpt-4o-mini-tts' })).stream()
    reader.open?.({ 'content-type': 'application/json' })
    reader.push(Buffer.from('{"error":{"message":"No such voice.","code":"invalid_value"}}'))

    expect(reader.end().failure).toMatchObject({ message: 'No such voice.', code: 'invalid_value' })
  })

  test('that is an error in a success, a page or nothing at all is a failure', async () => {
    const read = async (type: string, body: string) => {
      const reader = (await speak({})).stream()
      reader.open?.({ 'content-type': type })
      const step = reader.push(Buffer.from(body))
      return [step.bytes.length, reader.end().failure?.kind]
    }

    expect(await read('application/json', '{"error":{"message":"no","code":"429"}}')).toEqual([0, 'rate_limit'])
    expect(await read('text/html', '<html>')).toEqual([0, 'malformed'])
    expect((await speak({})).stream().end().failure?.kind).toBe('malformed')
  })

  test('that is sold by tokens is taken out of events, which count them', async () => {
    const exchange = await speak({}, { upstreamModel: 'gpt-4o-mini-tts' })
    const reader = exchange.stream()
    const step = reader.push(
      Buffer.from(
        'data: {"type":"speech.audio.delta","audio":"QUI="}\n\ndata: {"type":"speech.audio.done","usage":{"input_tokens":5,"output_tokens":40}}\n\n',
      ),
    )

    expect(JSON.parse(exchange.body)).toMatchObject({ stream_format: 'sse' })
    expect([joined(step.bytes), step.finished]).toEqual(['AB', true])
    expect(reader.seen.usage).toEqual({ prompt: 5, completion: 40 })
    const broken = exchange.stream()
    broken.push(Buffer.from('data: {"type":"speech.audio.delta","audio":"QUI="}\n\n'))
    expect(broken.end().failure).toMatchObject({ kind: 'cut' })
  })

  test.each([
    ['mp3', 21 * 60],
    ['pcm', 21 * 60],
    ['opus', 21 * 60],
  ])('that breaks off as %s is taken for no fewer tokens than it has, and not for text', async (format, tokens) => {
    // A minute: 16,000 bytes a second of mp3, 48,000 of PCM, 4,000 of Opus.
    const size = { mp3: 16_000, pcm: 48_000, opus: 4000 }[format] ?? 0
    const audio = Buffer.alloc(size * 60).toString('base64')
    const event = Buffer.from(`data: ${JSON.stringify({ type: 'speech.audio.delta', audio })}\n\n`)
    const asked = [{ response_format: format }, { response_format: format, stream_format: 'sse' }]
    const readers = await Promise.all(
      asked.map(async (more) => (await speak(more, { upstreamModel: 'gpt-4o-mini-tts' })).stream()),
    )

    for (const reader of readers) {
      reader.push(event)
      expect(reader.seen.contentBytes / 3).toBeGreaterThan(tokens)
      expect(reader.seen.contentBytes).toBeLessThan(size * 60 * 0.1)
    }
  })

  test('in events passes as events', async () => {
    const reader = (await speak({ stream_format: 'sse' })).stream()
    const event = 'data: {"type":"speech.audio.delta","audio":"QUI="}\n\n'

    expect(joined(reader.push(Buffer.from(event)).bytes)).toBe(event)
    expect(reader.end().failure).toMatchObject({ kind: 'cut' })
  })

  test.each([
    [
      'elevenlabs',
      { text: 'Hello.', model_id: 'm', voice_settings: { speed: 1.1 } },
      { voice: 'alloy' },
      { output_format: 'mp3_44100_128' },
    ],
    ['deepgram', { text: 'Hello.' }, undefined, { model: 'm-alloy-en', encoding: 'mp3' }],
    ['mistral', { model: 'm', input: 'Hello.', response_format: 'mp3', voice_id: 'alloy' }, undefined, undefined],
    [
      'xai',
      { text: 'Hello.', voice_id: 'alloy', language: 'auto', output_format: { codec: 'mp3' } },
      undefined,
      undefined,
    ],
  ])('is asked for at %s in its own words', async (codec, body, path, query) => {
    const speed = codec === 'elevenlabs' ? { speed: 1.1 } : {}
    const exchange = await speak(speed, { codec, upstreamModel: 'm' })

    expect({ body: JSON.parse(exchange.body) as unknown, path: exchange.path, query: exchange.query }).toEqual({
      body,
      path,
      query,
    })
  })

  test('speaks the text that was counted, whatever else it says', async () => {
    const { body } = await speak({ text: 'x'.repeat(999) }, { codec: 'elevenlabs', upstreamModel: 'm' })

    expect(JSON.parse(body)).toMatchObject({ text: 'Hello.' })
  })

  test('in a format that the host has not is refused by its name', async () => {
    for (const format of ['aac', 'constructor'])
      await expect(speak({ response_format: format }, { codec: 'elevenlabs' })).rejects.toMatchObject({
        detail: { param: 'response_format' },
      })
  })

  test('is bounded by whatever its model may read, and asks for one answer', async () => {
    const of = (more: JsonObject) => speechBounds(speechCall(JSON.stringify({ model: 'm', input: 'Hi', ...more })), {})
    const instruction = { systemInstruction: { parts: [{ text: 'z'.repeat(9000) }] } }

    expect(of(instruction).inputTokens).toBeGreaterThan(9000)
    expect(of({ instructions: 'z'.repeat(9000) }).inputTokens).toBeGreaterThan(9000)
    expect(of({ tools: [{ googleSearch: {} }] }).unbounded).toBe('tools')
    const many = { response_format: 'wav', generation_config: { candidateCount: 8, candidate_count: 8, topP: 0.5 } }
    const { body } = await speak(many, { codec: 'gemini', upstreamModel: 'm' })
    expect(body).not.toMatch(/generation_config|candidate/)
    expect(body).toContain('"topP":0.5')
  })

  test('of Gemini becomes a WAV file', async () => {
    const exchange = await speak({ response_format: 'wav' }, { codec: 'gemini', upstreamModel: 'm' })
    const inlineData = { mimeType: 'audio/L16;codec=pcm;rate=24000', data: 'QUJDRA==' }
    const reader = exchange.stream()
    reader.push(
      Buffer.from(
        JSON.stringify({
          candidates: [{ content: { parts: [{ inlineData }] } }],
          usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 50 },
        }),
      ),
    )
    const audio = Buffer.concat(reader.end().bytes)

    expect(audio.toString('latin1', 0, 4) + audio.toString('latin1', 44)).toBe('RIFFABCD')
    expect(audio.readUInt32LE(24)).toBe(24_000)
    expect(reader.seen.usage).toMatchObject({ prompt: 3, completion: 50 })
    await expect(speak({ response_format: 'mp3' }, { codec: 'gemini' })).rejects.toMatchObject({
      detail: { param: 'response_format' },
    })
  })
})

describe('the length of a recording', () => {
  const flac = Buffer.alloc(42)
  flac.write('fLaC')
  flac.writeUIntBE(16_000 << 4, 18, 3)
  flac.writeUInt32BE(48_000, 22)
  const ogg = Buffer.alloc(60)
  ogg.write('OggS')
  ogg.write('OggS', 30)
  ogg.writeBigInt64LE(96_000n, 36)
  const mp4 = Buffer.alloc(80)
  mp4.write('ftyp', 4)
  mp4.write('mvhd', 20)
  mp4.writeUInt32BE(1000, 36)
  mp4.writeUInt32BE(7500, 40)
  const frame = Buffer.alloc(417)
  frame.writeUInt32BE(0xfffb9000)
  const webm = Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0, 0, 0x1f, 0x43, 0xb6, 0x75, 0xff, 0xe7, 0x82, 0x27, 0x10])

  const boasting = wavOf(3)
  boasting.writeUInt32LE(4_000_000_000, 28)
  const behind = Buffer.concat([wavOf(3).subarray(0, 12), Buffer.from('LIST\x05\0\0\0fmt \0\0'), wavOf(3).subarray(12)])
  const packed = wavOf(3)
  packed.writeUInt16LE(17, 20)

  test.each([
    ['wav', wavOf(3), 3],
    ['wav that names many bytes a second, by its samples', boasting, 3],
    ['wav with other chunks before its format', behind, 3 + 14 / 16_000],
    ['wav of packed samples, by its bytes', packed, 120],
    ['flac', flac, 3],
    ['ogg', ogg, 2],
    ['mp4', mp4, 7.5],
    ['mp3, frame by frame', Buffer.concat(Array.from({ length: 100 }, () => frame)), (100 * 1152) / 44_100],
    ['webm, to its last cluster', webm, 43],
    ['anything else, by its bytes', Buffer.alloc(4000), 10],
    ['a header that ends too early, by its bytes', Buffer.from('RIFF0000WAVEfmt '), 0.04],
  ])('is read from %s', (_, file, seconds) => {
    expect(secondsOf(file)).toBeCloseTo(seconds, 6)
  })
})

describe('a transcription', () => {
  test('of two recordings is refused, since one alone was measured', () => {
    const file = { name: 'file', filename: 'a.wav', contentType: 'audio/wav', body: wavOf(1) }
    const parts = [{ name: 'model', body: Buffer.from('ears') }, file, { ...file, body: wavOf(900) }]
    const twice = { ...form(wavOf(1)), bytes: Buffer.concat(printForm(parts, 'XX')) }

    expect(() => transcriptionCall(twice)).toThrow(/'file' is "more than one part".*send a request for each/)
  })

  test.each(['hot', '-1', '2'])('at a temperature of %s is refused', (temperature) => {
    expect(() => transcriptionCall(form(wavOf(1), { temperature }))).toThrow(/'temperature' is/)
  })

  test('of nothing at all is a failure, not an empty text', async () => {
    expect(await heard('', { response_format: 'srt' }, { 'content-type': 'text/plain' })).toMatchObject({
      failure: { kind: 'malformed', mayHaveCost: true },
    })
  })

  test('sends the file as the view that it came as, under the provider’s model, and keeps all else', async () => {
    const input = form(wavOf(1), { 'timestamp_granularities[]': 'word', language: 'en', tags: 'x' })
    const exchange = await transcriptionExchange(transcriptionCall(input), options({ upstreamModel: 'whisper-1' }))
    const boundary = exchange.headers['content-type']?.split('=')[1] ?? ''
    const parts = parseForm(Buffer.concat(exchange.pieces ?? []), boundary)

    expect(parts.map(({ name }) => name)).toEqual(['model', 'timestamp_granularities[]', 'language', 'file'])
    expect(Buffer.from(parts[0]?.body ?? []).toString()).toBe('whisper-1')
    expect(parts[3]).toMatchObject({ filename: 'a.wav', contentType: 'audio/wav' })
    expect(exchange.pieces?.some(({ buffer }) => buffer === input.bytes.buffer)).toBe(true)
  })

  test('without a file, of another kind, or in no form at all is refused by the field', () => {
    const empty = { ...form(Buffer.alloc(0)) }
    const picture = form(Buffer.from('x'), {}, 'image/png')
    const json = { bytes: Buffer.from('{}'), contentType: 'application/json' }
    const param = (of: typeof json) => {
      try {
        transcriptionCall(of)
        return undefined
      } catch (error) {
        return (error as { detail: { param: string } }).detail.param
      }
    }

    expect([param(empty), param(picture), param(json)]).toEqual(['file', 'file', 'content-type'])
  })

  test('is bounded by its seconds', () => {
    expect(boundsOf(transcriptionCall(form(wavOf(3))))).toMatchObject({ units: { audioSeconds: 3 }, outputCap: 2060 })
    const bound = (fields: Record<string, string>, model?: string) =>
      boundsOf(transcriptionCall(form(wavOf(3), fields)), model).unbounded
    expect([
      bound({ summarize: 'v2' }),
      bound({ summarize: 'false' }),
      bound({ diarize: 'true' }, 'scribe_v2'),
    ]).toEqual(['summarize', undefined, undefined])
    expect(bound({ diarize: 'true' }, 'nova-3')).toBe('diarize')
    const voices = { 'known_speaker_references[]': 'z'.repeat(9000) }
    expect(boundsOf(transcriptionCall(form(wavOf(3), voices))).inputTokens).toBeGreaterThan(9000)
  })

  test('is charged by what the reply counts: seconds, tokens, or the length of the file', async () => {
    const tokens = {
      type: 'tokens',
      input_tokens: 20,
      output_tokens: 7,
      input_token_details: { text_tokens: 2, audio_tokens: 18 },
    }

    expect(await heard({ text: 'Hi.', usage: { type: 'duration', seconds: 3 } }, {})).toMatchObject({
      seen: { units: { audioSeconds: 3 } },
    })
    expect(await heard({ text: 'Hi.', duration: 2.5 }, {})).toMatchObject({ seen: { units: { audioSeconds: 2.5 } } })
    expect(await heard({ text: 'Hi.', usage: tokens }, {})).toMatchObject({
      seen: { usage: { prompt: 20, completion: 7, audioInput: 18 } },
    })
    expect(await heard({}, {})).toMatchObject({ failure: { kind: 'malformed' } })
  })

  test.each(['text', 'srt', 'vtt'])('as %s passes as text', async (format) => {
    const reply = await heard(' Hi.\n', { response_format: format }, { 'content-type': 'text/plain; charset=UTF-8' })

    expect(reply).toMatchObject({ body: ' Hi.\n', contentType: 'text/plain; charset=UTF-8' })
  })

  test('that is streamed ends with its last event alone', async () => {
    const reader = (await hear({ stream: 'true' })).stream()
    const first = reader.push(Buffer.from('data: {"type":"transcript.text.delta","delta":"Hi"}\n\n'))

    expect(first).toMatchObject({ content: true, finished: false })
    expect(reader.end().failure).toMatchObject({ kind: 'cut' })
    const whole = (await hear({ stream: 'true' })).stream()
    whole.push(
      Buffer.from(
        'data: {"type":"transcript.text.done","text":"Hi","usage":{"type":"tokens","input_tokens":5,"output_tokens":2}}\n\n',
      ),
    )
    expect(whole.seen.usage).toEqual({ prompt: 5, completion: 2 })
  })

  const word = { word: 'Hi', text: 'Hi', start: 0, end: 0.5 }
  test.each([
    [
      'deepgram',
      { metadata: { duration: 2 }, results: { channels: [{ alternatives: [{ transcript: 'Hi', words: [word] }] }] } },
    ],
    ['elevenlabs', { text: 'Hi', language_code: 'en', audio_duration_secs: 2, words: [word] }],
    ['xai', { text: 'Hi', duration: 2, words: [word] }],
    ['fal', { text: 'Hi', languages: ['en'] }],
    ['sarvam', { transcript: 'Hi', language_code: 'en-IN' }],
  ])('of %s is told in OpenAI’s shape', async (codec, reply) => {
    const json = await heard(reply, {}, {}, codec)
    const verbose = await heard(reply, { response_format: 'verbose_json' }, {}, codec)

    expect('body' in json && JSON.parse(json.body)).toEqual({ text: 'Hi', usage: { type: 'duration', seconds: 2 } })
    expect('body' in verbose && JSON.parse(verbose.body)).toMatchObject({ text: 'Hi', duration: 2 })
    expect(await heard(reply, { response_format: 'text' }, {}, codec)).toMatchObject({ body: 'Hi\n' })
    await expect(hear({ response_format: 'srt' }, { codec })).rejects.toMatchObject({
      detail: { param: 'response_format' },
    })
  })
})
