import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { fromDollars } from '../../lib/core/money.ts'
import type { Exchange } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { type CostReport, toldCost } from '../../lib/dialects/told-cost.ts'
import { costReports } from '../support/cost-reports.ts'

const counts = { prompt_tokens: 12, completion_tokens: 3 }
const table = 0.5

async function listening(report: CostReport, client: 'openai' | 'anthropic' = 'openai'): Promise<Exchange> {
  const told = toldCost(report, () => table)
  const body = { model: 'm', stream: true, max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
  const call = { text: JSON.stringify(body), body, model: 'm', stream: true, includeUsage: true }
  const options = {
    upstreamModel: 'm',
    publicModel: 'm',
    params: {},
    flags: {},
    maxOutputTokens: 100,
    dropParams: false,
    additionalDropParams: [],
    dollars: told.dollars,
    requestId: 'r',
    now: 0,
  }
  return told.watch(await exchange({ client, upstream: 'openai' }, call, options))
}

const whole = (usage: JsonObject): JsonObject => ({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes' }, finish_reason: 'stop' }],
  usage: { ...counts, ...usage },
})

async function costOf(report: CostReport, usage: JsonObject, headers: Record<string, string> = {}) {
  const reply = (await listening(report)).whole(Buffer.from(JSON.stringify(whole(usage))), headers)
  if ('failure' in reply) throw new Error(JSON.stringify(reply.failure))
  return { cost: reply.seen.cost, said: /"cost":([\d.e-]+)/.exec(Buffer.from(reply.body).toString())?.[1] }
}

const { openrouter, litellm_proxy: litellm, xai, perplexity } = costReports

describe('what a reply says it has cost', () => {
  it.each<[string, CostReport, JsonObject, number | 'untrue' | undefined]>([
    ['dollars', openrouter, { cost: 0.00000465 }, 4650],
    ['dollars with the noise of floating point', openrouter, { cost: 0.00000465 + 1e-20 }, 4650],
    ['parts of a nano-dollar, up', openrouter, { cost: 0.0000000012 }, 2],
    ['dollars as text', costReports.vercel_ai_gateway, { cost: '0.0045405' }, 4_540_500],
    ['ticks', xai, { cost_in_usd_ticks: 37_756_000 }, 3_775_600],
    ['a sum of parts', perplexity, { cost: { input_tokens_cost: 0.1, total_cost: 0.006 } }, 6_000_000],
    ['nothing', openrouter, {}, undefined],
    ['a free answer', openrouter, { cost: 0, is_byok: false }, 0],
    ['a zero that may as well be an unknown price', litellm, { cost: 0 }, undefined],
    ['less than nothing', openrouter, { cost: -0.1 }, 'untrue'],
    ['no number', openrouter, { cost: 'NaN' }, 'untrue'],
    ['more than can be', openrouter, { cost: 10_001 }, 'untrue'],
    ['what its host was paid', openrouter, paid(0.002, false, 0.002), 2_000_000],
    ['a fee, and an own key with its host', openrouter, paid(0.95, true, 19), fromDollars(19.95)],
    ['the same before it said so', openrouter, { cost: 0.95, cost_details: { upstream_inference_cost: 19 } }, 19.95e9],
    ['an own key, of which it does not know the bill', openrouter, paid(0, true, null), undefined],
    ['an own key that is said to be free', openrouter, paid(0, true, 0), undefined],
  ])('is read: %s', async (_name, report, usage, cost) => {
    const read = await costOf(report, usage)

    expect(read.cost).toBe(cost)
    expect(Number(read.said)).toBe(typeof cost === 'number' ? cost / 1e9 : table)
  })

  it('is read from a header', async () => {
    expect(await costOf(litellm, {}, { 'x-litellm-response-cost': '0.0031' })).toEqual({
      cost: 3_100_000,
      said: '0.0031',
    })
  })

  it('is kept of a reply that failed', async () => {
    const failed = { error: { message: 'overloaded', code: 502 }, usage: { ...counts, cost: 0.002 } }

    expect((await listening(openrouter)).whole(Buffer.from(JSON.stringify(failed)))).toMatchObject({
      failure: { mayHaveCost: true },
      seen: { cost: 2_000_000 },
    })
  })
})

function paid(cost: number, own: boolean, upstream: number | null): JsonObject {
  return { cost, is_byok: own, cost_details: { upstream_inference_cost: upstream } }
}

const chunk = (delta: JsonObject, finish: string | null, more: JsonObject = {}) => ({
  id: 'c',
  model: 'm',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})

describe('a stream', () => {
  const events = [
    chunk({ role: 'assistant', content: 'The "cost" is ' }, null),
    chunk({ content: '{"usage":{"cost":7}}' }, null, { usage: { ...counts, cost: 0.001 } }),
    chunk({}, 'stop'),
    { ...chunk({}, null), choices: [], usage: { ...counts, cost: 0.00137831 } },
  ]
  const bytes = Buffer.from(
    `${events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('')}data: [DONE]\r\n\r\n`,
  )

  /** Read in these pieces; `said`: what the client is told, in order. */
  async function read(client: 'openai' | 'anthropic', cuts: readonly number[], source = bytes) {
    const reader = (await listening(openrouter, client)).stream()
    const out: Uint8Array[] = []
    let from = 0
    for (const to of [...cuts, source.length]) {
      const step = reader.push(source.subarray(from, to))
      out.push(...step.bytes, ...step.tail)
      from = to
    }
    const last = reader.end()
    const text = Buffer.concat([...out, ...last.bytes, ...last.tail]).toString()
    return { cost: reader.seen.cost, text }
  }

  it.each(['openai', 'anthropic'] as const)(
    'tells the same however its bytes come, to a client of %s',
    async (client) => {
      const at = fc.uniqueArray(fc.nat(bytes.length - 1), { maxLength: 12 })
      const once = await read(client, [])

      expect(once.cost).toBe(1_378_310)
      expect(once.text).toContain('"cost":0.00137831')
      await fc.assert(
        fc.asyncProperty(at, async (cuts) => {
          expect(
            await read(
              client,
              cuts.toSorted((a, b) => a - b),
            ),
          ).toEqual(once)
        }),
      )
    },
  )

  it('tells it where a whole reply comes in its place', async () => {
    const pretty = Buffer.from(JSON.stringify(whole({ cost: 0.25 }), null, 2))

    expect(await read('openai', [1, 20, 40], pretty)).toMatchObject({ cost: fromDollars(0.25) })
  })

  it('is not taken for free where it fails with a cost', async () => {
    const reader = (await listening(openrouter)).stream()
    const error = {
      id: 'c',
      error: { message: 'overloaded', code: 502 },
      choices: [],
      usage: { ...counts, cost: 0.002 },
    }
    const step = reader.push(Buffer.from(`data: ${JSON.stringify(error)}\n\n`))

    expect(step.failure).toMatchObject({ mayHaveCost: true })
    expect(reader.seen.cost).toBe(2_000_000)
  })

  it('tells nothing of an answer that was cut before', async () => {
    const cut = bytes.subarray(0, bytes.indexOf('"finish_reason":"stop"'))

    expect((await read('openai', [], cut)).cost).toBe(1_000_000)
    expect((await read('openai', [], cut.subarray(0, 90))).cost).toBeUndefined()
  })
})
