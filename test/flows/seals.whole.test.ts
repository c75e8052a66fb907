import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { config, deployment } from '../support/configuration.ts'
import { callFlow, type Machine, startMachine } from '../support/machine.ts'
import { accumulated } from '../support/translated.ts'
import { startUpstream } from '../support/upstream.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let machine: Machine
const script = 'agent,rounds=2,kept=1'

const deployments = () => [
  deployment({ group: 'claude', provider: 'anthropic', model: script, apiBase: { value: upstream.url } }),
  deployment({ group: 'other', provider: 'anthropic', model: `${script},other=1`, apiBase: { value: upstream.url } }),
]

beforeAll(async () => {
  upstream = await startUpstream()
  machine = await startMachine(config({ deployments: deployments() }))
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => void (upstream.seen.length = 0))

const tools = ['look', 'ask'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
}))

type Asking = { key: string; model?: string; stream?: boolean; on?: Machine }

async function say(messages: JsonObject[], { key, model = 'claude', stream = false, on = machine }: Asking) {
  const json = { model, messages, tools, stream, max_tokens: 2000 }
  const answer = await callFlow(on.flow, { path: '/v1/chat/completions', key, json })
  expect(answer.status, answer.text + on.logged.join()).toBe(200)
  if (stream) return accumulated(answer.text)
  const message = objectOf(objectOf(listOf((answer.json() as JsonObject).choices)[0]).message)
  const calls = listOf(message.tool_calls).map(objectOf)
  return {
    content: stringOf(message.content) ?? '',
    calls: calls.map(({ id, function: called }) => ({
      id: stringOf(id) ?? '',
      ...(objectOf(called) as { name: string; arguments: string }),
    })),
  }
}

/** What a client that knows content and calls alone makes of an answer, and the results of its calls. */
const plain = ({ content, calls }: Awaited<ReturnType<typeof say>>): JsonObject[] => [
  {
    role: 'assistant',
    content,
    tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
  },
  ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'done' })),
]

const question = (): JsonObject[] => [{ role: 'user', content: 'Look' }]

async function agent(asking: Asking): Promise<string> {
  const messages = question()
  for (let round = 0; round < 2; round++) messages.push(...plain(await say(messages, asking)))
  return (await say(messages, asking)).content
}

describe('a client that drops sealed reasoning', () => {
  it.each([false, true])(
    'has it sent back with the results of its calls, over all turns of the loop (streamed: %s)',
    async (stream) => {
      const { plain: key } = await machine.makeKey()

      expect(await agent({ key, stream })).toContain('thoughts kept: 2')
      expect(JSON.stringify(upstream.seen.at(-1)?.body)).toContain('"signature":"c2lnbmVk+/=="')
    },
  )

  it('gets none of another key, and none of another model', async () => {
    const { plain: key } = await machine.makeKey()
    const { plain: stranger } = await machine.makeKey()
    const messages = question()
    messages.push(...plain(await say(messages, { key })))

    await say(messages, { key: stranger })
    await say(messages, { key, model: 'other' })

    expect(upstream.seen.slice(1).map(({ body }) => JSON.stringify(body).includes('thinking'))).toEqual([false, false])
  })
})
