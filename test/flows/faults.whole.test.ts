import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { faultRows, ownStatus, tools } from '../support/fault-rows.ts'
import { type Client, clients, exact, type Faults, startFaults, toldBy } from '../support/faults.ts'

let faults: Faults

beforeAll(async () => {
  const names = [...Object.keys(faultRows), 'error-first', 'tool', 'tool-cut', 'tool-hole']
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
    const cases = Object.entries(faultRows).flatMap(([script, { streamed, plain }]) => [
      [script, 'streamed', streamed] as const,
      ...(plain ? [[script, 'not streamed', plain] as const] : []),
    ])

    it.each(cases)('%s, %s', async (script, way, row) => {
      const startedAt = faults.machine.clock.now()

      const answer = await faults.ask(client, tongue + script, { stream: way === 'streamed' })
      const told = toldBy(client, answer)

      expect(faults.machine.clock.now() - startedAt).toBeLessThan(6000)
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
