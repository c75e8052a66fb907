import { describe, expect, it } from 'vitest'
import { type DeadQueue, type Letter, peek, redrive } from '../../../infra/cli/admin-queue.ts'

/** A queue as SQS behaves: ten at once, what was received is hidden until it is shown again or its time is over. */
function queueOf(ids: readonly string[], failing?: { send?: number; remove?: number }) {
  const letters = ids.map((id) => ({ id, hidden: false, gone: false, receives: 0 }))
  const sent: string[] = []
  const find = ({ id }: Letter) => letters.find((letter) => letter.id === id)
  const queue: DeadQueue = {
    name: 'spend',
    count: async () => letters.filter(({ gone }) => !gone).length,
    receive: async () => {
      const found = letters.filter(({ hidden, gone }) => !hidden && !gone).slice(0, 10)
      return found.map((letter) => {
        letter.hidden = true
        return { id: letter.id, body: `body ${letter.id}`, handle: letter.id, receives: ++letter.receives }
      })
    },
    show: async (letter) => void Object.assign(find(letter) ?? {}, { hidden: false }),
    send: async ({ body }) => {
      if (failing?.send === sent.length) throw new Error('no answer')
      sent.push(body)
    },
    remove: async (letter) => {
      if (failing?.remove === sent.length - 1) throw new Error('no answer')
      Object.assign(find(letter) ?? {}, { gone: true })
    },
  }
  return {
    queue,
    sent,
    left: () => letters.filter(({ gone }) => !gone).map(({ id }) => id),
    visible: () => letters.filter(({ gone, hidden }) => !gone && !hidden).length,
  }
}

const ids = Array.from({ length: 25 }, (_, i) => `m${i}`)

describe('looking at dead letters', () => {
  it('shows each once, and leaves all of them there for the next to look', async () => {
    const { queue, visible } = queueOf(ids)

    const letters = await peek(queue, 100)

    expect(letters.map(({ id }) => id)).toEqual(ids)
    expect(visible()).toBe(25)
  })

  it('ends with as many as were asked for', async () => {
    const { queue, visible } = queueOf(ids)

    expect(await peek(queue, 7)).toHaveLength(7)
    expect(visible()).toBe(25)
  })
})

describe('redriving dead letters', () => {
  it('moves all of them, each once', async () => {
    const { queue, sent, left } = queueOf(ids)

    expect(await redrive(queue, { most: Infinity })).toBe(25)
    expect(sent).toEqual(ids.map((id) => `body ${id}`))
    expect(left()).toEqual([])
  })

  it('moves as many as were asked for, and leaves the rest to be seen', async () => {
    const { queue, sent, left, visible } = queueOf(ids)

    expect(await redrive(queue, { most: 3 })).toBe(3)
    expect(sent).toHaveLength(3)
    expect(left()).toHaveLength(22)
    expect(visible()).toBe(22)
  })

  it('moves the one that was named, wherever it lies', async () => {
    const { queue, sent, visible } = queueOf(ids)

    expect(await redrive(queue, { most: Infinity, id: 'm17' })).toBe(1)
    expect(sent).toEqual(['body m17'])
    expect(visible()).toBe(24)
  })

  it('loses none where the sending fails, and leaves a copy where the removal does', async () => {
    const unsent = queueOf(ids, { send: 2 })
    const unremoved = queueOf(ids, { remove: 2 })

    await expect(redrive(unsent.queue, { most: Infinity })).rejects.toThrow('no answer')
    await expect(redrive(unremoved.queue, { most: Infinity })).rejects.toThrow('no answer')

    expect(new Set([...unsent.sent.map((body) => body.slice(5)), ...unsent.left()])).toEqual(new Set(ids))
    expect([unremoved.sent.length + unremoved.left().length, unremoved.sent.at(-1)]).toEqual([26, 'body m2'])
  })
})
