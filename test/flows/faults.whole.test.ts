import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Client, clients, exact, type Faults, startFaults, toldBy } from '../support/faults.ts'

/** What a fault is worth: the status, whether the answer is whole in spite of it, and how many attempts the provider saw and bills. */
type Row = { status: number; whole?: boolean; attempts: number; billed: number }
type Rows = Record<string, { streamed: Row; plain?: Row }>

const good: Row = { status: 200, whole: true, attempts: 1, billed: 1 }
const partly: Row = { status: 200, whole: false, attempts: 1, billed: 1 }
const same = (row: Row) => ({ streamed: row, plain: row })
const silent = same({ status: 408, attempts: 1, billed: 1 })

/** One deployment, no fallback, two retries allowed. */
const rows: Rows = {
  ok: same(good),
  'status,status=429,retry-after=0': same({ status: 429, attempts: 3, billed: 0 }),
  'status,status=429,retry-after=1,times=1': same({ ...good, attempts: 2 }),
  'status,status=429,retry-after=9000': same({ status: 429, attempts: 1, billed: 0 }),
  'status,status=500,times=1': same({ ...good, attempts: 2 }),
  'status,status=500': same({ status: 500, attempts: 2, billed: 0 }),
  'status,status=401': same({ status: 502, attempts: 1, billed: 0 }),
  quota: same({ status: 429, attempts: 1, billed: 0 }),
  context: same({ status: 400, attempts: 1, billed: 0 }),
  filter: same({ status: 400, attempts: 1, billed: 0 }),
  'html,size=2000000': same({ status: 500, attempts: 2, billed: 0 }),
  'html-ok': same({ status: 502, attempts: 2, billed: 0 }),
  redirect: same({ status: 502, attempts: 1, billed: 0 }),
  'error-body': same({ status: 500, attempts: 2, billed: 0 }),
  reset: same({ status: 502, attempts: 2, billed: 2 }),
  'reset,times=1': same({ ...good, attempts: 2, billed: 2 }),
  silent,
  'slow,wait=5000': silent,
  comments: { streamed: { status: 408, attempts: 1, billed: 1 } },
  role: { streamed: { status: 408, attempts: 1, billed: 1 } },
  'drip,gap=30': { streamed: { status: 408, attempts: 1, billed: 1 }, plain: { status: 408, attempts: 1, billed: 1 } },
  'drip,gap=0,tokens=4': same(good),
  'cut,after=40,tokens=60': { streamed: partly, plain: { status: 502, attempts: 2, billed: 2 } },
  'clean-cut,after=40,tokens=60': { streamed: partly },
  'cut,after=0': { streamed: { status: 502, attempts: 2, billed: 2 } },
  'stall,after=20,tokens=60': { streamed: partly },
  'error-late': { streamed: partly },
  malformed: { streamed: good, plain: { status: 502, attempts: 2, billed: 2 } },
  lost: { streamed: partly },
  noise: { streamed: good },
  'no-done': { streamed: good },
  'no-usage': same(good),
  'finish-stall': { streamed: good },
  gzip: same(good),
  'gzip,by=br': same(good),
  'gzip,by=deflate': same(good),
  'plain-type': { streamed: good },
}

const tools: Record<Client, object> = {
  chat: { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }] },
  messages: { tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }] },
}

let faults: Faults

beforeAll(async () => {
  const names = [...Object.keys(rows), 'error-first', 'tool', 'tool-cut', 'tool-hole']
  const groups = names.flatMap((name) => [
    [name, [name]],
    [`claude:${name}`, [`claude:${name}`]],
  ])
  faults = await startFaults(Object.fromEntries(groups) as Record<string, string[]>)
})
afterAll(() => faults.stop())
beforeEach(() => faults.clear())

const named = Object.keys(clients) as Client[]

describe.each(named)('a client of %s', (client) => {
  describe.each(['', 'claude:'])('before a provider spoken to as %s"openai"', (tongue) => {
    const cases = Object.entries(rows).flatMap(([script, { streamed, plain }]) => [
      [script, 'streamed', streamed] as const,
      ...(plain ? [[script, 'not streamed', plain] as const] : []),
    ])

    it.each(cases)('%s, %s', async (script, way, row) => {
      const startedAt = Date.now()

      const answer = await faults.ask(client, tongue + script, { stream: way === 'streamed' })
      const told = toldBy(client, answer)

      expect(Date.now() - startedAt).toBeLessThan(6000)
      // The messages API has statuses of its own for two of these.
      const status = client === 'messages' ? (ownStatus[row.status] ?? row.status) : row.status
      expect([answer.status, told.ended, told.error]).toEqual([status, row.whole === true, row.whole !== true])
      if (row.whole) expect(told.text).toMatch(/^w0 w1( w\d+)*$/)
      else expect(told.finish).toBeUndefined()
      expect(faults.upstream.seen).toHaveLength(row.attempts)
      expect(await faults.books()).toEqual(exact(row.billed))
    })

    it('error-first: the status that the error stands for', async () => {
      const answer = await faults.ask(client, `${tongue}error-first`, { stream: true })
      // One tongue says "server error", the other "overloaded", which is worth waiting for.
      const [status, attempts] = tongue === '' ? [500, 2] : [503, 3]

      expect(answer.status).toBe(client === 'messages' ? (ownStatus[status] ?? status) : status)
      expect(faults.upstream.seen).toHaveLength(attempts)
      expect(await faults.books()).toEqual(exact(0))
    })

    it.each(['tool-cut', 'tool-hole'])('%s: half a call is never passed off as one', async (script) => {
      const answer = await faults.ask(client, tongue + script, { stream: true, ...tools[client] })
      const told = toldBy(client, answer)

      expect([told.error, told.ended, told.finish]).toEqual([true, false, undefined])
      expect(await faults.books()).toEqual(exact(1))
    })
  })
})

const ownStatus: Record<number, number> = { 408: 504, 503: 529 }
