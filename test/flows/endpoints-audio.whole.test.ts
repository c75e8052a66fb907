import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { printForm } from '../../lib/wire/multipart.ts'
import { behindHost } from '../support/behind-host.ts'
import { deployment } from '../support/configuration.ts'
import { dollars } from '../support/machine.ts'

const free = { input: 0, output: 0, source: 'test' }
const perToken = { input: 1_000_000, output: 1_000_000, source: 'test' }
const served = (group: string, over: Partial<Deployment> = {}) =>
  deployment({ group, model: group, id: `id-${group}`, ...over })

const scene = behindHost('/v1', () => [
  served('voice', { units: { character: 1_000_000, source: 'test' } }),
  served('gpt-4o-mini-tts', { price: perToken, maxOutputTokens: 1000 }),
  served('ears', { units: { audioHour: 3600_000, audioSecondsLeast: 10, source: 'test' } }),
  served('token-ears', { price: perToken }),
  served('order', { provider: 'litellm_proxy', units: { searchUnit: dollars(0.002), source: 'test' } }),
  served('guard', { price: free }),
  served('old', { price: perToken, maxOutputTokens: 100 }),
])

const keyed = async (limit?: number) => (await scene.machine.makeKey(limit === undefined ? {} : { limit })).plain
const ask = async (path: string, json: object, limit: number | undefined = dollars(1)) => {
  const call = { path, key: await keyed(limit), json }
  return scene.machine.call(call)
}
const voiced = { model: 'voice', input: 'x'.repeat(50), voice: 'alloy' }

function recording(seconds: number): Buffer {
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
const hear = async (seconds: number, fields: Record<string, string> = {}, limit = dollars(1)) => {
  const texts = Object.entries({ model: 'ears', ...fields }).map(([name, value]) => ({
    name,
    body: Buffer.from(value),
  }))
  const file = { name: 'file', filename: 'a.wav', contentType: 'audio/wav', body: recording(seconds) }
  const call = {
    path: '/v1/audio/transcriptions',
    key: await keyed(limit),
    headers: { 'content-type': 'multipart/form-data; boundary=XX' },
    body: Buffer.concat(printForm([...texts, file], 'XX')),
  }
  return scene.machine.call(call)
}

describe('speech', () => {
  it('passes as audio and costs its characters, exactly', async () => {
    scene.answer = { type: 'audio/mpeg', chunks: ['ID3', 'audio'] }

    const reply = await ask('/v1/audio/speech', voiced)

    expect(reply).toMatchObject({ status: 200, text: 'ID3audio', headers: { 'content-type': 'audio/mpeg' } })
    expect(scene.machine.spends()).toMatchObject([
      { call_type: 'speech', cost: 50_000, estimated: false, units: { characters: 50 }, holds: [{ amount: 50_000 }] },
    ])
  })

  it('that breaks off breaks off for the client, too, and is paid for', async () => {
    scene.answer = { type: 'audio/mpeg', chunks: ['ID3', 'audio'], cut: true }

    await expect(ask('/v1/audio/speech', voiced)).rejects.toThrow()
    await expect.poll(() => scene.machine.spends()).toMatchObject([{ outcome: 'partial', cost: 50_000 }])
  })

  it('that is refused for its budget is never sent', async () => {
    expect(await ask('/v1/audio/speech', voiced, 49_000)).toMatchObject({ status: 429 })
    expect(scene.host.asked).toEqual([])
  })

  it('that is sold by tokens is held to the largest answer and charged as its events count', async () => {
    scene.answer = {
      type: 'text/event-stream',
      chunks: [
        'data: {"type":"speech.audio.delta","audio":"QUI="}\n\n',
        'data: {"type":"speech.audio.done","usage":{"input_tokens":20,"output_tokens":300}}\n\n',
      ],
    }

    const reply = await ask('/v1/audio/speech', { ...voiced, model: 'gpt-4o-mini-tts' })

    expect(reply).toMatchObject({ text: 'AB', headers: { 'content-type': 'audio/mpeg' } })
    expect(scene.machine.spends()).toMatchObject([{ cost: 320_000, estimated: false }])
    expect(scene.machine.spends()[0]?.holds[0]?.amount).toBeGreaterThanOrEqual(1_000_000)
  })
})

describe('a transcription', () => {
  it('is held for the length of the file, and charged for what the reply counts, at the least that is sold', async () => {
    scene.answer = { body: { text: 'Hi.', usage: { type: 'duration', seconds: 30 } } }
    await hear(40)
    scene.answer = { body: { text: 'Hi.' } }
    await hear(2)

    expect(scene.machine.spends()).toMatchObject([
      { call_type: 'transcriptions', cost: 30_000, estimated: false, holds: [{ amount: 40_000 }] },
      { cost: 10_000, units: { audioSeconds: 2 } },
    ])
    expect(scene.host.last()?.headers['content-length']).toBe(String(scene.host.last()?.bytes.length))
  })

  it('in tokens is held and charged by them', async () => {
    scene.answer = { body: { text: 'Hi.', usage: { type: 'tokens', input_tokens: 100, output_tokens: 20 } } }

    await hear(10, { model: 'token-ears' })

    expect(scene.machine.spends()).toMatchObject([{ cost: 120_000, usage: { prompt: 100, completion: 20 } }])
    expect(scene.machine.spends()[0]?.holds[0]?.amount).toBeGreaterThan(120_000)
  })

  it('as text comes as text', async () => {
    scene.answer = { type: 'text/plain; charset=UTF-8', body: ' Hi.' }

    expect(await hear(20, { response_format: 'text' })).toMatchObject({
      text: ' Hi.',
      headers: { 'content-type': 'text/plain; charset=UTF-8' },
    })
  })

  it('without a file is refused by its field', async () => {
    const call = {
      path: '/v1/audio/transcriptions',
      key: await keyed(),
      headers: { 'content-type': 'multipart/form-data; boundary=XX' },
      body: Buffer.concat(printForm([{ name: 'model', body: Buffer.from('ears') }], 'XX')),
    }

    expect((await scene.machine.call(call)).json().error).toMatchObject({
      param: 'file',
      type: 'invalid_request_error',
    })
  })
})

describe('the others', () => {
  it.each(['/rerank', '/v1/rerank', '/v2/rerank'])('POST %s costs its searches', async (path) => {
    const results = [{ index: 0, relevance_score: 0.5 }]
    scene.answer = { body: { results, meta: { billed_units: { search_units: 1 } } } }

    const reply = await ask(path, { model: 'order', query: 'q', documents: ['a'] })

    expect(reply.json()).toMatchObject({ results })
    expect(scene.machine.spends()).toMatchObject([
      { call_type: 'rerank', cost: dollars(0.002), units: { searchUnits: 1 } },
    ])
  })

  it('moderation that is free needs no budget', async () => {
    scene.answer = { body: { results: [{ flagged: false }] } }

    expect(await ask('/v1/moderations', { model: 'guard', input: 'x' }, 0)).toMatchObject({ status: 200 })
    expect(scene.machine.spends()).toMatchObject([{ call_type: 'moderations', cost: 0, holds: [] }])
  })

  it('a completion is clamped to its budget and its stream charged by its usage', async () => {
    const chunk = { choices: [{ index: 0, text: ' upon', finish_reason: 'stop' }] }
    const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }
    scene.answer = {
      type: 'text/event-stream',
      chunks: [`data: ${JSON.stringify(chunk)}\n\n`, `data: ${JSON.stringify(usage)}\n\n`, 'data: [DONE]\n\n'],
    }

    const reply = await ask('/v1/completions', { model: 'old', prompt: 'Once', stream: true, max_tokens: 90 })

    expect(reply.text).toContain(' upon')
    expect(scene.host.last()?.json).toMatchObject({ max_tokens: 90, stream_options: { include_usage: true } })
    expect(scene.machine.spends()).toMatchObject([{ call_type: 'completions', cost: 7000, outcome: 'completed' }])
  })
})
