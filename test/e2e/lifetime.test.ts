import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { type Account, sqsEvent, startAccount } from './account.ts'
import { eventually } from './eventually.ts'
import type { RunningFunction } from './front.ts'
import { type Line, startLine } from './line.ts'

const masterKey = 'sk-master-of-the-loopback'

const configFor = (upstream: string) => `
model_list:
  - model_name: "*"
    litellm_params:
      model: openai/*
      api_base: ${upstream}/v1
      api_key: sk-up
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.001
litellm_settings:
  num_retries: 0
`

describe("a function's lifetime", () => {
  let upstream: ScriptedUpstream
  let account: Account
  let admin: RunningFunction
  let spend: RunningFunction
  let lines: { upstream: Line; table: Line }
  let tableUrl = ''

  beforeAll(async () => {
    upstream = await startUpstream()
    lines = { upstream: await startLine(() => upstream.url), table: await startLine(() => tableUrl) }
    const through = (endpoint: string) => {
      tableUrl = endpoint
      return lines.table.url
    }
    account = await startAccount({ configText: configFor(lines.upstream.url), masterKey, through })
    admin = await account.start('admin')
    spend = await account.start('spend')
  })
  afterAll(async () => {
    await account?.stop()
    lines?.upstream.stop()
    lines?.table.stop()
    await upstream?.stop()
  })
  beforeEach(() => {
    account.queue.length = 0
    upstream.seen.length = 0
  })

  const post = (url: string, key: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const makeKey = async () => {
    const made = await post(`${admin.url}/key/generate`, masterKey, { max_budget: 1 })
    return ((await made.json()) as { key: string }).key
  }
  const chat = async (fn: RunningFunction, key: string, model: string, more: object = {}) => {
    const messages = [{ role: 'user', content: 'x' }]
    const reply = await post(`${fn.url}/v1/chat/completions`, key, { model, max_tokens: 8, messages, ...more })
    return { status: reply.status, text: await reply.text() }
  }
  /** What the key has spent, and what is held or unsettled, once the queue was worked off. */
  const standing = async (fn: RunningFunction, key: string) => {
    await fn.quiet()
    await spend.invoke(sqsEvent(account.queue))
    const reply = await fetch(`${admin.url}/key/info?key=${key}`, { headers: { authorization: `Bearer ${masterKey}` } })
    const { info } = (await reply.json()) as { info: { spend: number; purser: { held: number; unsettled: number } } }
    return { spend: info.spend, held: info.purser.held, unsettled: info.purser.unsettled }
  }
  const events = () => account.queue.map(({ detail }) => detail as SpendEvent)
  const billedDollars = () => upstream.billed(10, 1000) / 1_000_000

  it.each([
    ['a moment in which both servers closed', 300, 'close'],
    ['a while in which both servers closed', 5500, 'close'],
    ['a while in which both connections fell silent', 5500, 'silence'],
  ] as const)('serves the next call after %s, billed once', async (_, ms, cut) => {
    const gateway = await account.start('gateway')
    const key = await makeKey()
    await chat(gateway, key, 'ok,tokens=3')
    await gateway.quiet()
    const [environment] = gateway.environments()
    const connections = lines.upstream.count() + lines.table.count()

    environment?.freeze()
    lines.upstream[cut]()
    lines.table[cut]()
    await sleep(ms)
    const answer = chat(gateway, key, 'ok,tokens=5')
    await sleep(50)
    environment?.thaw()

    expect((await answer).status).toBe(200)
    expect(connections).toBeGreaterThanOrEqual(4)
    expect(gateway.started()).toBe(1)
    expect(upstream.seen).toHaveLength(2)
    expect(await standing(gateway, key)).toEqual({
      spend: expect.closeTo(billedDollars(), 9) as unknown,
      held: 0,
      unsettled: 0,
    })
    expect(events().map(({ outcome }) => outcome)).toEqual(['completed', 'completed'])
    await gateway.stop()
  })

  it.each([
    ['answers with an error', 'silent', {}, 408],
    ['ends a stream in an error', 'stall,after=3', { stream: true }, 200],
  ])('%s before its time is up, and settles', async (_, model, more, status) => {
    const hurried = await account.start('gateway', 11_500)
    const key = await makeKey()
    const began = Date.now()

    const answer = await chat(hurried, key, model, more)

    expect(answer.status).toBe(status)
    expect(Date.now() - began).toBeLessThan(11_500)
    expect(answer.text).toContain('"error"')
    expect(answer.text).not.toContain('[DONE]')
    const after = await standing(hurried, key)
    expect(after).toMatchObject({ held: 0, unsettled: 0 })
    expect(after.spend).toBeGreaterThan(0)
    expect(events()).toHaveLength(1)
    expect(hurried.environments()).toHaveLength(1)
    await hurried.stop()
  })

  it('keeps a note of what is under way, and no longer', async () => {
    const gateway = await account.start('gateway')
    const key = await makeKey()

    const running = chat(gateway, key, 'ok,tokens=3,wait=600')
    const noted = await eventually(
      () => account.notes('gateway'),
      (notes) => notes.length > 0,
    )
    await running
    await gateway.quiet()

    expect(noted).toHaveLength(1)
    expect(account.notes('gateway')).toEqual([])
    expect(events().map(({ id }) => `${id}.json`)).toEqual(noted)
    await gateway.stop()
  })
})
