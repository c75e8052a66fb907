import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/core/config.ts'
import { exact, type Faults, type Groups, startFaults, toldBy } from '../support/faults.ts'

const silentFirst = (over = {}) => [
  { model: 'silent', order: 1, timeoutMs: 300, ...over },
  { model: 'ok', order: 2 },
]

const groups: Groups = {
  ok: ['ok'],
  ordered: silentFirst(),
  siblings: [
    { model: 'silent', timeoutMs: 300, weight: 1 },
    { model: 'ok', weight: 0 },
  ],
  busy: ['status,status=429,retry-after=6'],
  'busy-moment': ['status,status=429,retry-after=1,times=1'],
  'busy-moment-again': ['status,status=429,retry-after=1,again=1'],
  'busy-tier': [
    { model: 'status,status=429,retry-after=1,tier=1', order: 1 },
    { model: 'ok', order: 2 },
  ],
  'busy-alone': ['status,status=429,retry-after=1,times=1,alone=1'],
  'busy-long': ['status,status=429,retry-after=30'],
  overloaded: ['status,status=503'],
  dead: ['status,status=401'],
  server: ['status,status=500'],
  'server-twice': ['status,status=500,times=2'],
  'server-three': ['status,status=500,v=3'],
  timeouts: [{ model: 'silent', timeoutMs: 200 }],
  'timeouts-again': [{ model: 'silent,times=1', timeoutMs: 200 }],
  context: ['context'],
  filter: ['filter'],
  long: ['ok,tokens=40'],
  hang: [{ model: 'silent,total=1', timeoutMs: 60_000 }],
  foreign: [{ model: 'status,status=500,f=1' }],
  claude: ['claude:ok'],
  public: ['ok,p=1'],
  renamed: ['status,status=500,r=1'],
}
const settings: Partial<Config> = {
  fallbacks: {
    busy: ['ok'],
    'busy-moment': ['ok'],
    'busy-moment-again': ['ok'],
    'busy-tier': ['ok'],
    overloaded: ['ok'],
    dead: ['ok'],
    context: ['ok'],
    filter: ['ok'],
    foreign: ['claude'],
    renamed: ['public'],
  },
  contextWindowFallbacks: { context: ['long'] },
  groupRetryPolicies: { 'server-three': { server: 2 }, 'timeouts-again': { timeout: 1 } },
  totalTimeoutMs: 2500,
}

let faults: Faults

beforeAll(async () => {
  faults = await startFaults(groups, settings)
})
afterAll(() => faults.stop())
beforeEach(() => faults.clear())

const ask = (model: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  faults.ask('chat', model, more, headers)
/** The time of the machine under test. */
const now = () => faults.machine.clock.now()
const asked = () => faults.upstream.seen.map(({ body }) => body.model)

describe('a deployment that fails', () => {
  it('by silence is left for its siblings and the next order, and not asked again', async () => {
    for (const group of ['ordered', 'siblings']) {
      await faults.clear()
      const answer = await ask(group)

      expect([answer.status, toldBy('chat', answer).text.slice(0, 5)]).toEqual([200, 'w0 w1'])
      expect(asked()).toEqual(['silent', 'ok'])
      expect(answer.headers['x-purser-tried']).toBe(`${group}#0=timeout`)
      expect(await faults.books()).toEqual(exact(2))
    }
  })

  it.each(['busy', 'overloaded', 'dead'])('is left for a fallback at once: %s', async (group) => {
    const startedAt = now()
    const answer = await ask(group)

    expect([answer.status, answer.headers['x-litellm-attempted-fallbacks']]).toEqual([200, '1'])
    expect(now() - startedAt).toBeLessThan(900)
    expect(asked()).toHaveLength(2)
    expect(await faults.books()).toEqual(exact(1))
  })

  it.each([
    ['busy-moment', ['status,status=429,retry-after=1,times=1', 'status,status=429,retry-after=1,times=1']],
    ['busy-moment-again', ['status,status=429,retry-after=1,again=1', 'status,status=429,retry-after=1,again=1', 'ok']],
  ])('by asking for a moment gets it, once, before another model is asked: %s', async (group, models) => {
    const startedAt = now()
    const answer = await ask(group)

    expect([answer.status, now() - startedAt >= 1000]).toEqual([200, true])
    expect(asked()).toEqual(models)
  })

  it('by asking for a moment is left for a deployment of the same model at once', async () => {
    expect([(await ask('busy-tier')).status, asked()]).toEqual([200, ['status,status=429,retry-after=1,tier=1', 'ok']])
  })

  it('by asking for time gets it where there is nobody else', async () => {
    const startedAt = now()
    const answer = await ask('busy-alone')

    expect([answer.status, now() - startedAt >= 1000]).toEqual([200, true])
    expect(asked()).toHaveLength(2)
  })

  it('by asking for more time than the request has is told to the client, whose SDK may wait', async () => {
    const startedAt = now()
    const answer = await ask('busy-long')

    expect([answer.status, answer.headers['retry-after'], answer.headers['x-should-retry']]).toEqual([
      429,
      '30',
      undefined,
    ])
    expect([asked().length, now() - startedAt < 1000]).toEqual([1, true])
  })

  it('for good is no reason for the client to repeat what was repeated here', async () => {
    const answer = await ask('server')

    expect([answer.status, answer.headers['x-should-retry'], answer.headers['x-purser-attempts']]).toEqual([
      500,
      'false',
      '2',
    ])
    expect(answer.headers['x-purser-tried']).toBe('server#0=server, server#0=server')
  })

  it('is not asked twice for a client that is itself asking again', async () => {
    const answer = await ask('server', {}, { 'x-stainless-retry-count': '1' })

    expect([answer.status, asked().length]).toEqual([500, 1])
  })

  it('never shows its own 401 to the caller', async () => {
    const answer = await ask('dead', { disable_fallbacks: true })

    expect([answer.status, answer.json().error?.type]).toEqual([502, 'api_error'])
  })

  it('has its name nowhere in an answer of its fallback', async () => {
    const answer = await ask('renamed')

    expect([answer.status, (answer.json() as { model?: string }).model]).toEqual([200, 'public'])
    expect(answer.headers['x-litellm-model-group']).toBe('public')
  })
})

describe('a request that is at fault', () => {
  it('goes to the list for prompts that are too long, without asking again', async () => {
    const answer = await ask('context')

    expect([answer.status, asked()]).toEqual([200, ['context', 'ok,tokens=40']])
  })

  it('goes straight back where a filter refused it and no list says otherwise', async () => {
    const answer = await ask('filter')

    expect([answer.status, answer.json().error?.code, asked()]).toEqual([400, 'content_filter', ['filter']])
  })

  it('passes over a fallback in whose tongue it cannot be said', async () => {
    const answer = await ask('foreign', { n: 2 })

    expect([answer.status, asked()]).toEqual([500, ['status,status=500,f=1', 'status,status=500,f=1']])
    expect(await faults.books()).toEqual(exact(0))
  })
})

describe('a retry policy', () => {
  it('sets the retries of its kind of failure, for its group', async () => {
    const answer = await ask('server-three')

    expect([answer.status, asked().length]).toEqual([500, 3])
  })

  it('may ask a silent deployment again, where the operator says so', async () => {
    expect([(await ask('timeouts')).status, asked().length]).toEqual([408, 1])
    await faults.clear()
    expect([(await ask('timeouts-again')).status, asked().length]).toEqual([200, 2])
  })
})

describe('the whole request', () => {
  it.each([false, true])('ends by total_timeout, streamed: %s', async (stream) => {
    const startedAt = now()
    const answer = await ask('hang', { stream, stream_timeout: 60 })

    expect([answer.status, answer.headers['x-should-retry']]).toEqual([408, 'false'])
    expect(now() - startedAt).toBeLessThan(4000)
    expect(await faults.books()).toEqual(exact(1))
  })

  it('ends before the platform would end it', async () => {
    const startedAt = now()
    const answer = await faults.machine.call({
      path: '/v1/chat/completions',
      key: 'sk-master',
      deadline: now() + 500,
      json: { model: 'hang', messages: [{ role: 'user', content: 'Hello' }] },
    } as never)

    expect([answer.status, now() - startedAt < 1500]).toEqual([408, true])
  })
})
