import { describe, expect, it } from 'vitest'
import { DynamoError } from '../../lib/aws/dynamo.ts'
import { outboxStore } from '../../lib/aws/outbox.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { BusEvent, SpendEvent } from '../../lib/core/spend-event.ts'
import type { StoreOf } from './store.ts'

export function outboxContract(at: StoreOf): void {
  const open = () => outboxStore(sdkDynamo(at().client), at().table)
  const event = (id: string, cost = 1): BusEvent => ({
    type: 'spend.v1',
    detail: { version: 1, id, cost } as SpendEvent,
  })
  const idOf = ({ type, detail }: BusEvent) => (type === 'spend.v1' ? detail.id : '')

  /** Collects what the relay sends; what it leaves behind is taken along, so that tests begin with an empty outbox. */
  async function relayed(outbox = open()) {
    const sent: BusEvent[] = []
    const count = await outbox.relay(async (events) => void sent.push(...events))
    return { sent, count }
  }

  describe('the outbox', () => {
    it('gives the relay every event once, and then nothing', async () => {
      const outbox = open()
      const ids = Array.from({ length: 40 }, (_, i) => `event ${i}`)
      for (const id of ids) await outbox.put(id, event(id))

      const first = await relayed()
      const second = await relayed()

      expect(first.sent.map(idOf).toSorted()).toEqual(ids.toSorted())
      expect(first.count).toBe(40)
      expect(second.count).toBe(0)
    })

    it('holds one copy of what is put twice', async () => {
      await open().put('twice', event('twice'))
      await open().put('twice', event('twice'))

      expect((await relayed()).sent).toEqual([event('twice')])
    })

    it('keeps what cannot be sent, and sends the rest', async () => {
      const outbox = open()
      for (const id of ['good', 'bad', 'fine']) await outbox.put(id, event(id))

      const count = await outbox.relay(([only]) =>
        only && idOf(only) === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve(),
      )

      expect(count).toBe(2)
      expect((await relayed()).sent).toEqual([event('bad')])
    })

    it('keeps an event that publishing itself put back', async () => {
      const outbox = open()
      await outbox.put('back', event('back'))

      await outbox.relay(([only]) => outbox.put('back', only ?? event('back')))

      expect((await relayed()).sent).toEqual([event('back')])
    })

    it('is put to three times before it fails', async () => {
      let calls = 0
      const failing = (until: number) =>
        outboxStore((operation, input) => {
          calls++
          return calls < until
            ? Promise.reject(new DynamoError('lost', '', { lost: true }))
            : sdkDynamo(at().client)(operation, input)
        }, at().table)

      await failing(3).put('third', event('third'))
      expect((await relayed()).sent).toEqual([event('third')])

      calls = 0
      await expect(failing(9).put('never', event('never'))).rejects.toThrow(DynamoError)
      expect(calls).toBe(3)
    })
  })
}
