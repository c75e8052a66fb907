import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge'
import { describe, expect, it } from 'vitest'
import { busPublisher, eventBridgeBus, type PutEvents } from '../../lib/aws/bus.ts'
import type { BusEvent, SpendEvent } from '../../lib/core/spend-event.ts'

const spend = (id: string): BusEvent => ({ type: 'spend.v1', detail: { version: 1, id } as SpendEvent })
const look: BusEvent = {
  type: 'look.v1',
  detail: { version: 1, look: { pk: 'BUDGET#key#k', sk: '1d#2026-11-21' }, refused: true, limit: 7 },
}

/** A bus that answers each call with what `answers` says of it, and accepts everything once they are used up. */
function scene(answers: ((input: PutEventsCommandInput) => (string | undefined)[])[]) {
  const sent: PutEventsCommandInput[] = []
  const kept: [string, BusEvent][] = []
  const putEvents: PutEvents = async (input) => {
    sent.push(input)
    const ids = answers.shift()?.(input) ?? (input.Entries ?? []).map(() => 'accepted')
    return {
      $metadata: {},
      Entries: ids.map((id) => (id === undefined ? { ErrorCode: 'ThrottlingException' } : { EventId: id })),
    }
  }
  const outbox = { put: async (id: string, event: BusEvent) => void kept.push([id, event]) }
  const bus = eventBridgeBus({ putEvents, outbox, busName: 'the-bus', clock: { sleep: () => Promise.resolve() } })
  const ids = () =>
    sent.map(({ Entries }) => (Entries ?? []).map(({ Detail }) => (JSON.parse(Detail ?? '{}') as { id?: string }).id))
  return { bus, sent, kept, ids, putEvents, outbox }
}

const fails = () => {
  throw new Error('no answer')
}

describe('the bus', () => {
  it('puts an event under its type, as JSON, from purser', async () => {
    const { bus, sent } = scene([])

    await bus.publish([look])

    expect(sent[0]?.Entries).toEqual([
      { EventBusName: 'the-bus', Source: 'purser', DetailType: 'look.v1', Detail: JSON.stringify(look.detail) },
    ])
  })

  it('sends ten at a time', async () => {
    const { bus, ids } = scene([])

    await bus.publish(Array.from({ length: 23 }, (_, i) => spend(`e${i}`)))

    expect(ids().map((list) => list.length)).toEqual([10, 10, 3])
    expect(new Set(ids().flat()).size).toBe(23)
  })

  it('sends again only what was not accepted', async () => {
    const { bus, ids, kept } = scene([() => ['1', undefined, '3'], () => [undefined]])

    await bus.publish([spend('a'), spend('b'), spend('c')])

    expect(ids()).toEqual([['a', 'b', 'c'], ['b'], ['b']])
    expect(kept).toEqual([])
  })

  it('puts into the outbox what is not accepted in three tries, under its own name', async () => {
    const { bus, sent, kept } = scene([fails, fails, fails])

    await bus.publish([spend('a'), look])

    expect(sent).toHaveLength(3)
    expect(kept).toEqual([
      ['a', spend('a')],
      ['refused@7@BUDGET#key#k@1d#2026-11-21', look],
    ])
  })

  it('rejects where the outbox fails too', async () => {
    const { putEvents } = scene([fails, fails, fails])
    const outbox = { put: () => Promise.reject(new Error('no table')) }
    const bus = eventBridgeBus({ putEvents, outbox, busName: 'b', clock: { sleep: () => Promise.resolve() } })

    await expect(bus.publish([spend('a')])).rejects.toThrow('no table')
  })

  it('has a publisher for the relay that rejects what the bus does not accept', async () => {
    const publish = busPublisher(scene([() => [undefined]]).putEvents, 'the-bus')

    await expect(publish([spend('a')])).rejects.toThrow('did not accept 1 of 1')
    await expect(publish([spend('a')])).resolves.toBeUndefined()
  })
})
