import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import type { FetchMedia } from '../../lib/core/ports.ts'
import type { DialectName, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'

const address = 'https://pictures.example/sun.png'
const image = (url = address): JsonObject => ({ type: 'image_url', image_url: { url } })
const file: JsonObject = { type: 'file', file: { file_id: 'https://files.example/a.pdf' } }
const asking = (...content: JsonObject[]): JsonObject => ({
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user', content }],
})

const png = { mediaType: 'image/png', base64: 'iVBORw0KGgo=' }
const pdf = { mediaType: 'application/pdf', base64: 'JVBERi0=' }

function host(upstream: DialectName, options: Partial<ExchangeOptions> = {}) {
  const asked: string[] = []
  const fetchMedia: FetchMedia = async (url) => {
    asked.push(url)
    return url.includes('gone') ? { refused: 'its host answered 404' } : url.endsWith('pdf') ? pdf : png
  }
  const sent = async (body: JsonObject) =>
    (await exchange({ client: 'openai', upstream }, callOf(body), exchangeOptions({ fetchMedia, ...options }))).body
  return { asked, sent }
}

const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

describe('addresses in a request', () => {
  test.each<[string, DialectName, Partial<ExchangeOptions>]>([
    ['Converse', 'converse', { upstreamModel: claude }],
    ['Ollama', 'ollama', { upstreamModel: 'llava' }],
    ['an older Gemini', 'gemini', { upstreamModel: 'gemini-2.0-flash' }],
    ['the messages API of a cloud', 'anthropic', { flags: { anthropicVersion: 'vertex-2023-10-16' } }],
    ['a host of the chat API that reads none', 'openai', { flags: { imageBytes: true } }],
  ])('become bytes for %s', async (_, upstream, options) => {
    const { asked, sent } = host(upstream, options)

    const body = await sent(asking({ type: 'text', text: 'What is it?' }, image(), image()))

    expect(asked).toEqual([address])
    expect(body.split(png.base64)).toHaveLength(3)
    expect(body).not.toContain('pictures.example')
  })

  test('of messages that pass to a cloud become bytes, and nothing else changes', async () => {
    const block = (type: string): JsonObject => ({ type, source: { type: 'url', url: address } })
    const text = JSON.stringify({
      model: 'm',
      max_tokens: 9,
      messages: [
        {
          role: 'user',
          content: [block('image'), { type: 'tool_result', tool_use_id: 'a', content: [block('image')] }],
        },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'b', name: 'look', input: { n: 7 } }] },
      ],
    }).replace('7', '12345678901234567890')
    const call = { ...callOf(JSON.parse(text) as JsonObject), text }
    const fetchMedia: FetchMedia = async () => png
    const options = exchangeOptions({ fetchMedia, flags: { anthropicVersion: 'vertex-2023-10-16' } })

    const { body } = await exchange({ client: 'anthropic', upstream: 'anthropic' }, call, options)

    const source = { type: 'base64', media_type: 'image/png', data: png.base64 }
    expect(JSON.parse(body)).toMatchObject({
      messages: [{ content: [{ source }, { content: [{ type: 'image', source }] }] }, { role: 'assistant' }],
    })
    expect(body).toContain('"n":12345678901234567890')
  })

  test('of a chat request that passes to such a host become bytes, and nothing else changes', async () => {
    const content = [
      { type: 'image_url', image_url: { url: address, detail: 'low' } },
      { type: 'image_url', image_url: address },
    ]
    const text = JSON.stringify({ model: 'm', seed: 7, messages: [{ role: 'user', content }] })
    const exact = text.replace('7', '12345678901234567890')
    const call = { ...callOf(JSON.parse(text) as JsonObject), text: exact }
    const options = exchangeOptions({ fetchMedia: async () => png, flags: { imageBytes: true }, upstreamModel: 'm' })

    const { body } = await exchange({ client: 'openai', upstream: 'openai' }, call, options)

    const url = `data:image/png;base64,${png.base64}`
    expect(JSON.parse(body)).toMatchObject({
      messages: [{ content: [{ image_url: { url, detail: 'low' } }, { image_url: { url } }] }],
    })
    expect(body).toContain('"seed":12345678901234567890')
  })

  test('of a chat request become bytes for a host that reads none, whoever asks', async () => {
    const body = asking({ type: 'image', source: { type: 'url', url: address } })
    const options = exchangeOptions({ fetchMedia: async () => png, flags: { imageBytes: true } })

    const { body: sent } = await exchange({ client: 'anthropic', upstream: 'openai' }, callOf(body), options)

    expect(sent).toContain(`data:image/png;base64,${png.base64}`)
    expect(sent).not.toContain('pictures.example')
  })

  test('of files become bytes, too', async () => {
    const { sent } = host('converse', { upstreamModel: claude })

    expect(JSON.parse(await sent(asking({ type: 'text', text: 'x' }, file)))).toMatchObject({
      messages: [{ content: [{ text: 'x' }, { document: { format: 'pdf', source: { bytes: pdf.base64 } } }] }],
    })
  })

  test('of files become bytes for hosts of the chat API, which has no place for their addresses', async () => {
    const block = (type: string, url: string): JsonObject => ({ type, source: { type: 'url', url } })
    const body = asking(block('document', 'https://files.example/a.pdf'), block('image', address))
    const options = exchangeOptions({ fetchMedia: async () => pdf })

    const { body: sent } = await exchange({ client: 'anthropic', upstream: 'openai' }, callOf(body), options)

    expect(JSON.parse(sent)).toMatchObject({
      messages: [{ content: [{ file: { file_data: `data:application/pdf;base64,${pdf.base64}` } }, image()] }],
    })
  })

  test.each<[string, DialectName, Partial<ExchangeOptions>]>([
    ['the messages API', 'anthropic', {}],
    ['a Gemini that does', 'gemini', { upstreamModel: 'gemini-2.5-flash' }],
    ['the responses API', 'responses', { upstreamModel: 'gpt-5' }],
    ['a host of the chat API', 'openai', {}],
  ])('stay for %s, which reads them itself', async (_, upstream, options) => {
    const { asked, sent } = host(upstream, options)

    expect(await sent(asking(image()))).toContain(address)
    expect(asked).toEqual([])
  })

  test('in what is only said are nobody’s business', async () => {
    const { asked, sent } = host('converse', { upstreamModel: claude })

    await sent(asking({ type: 'text', text: address }, image('data:image/png;base64,iVBORw0KGgo=')))

    expect(asked).toEqual([])
  })

  test.each<[string, JsonObject[], string]>([
    ['lead to nothing', [{ type: 'text', text: 'x' }, image('https://pictures.example/gone')], 'its host answered 404'],
    [
      'lead to a document where an image is meant',
      [{ type: 'text', text: 'x' }, image('https://files.example/a.pdf')],
      'no image',
    ],
    [
      'are too many',
      [{ type: 'text', text: 'x' }, ...Array.from({ length: 17 }, (_, at) => image(`${address}?${at}`))],
      'too many',
    ],
  ])('that %s are refused by their place', async (_, content, why) => {
    const { sent } = host('converse', { upstreamModel: claude })

    await expect(sent(asking(...content))).rejects.toMatchObject({
      code: 'invalid_request',
      detail: { param: 'messages[0].content[1]', message: expect.stringContaining(why) as string },
    })
  })
})
