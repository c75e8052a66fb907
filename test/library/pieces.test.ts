import { expect, test } from 'vitest'
import { systemClock } from '../../lib/core/clock.ts'
import { piecesOf } from '../../lib/library/pieces.ts'
import { allOf, rejection } from './gateways.ts'

/** A source that tells when it was let go, in front of a counted conclusion. */
function scene(body: AsyncIterable<Uint8Array>, stalledMs = 1000) {
  const own = new AbortController()
  let concluded = 0
  const pieces = piecesOf(body, {
    clock: systemClock,
    stalledMs,
    left: own.signal,
    leave: (reason) => own.abort(reason),
    conclude: async () => void concluded++,
  })
  return { pieces, leave: (reason: Error) => own.abort(reason), concluded: () => concluded }
}

const bytes = (text: string) => Buffer.from(text)

async function* words(...texts: string[]) {
  for (const text of texts) yield bytes(text)
}

/** Gives one piece and then nothing, until it is let go. */
function silent() {
  const source = { returned: 0 }
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      let given = false
      return {
        next: () => {
          if (given) return new Promise(() => {})
          given = true
          return Promise.resolve({ done: false, value: bytes('a') })
        },
        return: async () => {
          source.returned++
          return { done: true, value: undefined }
        },
      }
    },
  }
  return { body, source }
}

test('gives every byte, and concludes once, before it tells of the end', async () => {
  const { pieces, concluded } = scene(words('a', 'b'))

  expect(Buffer.concat(await allOf(pieces)).toString()).toBe('ab')
  expect(concluded()).toBe(1)
  expect(await pieces.next()).toMatchObject({ done: true })
  expect(concluded()).toBe(1)
})

test('hands on what breaks the source, and concludes', async () => {
  async function* broken() {
    yield bytes('a')
    throw new Error('broken')
  }
  const { pieces, concluded } = scene(broken())

  expect(await rejection(allOf(pieces))).toMatchObject({ message: 'broken' })
  expect(concluded()).toBe(1)
})

test('lets the source go when its reader leaves the loop', async () => {
  const { body, source } = silent()
  const { pieces, concluded } = scene(body)

  for await (const _ of pieces) break

  expect([source.returned, concluded()]).toEqual([1, 1])
})

test('breaks off a read that is under way when it is not wanted any more', async () => {
  const { body, source } = silent()
  const { pieces, leave, concluded } = scene(body)
  await pieces.next()
  const reading = rejection(pieces.next())
  leave(new Error('enough'))

  expect(await reading).toMatchObject({ message: 'enough' })
  expect(await rejection(pieces.next())).toMatchObject({ message: 'enough' })
  expect([source.returned, concluded()]).toEqual([1, 1])
})

test('is let go of, where nobody comes back to read on', async () => {
  const { body, source } = silent()
  const { pieces, concluded } = scene(body, 20)
  await pieces.next()
  await systemClock.sleep(100)

  expect([source.returned, concluded()]).toEqual([1, 1])
  expect(await rejection(pieces.next())).toMatchObject({ message: expect.stringContaining('20 ms') as string })
})

test('waits for a source as long as that takes', async () => {
  async function* slow() {
    await systemClock.sleep(120)
    yield bytes('late')
  }

  expect(Buffer.concat(await allOf(scene(slow(), 20).pieces)).toString()).toBe('late')
})
