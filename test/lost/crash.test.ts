import { describe, expect, test } from 'vitest'
import type { WindowItem } from '../../lib/core/budget.ts'
import { fromDollars } from '../../lib/core/money.ts'
import type { Note } from '../../lib/core/ports.ts'
import { losingEach, losses, sumOf } from '../support/lost-answers.ts'
import { askOk, lostStage } from '../support/lost-stage.ts'
import { exception, type WireCall } from '../support/network.ts'
import type { Functions, Wired } from '../support/wired.ts'

// Ten output tokens are a tenth of a dollar.
const price = { input: 0, output: 1e10, source: 'test' }
const cost = fromDollars(0.1)
let wired: Wired
let functions: Functions
lostStage({ price, budgetWaitMs: 100 }, (stage) => {
  wired = stage.wired
  functions = wired.born()
})

const busDown = (call: WireCall) => (call.target === 'PutEvents' ? exception('InternalException', 500) : 'pass')

/** Like a schedule, or a start of an environment: what fails is begun anew at the next time. */
async function eventually(task: () => Promise<unknown>): Promise<void> {
  try {
    await task()
  } catch {
    await task()
  }
}

async function makeKey(name: string): Promise<string> {
  const made = await functions.admin('POST /key/generate', { key_alias: name, max_budget: 1, budget_duration: '1mo' })
  expect(made.status).toBe(200)
  return made.body.key
}

async function booksOf(name: string) {
  const { directory, budgets, ledger } = wired.clean()
  const record = await directory.keyByAlias(name)
  if (!record) throw new Error('the key is gone')
  const [window] = await budgets.windows('key', record.id)
  if (!window) throw new Error('the window is gone')
  return { ...window, ledger, total: await ledger.total('key', record.id) }
}

/** What is held; a take whose answer was lost leaves a tombstone of nothing until it expires. */
const heldIn = ({ holds }: WindowItem) => Object.entries(holds).filter(([, amount]) => amount !== 0)

/** One attempt of a gateway that is killed once its answer is out: hold and note stay, its event is in nobody's hands. */
async function killed(key: string): Promise<Note> {
  const written: Note[] = []
  const { notes, bus } = functions.gateway
  const real = { bus: { ...bus }, notes: { ...notes } }
  notes.write = (note) => {
    written.push(note)
    real.notes.write(note)
  }
  bus.publish = () => Promise.reject(new Error('killed'))
  try {
    expect((await functions.chat(key, askOk)).status).toBe(200)
  } finally {
    Object.assign(bus, real.bus)
    Object.assign(notes, real.notes)
  }
  const [note] = written
  if (!note) throw new Error('no note was written')
  return note
}

describe('a gateway that was killed', () => {
  test.each(losses)(
    'is told of once, stays counted and is settled by its late event once, whichever answer is %s',
    async (fate) => {
      const lost = await losingEach(wired, fate, async (name) => {
        wired.told.length = 0
        const key = await makeKey(name)
        const note = await killed(key)

        await eventually(functions.start)
        expect(functions.gateway.notes.leftovers()).toEqual([])
        await functions.deliver()
        expect(heldIn((await booksOf(name)).item)).toEqual([[note.id, cost]])
        expect(await wired.clean().ledger.find(note.id)).toMatchObject({ outcome: 'lost', unsettled: cost })

        wired.pass(30 * 60_000)
        await eventually(functions.sweep)
        await eventually(functions.sweep)
        await functions.deliver()
        const swept = await booksOf(name)
        expect(swept.item).toMatchObject({ lost: { [note.id]: cost }, unsettled: cost })
        expect(wired.told.map(({ id }) => id)).toEqual([`${swept.key.pk} ${swept.key.sk} unsettled@${note.id}`])

        const late = wired.post.accepted.get(note.id)
        if (!late) throw new Error('the bus never had the note')
        await functions.gateway.bus.publish([
          { type: 'spend.v1', detail: { ...late, outcome: 'completed', cost: cost / 2 } },
        ])
        await functions.deliver()
        await eventually(functions.sweep)
        const { item, total, ledger } = await booksOf(name)
        expect(item).toMatchObject({ spent: cost / 2, unsettled: 0, available: fromDollars(1) - cost / 2 })
        expect([item.holds, item.lost]).toEqual([{}, {}])
        expect(total).toMatchObject({ spend: cost / 2, requests: 1 })
        expect(await ledger.find(note.id)).toMatchObject({ outcome: 'completed', cost: cost / 2 })
        expect(wired.told).toHaveLength(1)
      })

      expect(sumOf(lost)).toBeGreaterThan(30)
      expect(lost.get('dynamodb Scan')).toBeGreaterThan(0)
    },
    300_000,
  )
})

describe('events that the bus does not take', () => {
  test.each(losses)(
    'wait in the table, and are booked once when it is back, whichever other answer is %s',
    async (fate) => {
      let down = true
      const lost = await losingEach(
        wired,
        fate,
        async (name) => {
          down = true
          const key = await makeKey(name)
          for (let calls = 0; calls < 2; calls++) expect((await functions.chat(key, askOk)).status).toBe(200)
          // A call that the bus took without an answer is there already, and in the table as well.
          expect(wired.post.queue.length).toBeLessThan(2)
          down = false
          await eventually(functions.relay)
          await eventually(functions.relay)
          await functions.deliver()

          const { item, total } = await booksOf(name)
          expect(item).toMatchObject({ spent: 2 * cost, available: fromDollars(1) - 2 * cost, unsettled: 0 })
          expect(heldIn(item)).toEqual([])
          expect(total).toMatchObject({ spend: 2 * cost, requests: 2 })
          expect(await wired.clean().outbox.relay(() => Promise.resolve())).toBe(0)
        },
        (call) => (down ? busDown(call) : 'pass'),
      )

      expect(sumOf(lost)).toBeGreaterThan(20)
      for (const kind of ['dynamodb Query', 'dynamodb DeleteItem', 'services PutEvents'])
        expect(lost.get(kind)).toBeGreaterThan(0)
    },
    300_000,
  )

  test('keep their cost when their gateway is killed before it forgets its note', async () => {
    const key = await makeKey('overtaken')
    const { notes } = functions.gateway
    const real = { ...notes }
    notes.erase = () => undefined
    wired.network.under(busDown)
    await functions.chat(key, askOk)
    Object.assign(notes, real)
    await functions.start()
    wired.network.under()

    await functions.relay()
    await functions.deliver()

    expect((await booksOf('overtaken')).item).toMatchObject({ spent: cost, holds: {} })
    expect((await booksOf('overtaken')).total).toMatchObject({ spend: cost, requests: 1 })
  })

  test('keep every refusal, however many limits it was refused at', async () => {
    wired.told.length = 0
    const name = 'refused twice'
    const key = await makeKey(name)
    wired.network.under(busDown)
    for (const max_budget of [0.05, 0.07]) {
      await functions.admin('POST /key/update', { key, max_budget })
      expect((await wired.born().chat(key, askOk)).status).toBe(429)
    }
    const { directory } = wired.clean()
    const id = (await directory.keyByAlias(name))?.id
    const { outbox } = wired.clean()
    wired.network.under()

    const limits: (number | undefined)[] = []
    await outbox.relay(async ([event]) => {
      if (event?.type === 'look.v1' && event.detail.refused && event.detail.look.pk.endsWith(`#${id}`))
        limits.push(event.detail.limit)
    })

    expect(limits.map(String).toSorted()).toEqual([0.05, 0.07].map((dollars) => String(fromDollars(dollars))))
  })
})
