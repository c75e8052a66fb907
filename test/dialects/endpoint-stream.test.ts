import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { speechCall } from '../../lib/dialects/audio/speech-call.ts'
import { speechExchange } from '../../lib/dialects/audio/speech.ts'
import { transcriptionCall } from '../../lib/dialects/audio/transcription-call.ts'
import { transcriptionExchange } from '../../lib/dialects/audio/transcription.ts'
import { completionsCall, completionsExchange } from '../../lib/dialects/completions/index.ts'
import type { Exchange } from '../../lib/dialects/dialect.ts'
import { imagesCall } from '../../lib/dialects/images/call.ts'
import { imagesExchange } from '../../lib/dialects/images/index.ts'
import { printForm } from '../../lib/wire/multipart.ts'
import { options } from './openai-support.ts'

const event = (json: object) => `data: ${JSON.stringify(json)}\n\n`
const hear = () =>
  transcriptionExchange(
    transcriptionCall({
      bytes: Buffer.concat(
        printForm(
          [
            { name: 'model', body: Buffer.from('m') },
            { name: 'stream', body: Buffer.from('true') },
            { name: 'file', filename: 'a.wav', body: Buffer.alloc(800) },
          ],
          'XX',
        ),
      ),
      contentType: 'multipart/form-data; boundary=XX',
    }),
    options(),
  )

const cases: [name: string, bind: () => Promise<Exchange> | Exchange, text: string, usage: object][] = [
  [
    'pictures',
    () => imagesExchange(imagesCall('{"model":"m","prompt":"p","stream":true}'), options()),
    event({ type: 'image_generation.partial_image', b64_json: 'Ä' }) +
      event({ type: 'image_generation.completed', b64_json: 'QQ', usage: { input_tokens: 1, output_tokens: 2 } }),
    { prompt: 1, completion: 2 },
  ],
  [
    'transcripts',
    hear,
    event({ type: 'transcript.text.delta', delta: 'Grüße' }) +
      event({ type: 'transcript.text.done', text: 'Grüße', usage: { input_tokens: 1, output_tokens: 2 } }),
    { prompt: 1, completion: 2 },
  ],
  [
    'speech in events',
    () => speechExchange(speechCall('{"model":"m","input":"p","stream_format":"sse"}'), options()),
    event({ type: 'speech.audio.delta', audio: 'QQ==' }) +
      event({ type: 'speech.audio.done', usage: { input_tokens: 1, output_tokens: 2 } }),
    { prompt: 1, completion: 2 },
  ],
  [
    'completions',
    () =>
      completionsExchange(
        completionsCall('{"model":"m","prompt":"p","stream":true,"stream_options":{"include_usage":true}}'),
        options(),
      ),
    event({ choices: [{ text: 'Grüße' }] }) +
      event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }) +
      'data: [DONE]\n\n',
    { prompt: 1, completion: 2 },
  ],
]

describe.each(cases)('a stream of %s', (_name, bind, text, usage) => {
  const bytes = Buffer.from(text)

  test('is the same however its bytes are split, and tells its usage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const reader = (await bind()).stream()
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const steps = at.slice(1).map((end, n) => reader.push(bytes.subarray(at[n], end)))

        expect(Buffer.concat(steps.flatMap((step) => [...step.bytes, ...step.tail])).toString()).toBe(text)
        expect(steps.some(({ finished }) => finished)).toBe(true)
        expect(reader.seen.usage).toEqual(usage)
      }),
      { numRuns: 30 },
    )
  })

  test('that is cut at any byte before its last event is never whole', async () => {
    const last = text.lastIndexOf('data: ')
    for (let end = 0; end <= Buffer.byteLength(text.slice(0, last)); end++) {
      const reader = (await bind()).stream()
      const failures = [reader.push(bytes.subarray(0, end)).failure, reader.end().failure]

      expect(failures.some(Boolean)).toBe(true)
    }
  })
})

describe('a model that does not stream', () => {
  test('answers whole, whatever it was asked', async () => {
    const reader = (await hear()).stream()
    reader.open?.({ 'content-type': 'application/json' })
    reader.push(Buffer.from('{"text":"Hi.",'))
    reader.push(Buffer.from('"usage":{"type":"duration","seconds":4}}'))
    const step = reader.end()

    expect(Buffer.concat(step.bytes).toString()).toBe('{"text":"Hi.","usage":{"type":"duration","seconds":4}}')
    expect(reader).toMatchObject({
      headers: { 'content-type': 'application/json' },
      seen: { units: { audioSeconds: 4 } },
    })
  })

  test('and breaks off is a failure', async () => {
    const reader = (await hear()).stream()
    reader.open?.({ 'content-type': 'application/json' })
    reader.push(Buffer.from('{"text":"Hi."'))

    expect(reader.end().failure).toMatchObject({ kind: 'malformed' })
  })
})
