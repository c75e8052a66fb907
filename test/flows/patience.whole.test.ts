import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Faults, type Groups, startFaults, toldBy } from '../support/faults.ts'

const slow = 'slow,wait=600'
const groups: Groups = {
  quick: ['ok'],
  alone: [slow],
  backed: [slow],
  tiered: [
    { model: slow, order: 1 },
    { model: 'ok', order: 2 },
  ],
  chosen: [{ model: slow, streamTimeoutMs: 2000 }],
  thinker: [`${slow},reasoner=1`],
  both: [slow],
  late: ['slow,wait=700'],
}

let faults: Faults

beforeAll(async () => {
  const fallbacks = { backed: ['quick'], chosen: ['quick'], thinker: ['quick'], both: ['late'] }
  faults = await startFaults(groups, {
    fallbacks,
    streamPatienceMs: 200,
    streamTimeoutMs: 2000,
    idleTimeoutMs: 2000,
    timeoutMs: 4000,
  })
})
afterAll(() => faults.stop())
beforeEach(() => faults.clear())

const ask = (model: string, more: Record<string, unknown> = {}) => faults.ask('chat', model, { stream: true, ...more })
const asked = () => faults.upstream.seen.map(({ body }) => body.model)

describe('a stream that is slow to begin, where no limit was configured', () => {
  it.each(['backed', 'tiered'])('is left early while somebody else can be asked: %s', async (model) => {
    const answer = await ask(model)

    expect(answer.status).toBe(200)
    expect(asked()).toEqual([slow, 'ok'])
  })

  it('is waited for where nobody else is left', async () => {
    const answer = await ask('alone')

    expect(toldBy('chat', answer).text).toContain('w0 w1')
    expect(asked()).toEqual([slow])
  })

  it('gives the last one all the time there is', async () => {
    const answer = await ask('both')

    expect(toldBy('chat', answer).text).toContain('w0 w1')
    expect(asked()).toEqual([slow, 'slow,wait=700'])
  })

  it.each([
    ['its deployment has a limit of its own', 'chosen', {}],
    ['the client asks for reasoning', 'backed', { reasoning_effort: 'low' }],
    ['the client asks for thinking', 'backed', { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['the model is known to think first', 'thinker', {}],
  ])('is waited for where %s', async (_, model, more) => {
    const answer = await ask(model, more)

    expect(answer.status).toBe(200)
    expect(asked()).toHaveLength(1)
  })
})
