import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { boundsOf, editsCall, imagesCall } from '../../lib/dialects/images/call.ts'
import { imagesExchange } from '../../lib/dialects/images/index.ts'
import { parseForm, printForm } from '../../lib/wire/multipart.ts'
import { options } from './openai-support.ts'

const bytes = (of: object) => new TextEncoder().encode(JSON.stringify(of))
const call = (more: JsonObject = {}) => imagesCall(JSON.stringify({ model: 'pictures', prompt: 'An otter.', ...more }))
const bound = (more: JsonObject, how: Partial<ExchangeOptions> = {}) => imagesExchange(call(more), options(how))
const sent = async (codec: string | undefined, more: JsonObject, how: Partial<ExchangeOptions> = {}) =>
  JSON.parse((await bound(more, { upstreamModel: 'm', ...(codec && { codec }), ...how })).body) as JsonObject
const read = async (codec: string | undefined, reply: object, more: JsonObject = {}) => {
  const whole = (await bound(more, codec ? { codec } : {})).whole(bytes(reply))
  return 'failure' in whole
    ? whole
    : { seen: whole.seen, data: (JSON.parse(Buffer.from(whole.body).toString()) as { data: object[] }).data }
}

const form = (parts: [name: string, value: string, filename?: string, type?: string][]) => ({
  bytes: Buffer.concat(
    printForm(
      parts.map(([name, value, filename, contentType]) => ({
        name,
        body: Buffer.from(value),
        ...(filename && { filename }),
        ...(contentType && { contentType }),
      })),
      'XX',
    ),
  ),
  contentType: 'multipart/form-data; boundary=XX',
})
const edit = (...more: [string, string][]) =>
  editsCall(
    form([
      ['model', 'pictures'],
      ['prompt', 'Add a hat.'],
      ['image[]', 'PNG1', 'a.png', 'image/png'],
      ['mask', 'M', 'm.png'],
      ...more,
    ]),
  )

describe('a request for pictures', () => {
  test.each([
    ['{"model":"m"}', 'prompt'],
    ['{"prompt":"x"}', 'model'],
    ['{"model":"m","prompt":"x","n":0}', 'n'],
    ['{"model":"m","prompt":"x","n":"2"}', 'n'],
    ['{"model":"m","prompt":"x","size":5}', 'size'],
  ])('%s is refused by its field %s', (text, param) => {
    expect(() => imagesCall(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({ param }) as unknown,
      }) as Error,
    )
  })

  test('is bounded by its number of pictures, at the size and quality it asks for', () => {
    expect(boundsOf(call({ n: 3, size: '1024x1792', quality: 'hd' }), {}, 'dall-e-3')).toMatchObject({
      choices: 3,
      units: { images: 3, imageKind: 'hd/1024x1792' },
    })
    expect(boundsOf(call({ n: 2 }), {}, 'gpt-image-1')).toMatchObject({ choices: 2, outputCap: 6240 })
    expect(boundsOf(call({ quality: 'low' }), {}, 'gpt-image-1').outputCap).toBe(408)
    // US$0.211 and 0.053 for a square megapixel, at US$30 a million tokens.
    for (const [quality, dollars] of [
      ['high', 0.211],
      ['medium', 0.053],
    ] as const)
      expect(boundsOf(call({ quality, size: '1024x1024' }), {}, 'gpt-image-2').outputCap).toBeGreaterThan(
        dollars / 3e-5,
      )
    expect(boundsOf(call({ quality: 'constructor' }), {}, 'gpt-image-1').outputCap).toBe(6240)
    expect(boundsOf(edit(['stream', 'true'], ['partial_images', 'x']), {}, 'gpt-image-1').outputCap).toBe(6240)
    expect(boundsOf(call({ stream: true, partial_images: 2 }), {}, 'gpt-image-1').outputCap).toBe(6440)
    expect(boundsOf(call({ max_images: 15 }), {}, 'x').units).toMatchObject({ images: 15 })
    expect(boundsOf(call({ n: 2, num_outputs: 4 }), {}, 'x')).toMatchObject({ choices: 4, units: { images: 4 } })
    expect(boundsOf(call(), { n: 4 }, 'x').units).toEqual({ images: 4, imageKind: 'standard/1024x1024' })
  })

  test('to OpenAI’s newest leaves out how to answer, which they refuse', async () => {
    const request = { response_format: 'b64_json', size: '1024x1024' }

    expect(await sent(undefined, request, { upstreamModel: 'gpt-image-1' })).toEqual({
      model: 'gpt-image-1',
      prompt: 'An otter.',
      size: '1024x1024',
    })
    expect(await sent(undefined, request, { upstreamModel: 'dall-e-3' })).toMatchObject(request)
  })

  test.each([
    [
      'together',
      { n: 2, size: '512x768' },
      { model: 'm', prompt: 'An otter.', n: 2, width: 512, height: 768, response_format: 'base64' },
    ],
    [
      'xai',
      { size: '1792x1024' },
      { model: 'm', prompt: 'An otter.', n: 1, response_format: 'b64_json', aspect_ratio: '16:9' },
    ],
    ['deepinfra', { size: '512x512' }, { prompt: 'An otter.', num_images: 1, width: 512, height: 512 }],
    ['fireworks', { size: '1024x1024' }, { prompt: 'An otter.', aspect_ratio: '1:1' }],
    ['fal', { response_format: 'url', n: 2 }, { prompt: 'An otter.', num_images: 2 }],
    [
      'bedrock',
      { n: 2, size: '1024x1024', quality: 'hd', seed: 5 },
      {
        taskType: 'TEXT_IMAGE',
        textToImageParams: { text: 'An otter.' },
        imageGenerationConfig: { numberOfImages: 2, quality: 'premium', width: 1024, height: 1024 },
        seed: 5,
      },
    ],
    [
      'gemini',
      { size: '1024x1536' },
      {
        contents: [{ role: 'user', parts: [{ text: 'An otter.' }] }],
        generationConfig: { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '2:3' } },
      },
    ],
  ])('is written for %s', async (codec, more, body) => {
    expect(await sent(codec, more)).toEqual(body)
  })

  test('to Google’s other kind of model is a prediction, of as many pictures as were counted', async () => {
    const how = { codec: 'gemini', upstreamModel: 'imagen-4.0-generate-001' }
    const more = { n: 3, size: '1792x1024', output_format: 'jpeg', output_compression: 80, seed: 7, sampleCount: 8 }
    const exchange = await bound(more, how)

    expect(exchange.path).toEqual({ method: 'predict' })
    expect(JSON.parse(exchange.body)).toEqual({
      instances: [{ prompt: 'An otter.' }],
      parameters: {
        aspectRatio: '16:9',
        includeRaiReason: true,
        outputOptions: { mimeType: 'image/jpeg', compressionQuality: 80 },
        sampleCount: 3,
        seed: 7,
      },
    })
    expect(await sent('gemini', {}, how)).toMatchObject({ parameters: { sampleCount: 1 } })
    expect((await bound({}, { codec: 'gemini', upstreamModel: 'gemini-2.5-flash-image' })).path).toEqual({
      method: 'generateContent',
    })
    await expect(sent('gemini', { quality: 'hd' }, how)).rejects.toMatchObject({ detail: { param: 'quality' } })
    await expect(sent('gemini', { storageUri: 'gs://x' }, how)).rejects.toMatchObject({
      detail: { param: 'storageUri' },
    })
  })

  test('asks for as many pictures as were counted, whatever else it says', async () => {
    expect(await sent('fal', { num_images: 9 })).toMatchObject({ num_images: 1 })
    expect(await sent('bedrock', { imageGenerationConfig: { numberOfImages: 9 } })).toMatchObject({
      imageGenerationConfig: { numberOfImages: 1 },
    })
    expect(await sent('gemini', { generationConfig: { candidateCount: 9, topP: 0.5 } })).toMatchObject({
      generationConfig: { topP: 0.5, responseModalities: ['IMAGE'] },
    })
    expect(JSON.stringify(await sent('gemini', { generationConfig: { candidateCount: 9 } }))).not.toContain('9')
    const snake = { generation_config: { candidate_count: 9, topP: 0.5 }, generationConfig: { candidate_count: 9 } }
    expect(await sent('gemini', snake)).toEqual({
      contents: [{ role: 'user', parts: [{ text: expect.any(String) as string }] }],
      generationConfig: { topP: 0.5, responseModalities: ['IMAGE'] },
    })
  })

  test('is bounded by whatever else it says, and by nothing where that has its provider search or read on', () => {
    const instruction = { systemInstruction: { parts: [{ text: 'z'.repeat(9000) }] } }

    expect(boundsOf(call(instruction), {}, 'x').inputTokens).toBeGreaterThan(9000)
    expect(boundsOf(edit(['prompt', 'z'.repeat(9000)]), {}, 'x').inputTokens).toBeGreaterThan(16_000 + 9000)
    expect(boundsOf(call({ tools: [{ googleSearch: {} }] }), {}, 'x').unbounded).toBe('tools')
    expect(boundsOf(call({ cached_content: 'c' }), {}, 'x').unbounded).toBe('cached_content')
    expect(boundsOf(call({ tools: [] }), {}, 'x').unbounded).toBeUndefined()
    expect(boundsOf(call({ options: { max_images: 9 } }), {}, 'x').choices).toBe(9)
    expect(boundsOf(call({ sequential_image_generation: 'auto' }), {}, 'x').choices).toBe(15)
  })

  test.each([
    ['gemini', { n: 2 }, 'n'],
    ['fireworks', { n: 2 }, 'n'],
    ['gemini', { stream: true }, 'stream'],
    ['together', { background: 'transparent' }, 'background'],
    ['bfl', { n: 2 }, 'n'],
  ])('%s refuses %j by its name', async (codec, more, param) => {
    await expect(sent(codec, more)).rejects.toMatchObject({ code: 'unsupported_parameter', detail: { param } })
  })
})

describe('pictures', () => {
  test.each([
    ['together', { data: [{ b64_json: 'QQ==' }] }],
    ['fireworks', { base64: ['QQ=='] }],
    ['deepinfra', { images: ['data:image/png;base64,QQ=='] }],
    ['hyperbolic', { images: [{ image: 'QQ==' }] }],
    ['cloudflare', { result: { image: 'QQ==' }, success: true }],
    ['stability', { image: 'QQ==', finish_reason: 'SUCCESS' }],
    ['bedrock', { images: ['QQ=='] }],
    [
      'gemini',
      {
        candidates: [
          { content: { parts: [{ text: 'Here.' }, { inlineData: { mimeType: 'image/png', data: 'QQ==' } }] } },
        ],
      },
    ],
    ['fal', { images: [{ url: 'data:image/jpeg;base64,QQ==' }] }],
    ['replicate', { status: 'succeeded', output: ['data:image/png;base64,QQ=='] }],
    ['bfl', { status: 'Ready', result: { sample: 'data:image/png;base64,QQ==' } }],
  ])('of %s come as base64, and as a data URL where an address is wanted', async (codec, reply) => {
    expect(await read(codec, reply)).toMatchObject({ data: [{ b64_json: 'QQ==' }], seen: { units: { images: 1 } } })
    expect(await read(codec, reply, { response_format: 'url' })).toMatchObject({
      data: [{ url: 'data:image/png;base64,QQ==' }],
    })
  })

  test('of OpenAI are counted in tokens, pictures apart from texts', async () => {
    const usage = {
      input_tokens: 50,
      output_tokens: 4160,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      output_tokens_details: { image_tokens: 4160, text_tokens: 0 },
    }

    expect(
      await read(undefined, { data: [{ b64_json: 'QQ==' }], usage, quality: 'high', size: '1024x1024' }),
    ).toMatchObject({
      seen: {
        usage: { prompt: 50, completion: 4160, imageInput: 40, imageOutput: 4160 },
        units: { images: 1, imageKind: 'high/1024x1024' },
      },
    })
  })

  test('of a prediction come as base64; those that were filtered are no pictures', async () => {
    const how = { codec: 'gemini', upstreamModel: 'imagen-4.0-generate-001' }
    const whole = async (predictions: object[]) => (await bound({ n: 2 }, how)).whole(bytes({ predictions }))
    const picture = { mimeType: 'image/png', bytesBase64Encoded: 'QQ==' }
    const filtered = { raiFilteredReason: 'The prompt could not be submitted.' }

    expect(await whole([picture, filtered])).toMatchObject({ seen: { units: { images: 1 } } })
    expect(await whole([filtered])).toMatchObject({
      failure: { kind: 'content_policy', message: expect.stringContaining('could not be submitted') as string },
    })
    expect(await whole([])).toMatchObject({ failure: { kind: 'malformed' } })
  })

  test('that are missing or refused are failures', async () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' } }

    expect(await read(undefined, { data: [] })).toMatchObject({ failure: { kind: 'malformed' } })
    expect(await read('bedrock', { images: [], finish_reasons: ['Filter reason: prompt'] })).toMatchObject({
      failure: { kind: 'content_policy' },
    })
    expect(await read('gemini', blocked)).toMatchObject({ failure: { kind: 'content_policy' } })
  })

  test('that are streamed pass as they came, and end with the last of them', async () => {
    const events = [
      'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"QQ=="}\n\n',
      'event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"QUI=","usage":{"input_tokens":9,"output_tokens":100}}\n\n',
    ]
    const reader = (await bound({ stream: true })).stream()
    const step = reader.push(Buffer.from(events.join('')))

    expect(Buffer.concat([...step.bytes, ...step.tail]).toString()).toBe(events.join(''))
    expect(step).toMatchObject({ content: true, finished: true })
    expect(reader.seen.usage).toEqual({ prompt: 9, completion: 100 })
  })

  test('that break off are never whole', async () => {
    const reader = (await bound({ stream: true })).stream()
    reader.push(Buffer.from('data: {"type":"image_generation.partial_image","b64_json":"QQ=="}\n\n'))

    expect(reader.end().failure).toMatchObject({ kind: 'cut' })
  })
})

describe('pictures to edit', () => {
  test('travel as the views they came as, under the provider’s model', async () => {
    const { pieces = [], headers } = await imagesExchange(
      edit(['tags', 'secret']),
      options({ upstreamModel: 'gpt-image-1' }),
    )
    const boundary = headers['content-type']?.split('=')[1] ?? ''
    const parts = parseForm(Buffer.concat(pieces), boundary)

    expect(parts.map(({ name, body }) => [name, Buffer.from(body).toString()])).toEqual([
      ['model', 'gpt-image-1'],
      ['prompt', 'Add a hat.'],
      ['image[]', 'PNG1'],
      ['mask', 'M'],
    ])
    expect(parts[2]).toMatchObject({ filename: 'a.png', contentType: 'image/png' })
  })

  test('are references of a prediction, and a mask is refused', async () => {
    const how = options({ codec: 'gemini', upstreamModel: 'imagen-3.0-capability-001' })
    const one = editsCall(
      form([
        ['model', 'pictures'],
        ['prompt', 'Add a hat.'],
        ['image', 'PNG1', 'a.png', 'image/png'],
      ]),
    )

    expect(JSON.parse((await imagesExchange(one, how)).body)).toMatchObject({
      instances: [
        {
          prompt: 'Add a hat.',
          referenceImages: [
            {
              referenceType: 'REFERENCE_TYPE_RAW',
              referenceId: 1,
              referenceImage: { bytesBase64Encoded: Buffer.from('PNG1').toString('base64') },
            },
          ],
        },
      ],
      parameters: { editMode: 'EDIT_MODE_DEFAULT', sampleCount: 1 },
    })
    await expect(imagesExchange(edit(), how)).rejects.toMatchObject({ detail: { param: 'mask' } })
  })

  test.each([
    [[['model', 'm']], 'image'],
    [
      [
        ['model', 'm'],
        ['image', '', 'a.png'],
      ],
      'image',
    ],
    [[['image', 'x', 'a.png']], 'model'],
    [
      [
        ['model', 'm'],
        ['image', 'x', 'a.txt', 'text/plain'],
      ],
      'image',
    ],
    [
      [
        ['model', 'm'],
        ['image', 'x', 'a.png'],
        ['n', 'many'],
      ],
      'n',
    ],
  ] as [[string, string][], string][])('in %j are refused by %s', (parts, param) => {
    expect(() => editsCall(form(parts))).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({ param }) as unknown,
      }) as Error,
    )
  })

  test('that are no form are refused by the header', () => {
    expect(() => editsCall({ bytes: Buffer.from('{}'), contentType: 'application/json' })).toThrow(/content-type/)
    expect(() => editsCall({ bytes: Buffer.from('--YY'), contentType: 'multipart/form-data; boundary=XX' })).toThrow(
      /not a multipart form/,
    )
  })

  test('count in the bound, each with its tokens', () => {
    expect(boundsOf(edit(['n', '2']), {}, 'gpt-image-1')).toMatchObject({ choices: 2, outputCap: 6240 })
    expect(boundsOf(edit(), {}, 'gpt-image-1').inputTokens).toBeGreaterThan(16_000)
  })
})
