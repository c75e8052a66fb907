import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listOf, objectOf } from '../../lib/core/json.ts'
import { type Client, clients, exact, type Faults, type Groups, startFaults, toldBy } from '../support/faults.ts'

const whole = 'w0 w1 w2 w3 w4 w5 w6 w7'
const breaks = ['cut', 'clean-cut', 'stall', 'error-late', 'lost']
const named = Object.keys(clients) as Client[]
const tongues = ['', 'claude:']

const tools: Record<Client, object> = {
  chat: { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }] },
  messages: { tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }] },
}

const groups: Groups = {
  ok: ['ok'],
  'claude:ok': ['claude:ok'],
  caller: ['tool'],
  'cut-once': ['cut,times=1'],
  'claude:cut-once': ['claude:cut,times=1'],
  refuser: ['no-prefill', { model: 'no-prefill', acceptsPrefill: true }],
  quiet: ['stall'],
  'cut>slowly': [
    { model: 'cut', order: 1 },
    { model: 'ok,tokens=60,gap=100', order: 2, acceptsPrefill: true },
  ],
}
for (const script of [...breaks, 'tool-cut', 'cut,after=40,tokens=60'])
  for (const tongue of tongues) {
    groups[tongue + script] = [tongue + script]
    groups[`alone:${tongue}${script}`] = [tongue + script]
    for (const other of tongues)
      groups[`${tongue}${script}>${other}`] = [
        { model: tongue + script, order: 1 },
        { model: `${other}ok,${script.split(',')[2] ?? ''}`, order: 2, acceptsPrefill: true },
      ]
  }

/** Answers that come after the first signs of life; `later`: long after. */
const lateGroups: Groups = {
  late: [{ model: 'slow,wait=2500', streamTimeoutMs: 5000, timeoutMs: 6000 }],
  later: [{ model: 'slow,wait=6000', streamTimeoutMs: 7000, timeoutMs: 7500 }],
  'late-cut': [{ model: 'cut,wait=1800', streamTimeoutMs: 5000, timeoutMs: 6000 }],
}

let faults: Faults
let late: Faults

beforeAll(async () => {
  const fallbacks = Object.fromEntries(
    Object.keys(groups)
      .filter((name) => !name.includes('>') && !name.startsWith('alone:') && !name.includes('ok'))
      .map((name) => [name, name.includes('tool') ? ['caller'] : [name.startsWith('claude:') ? 'claude:ok' : 'ok']]),
  )
  faults = await startFaults(groups, {
    fallbacks: { ...fallbacks, quiet: [], refuser: [] },
    heartbeatMs: 100,
    // No answer but those of `late` takes so long that its status has to be told before.
    holdHeartbeatMs: 20_000,
  })
  late = await startFaults(lateGroups, { heartbeatMs: 100, holdHeartbeatMs: 800 })
})
afterAll(() => Promise.all([faults.stop(), late.stop()]))
beforeEach(() => Promise.all([faults.clear(), late.clear()]))

const hold = { 'x-purser-stream-recovery': 'hold' }
const goOn = { 'x-purser-stream-recovery': 'continue' }
const stream = { stream: true }

describe.each(named)('stream_recovery hold, a client of %s', (client) => {
  it.each(tongues.flatMap((tongue) => breaks.map((script) => tongue + script)))('rescues %s', async (script) => {
    const answer = await faults.ask(client, script, stream, hold)
    const told = toldBy(client, answer)

    expect([answer.status, told.text, told.ended, told.error]).toEqual([200, whole, true, false])
    expect(answer.headers['x-litellm-attempted-fallbacks']).toBe('1')
    // A cut is asked again once; silence is left, and so is who says that it has too much to do.
    const attempts = script.endsWith('stall') || script === 'claude:error-late' ? 2 : 3
    expect(faults.upstream.seen).toHaveLength(attempts)
    expect(answer.headers['x-purser-attempts']).toBe(String(attempts))
    expect(await faults.books()).toEqual(exact(attempts))
  })

  it('rescues a call that was cut in half, and gives one whole call', async () => {
    const answer = await faults.ask(client, 'tool-cut', { ...stream, ...tools[client] }, hold)
    const told = toldBy(client, answer)

    expect([answer.status, told.ended, told.calls.join('')]).toEqual([200, true, '{"city":"Oslo"}'])
  })

  it.each(['cut-once', 'claude:cut-once'])('asks who cut an answer again: %s', async (script) => {
    const answer = await faults.ask(client, script, stream, hold)

    expect([toldBy(client, answer).text, answer.headers['x-litellm-attempted-fallbacks']]).toEqual([whole, '0'])
    expect(faults.machine.spends().map(({ outcome }) => outcome)).toEqual(['partial', 'completed'])
    expect(await faults.books()).toEqual(exact(2))
  })

  it('gives the true status where nobody can answer, and nothing of what was received', async () => {
    const answer = await faults.ask(client, 'alone:cut', stream, hold)

    expect([answer.status, answer.headers['x-should-retry'], answer.text.includes('w0')]).toEqual([502, 'false', false])
    expect(answer.headers['x-purser-tried']).toBe('alone:cut#0=cut, alone:cut#0=cut')
    expect(await faults.books()).toEqual(exact(2))
  })

  it('keeps a connection open that would be given up, and answers then', async () => {
    const answer = await late.ask(client, 'late', stream, hold)

    expect(answer.status).toBe(200)
    expect(answer.text).toMatch(client === 'chat' ? /^: / : /^event: ping\n/)
    expect(toldBy(client, answer)).toMatchObject({ text: whole, ended: true, error: false })
    expect(await late.books()).toEqual(exact(1))
  })

  it('tells a failure in-band once signs of life were sent', async () => {
    const answer = await late.ask(client, 'late-cut', stream, hold)

    expect(answer.status).toBe(200)
    expect(toldBy(client, answer)).toMatchObject({ text: '', ended: false, error: true, finish: undefined })
    expect(await late.books()).toEqual(exact(2))
  })

  it('is refused where its name is misspelt', async () => {
    const answer = await faults.ask(client, 'ok', stream, { 'x-purser-stream-recovery': 'holdd' })

    expect([answer.status, answer.text.includes('error, continue, hold'), faults.upstream.seen]).toEqual([
      400,
      true,
      [],
    ])
  })
})

describe.each(named)('stream_recovery continue, a client of %s', (client) => {
  const ways = tongues.flatMap((from) => tongues.map((to) => [from, to] as const))

  it.each(ways)('goes on where %s"cut" broke off, with %s"ok": one answer, nothing twice', async (from, to) => {
    const answer = await faults.ask(
      client,
      `${from}cut>${to}`,
      { ...stream, ...(client === 'chat' && { stream_options: { include_usage: true } }) },
      goOn,
    )
    const told = toldBy(client, answer)

    expect(told).toMatchObject({ text: whole, ended: true, error: false })
    expect(answer.text.match(client === 'chat' ? /"finish_reason":"/g : /"stop_reason":"/g)).toHaveLength(1)
    expect(answer.text.match(client === 'chat' ? /"role":"assistant"/g : /event: message_start/g)).toHaveLength(1)
    const [, second] = faults.upstream.seen
    expect(objectOf(listOf(second?.body.messages).at(-1))).toMatchObject({ role: 'assistant' })
    expect(JSON.stringify(listOf(second?.body.messages).at(-1))).toContain('w0 w1 w2"')
    const [first, rest] = faults.machine.spends()
    expect([first?.outcome, rest?.outcome, rest?.usage.completion]).toEqual(['partial', 'completed', 5])
    const sum = (first?.usage.completion ?? 0) + 5
    expect(answer.text).toMatch(new RegExp(`"(completion|output)_tokens":${sum}\\b`))
    const cost = ((first?.cost ?? 0) + (rest?.cost ?? 0)) / 1e9
    expect(Number(/"cost":([\d.e-]+)/.exec(answer.text)?.[1])).toBeCloseTo(cost, 9)
    expect(await faults.books()).toEqual(exact(2))
  })

  it.each(['stall', 'error-late', 'clean-cut'])('goes on after %s', async (script) => {
    const answer = await faults.ask(client, `${script}>`, stream, goOn)

    expect(toldBy(client, answer)).toMatchObject({ text: whole, ended: true, error: false })
    expect(await faults.books()).toEqual(exact(2))
  })

  it('asks for no more than is left of the client’s own cap', async () => {
    const cap = { max_tokens: 20 }
    const answer = await faults.ask(client, 'cut>', { ...stream, ...cap }, goOn)

    expect(toldBy(client, answer).text).toBe(whole)
    const [first] = faults.machine.spends()
    expect(faults.upstream.seen[1]?.body.max_tokens).toBe(20 - (first?.usage.completion ?? 0))
  })

  it.each([
    ['text with a gap', 'lost>', {}],
    ['half a call', 'tool-cut>', tools[client]],
    ['nobody who takes a prefill', 'alone:cut', {}],
    ['a deployment that refuses it', 'refuser', {}],
  ])('ends with an error: %s', async (_, model, more) => {
    const answer = await faults.ask(client, model, { ...stream, ...more }, goOn)

    expect(toldBy(client, answer)).toMatchObject({ ended: false, error: true, finish: undefined })
    expect(await faults.books()).toEqual(exact(1))
  })

  it('gives a sign of life where a stream falls silent', async () => {
    const answer = await faults.ask(client, 'quiet', stream)

    expect(answer.text).toMatch(client === 'chat' ? /w2.*\n\n: keep-alive\n\n/ : /w2.*\n\nevent: ping\n/)
    expect(toldBy(client, answer)).toMatchObject({ ended: false, error: true })
  })
})

describe('a client that leaves', () => {
  it.each([
    ['before signs of life', 400],
    ['after them', 1600],
  ])('while its answer is held, %s, is charged for what was under way, and holds nothing', async (_, afterMs) => {
    const left = new AbortController()
    setTimeout(() => left.abort(), afterMs)
    const answer = await late.ask('chat', 'later', stream, hold, left.signal)

    expect(toldBy('chat', answer)).toMatchObject({ text: '', ended: false })
    expect(late.machine.spends()).toMatchObject([{ outcome: 'client_left' }])
    expect(await late.books()).toEqual(exact(1))
  })

  it('in the middle of a rest that another deployment gives is charged for both parts', async () => {
    const left = new AbortController()
    setTimeout(() => left.abort(), 1200)
    await faults.ask('chat', 'cut>slowly', stream, goOn, left.signal)

    expect(faults.machine.spends().map(({ outcome }) => outcome)).toEqual(['partial', 'client_left'])
    expect(await faults.books()).toEqual(exact(2))
  })
})
