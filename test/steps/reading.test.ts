import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UpstreamTrouble } from '../../lib/core/ports.ts'
import type { StreamReader, StreamStep } from '../../lib/dialects/dialect.ts'
import { readAll, stepper } from '../../lib/steps/reading.ts'
import { watchdog } from '../../lib/steps/watchdog.ts'

const step = (over: Partial<StreamStep> = {}): StreamStep => ({
  bytes: [],
  content: false,
  tail: [],
  finished: false,
  ...over,
})

/** A dialect in which `t` is text, `h` is hidden text and `.` is the finish; anything else means nothing. */
function toyReader(): StreamReader {
  const seen = { contentBytes: 0, contentEvents: 0 }
  let finished = false
  return {
    push(chunk) {
      const text = Buffer.from(chunk).toString()
      finished ||= text === '.'
      if (text === 't' || text === 'h') seen.contentEvents++
      return step({ content: text === 't' })
    },
    end: () =>
      finished
        ? step({ finished: true })
        : step({ failure: { kind: 'cut', status: 200, message: 'cut', mayHaveCost: true } }),
    fail: () => new Uint8Array(),
    ending: () => finished,
    seen,
  }
}

/** Each piece after `gapMs`; then nothing for ever, or the end, or a broken connection. */
function source(pieces: string, gapMs: number, then: 'silence' | 'end' | 'reset') {
  const dog = watchdog(Date.now, undefined)
  const aborted = new Promise<never>((_, reject) =>
    dog.signal.addEventListener('abort', () => reject(new UpstreamTrouble('aborted', 'aborted'))),
  )
  aborted.catch(() => {})
  async function* bytes() {
    for (const piece of pieces) {
      await Promise.race([sleep(gapMs), aborted])
      yield Buffer.from(piece)
    }
    if (then === 'silence') await aborted
    if (then === 'reset') throw new UpstreamTrouble('reset', 'reset')
  }
  return { dog, reader: toyReader(), rest: bytes() }
}

async function outcome(from: ReturnType<typeof source>, idleMs: number) {
  const next = stepper(from, idleMs, Date.now)
  for (;;) {
    const { failure, finished } = await next()
    if (failure || finished) {
      from.dog.stop()
      return failure?.kind ?? 'finished'
    }
  }
}

describe('after its first content, a stream', () => {
  it('that keeps coming is read to its end, however long that takes', async () => {
    expect(await outcome(source('tttttt.', 20, 'end'), 60)).toBe('finished')
  })

  it('of which the client sees nothing for a while is alive all the same', async () => {
    expect(await outcome(source('thhhhh.', 20, 'end'), 60)).toBe('finished')
  })

  it('of comments alone is silent, though bytes arrive', async () => {
    expect(await outcome(source('t----------.', 20, 'end'), 60)).toBe('timeout')
  })

  it('that falls silent, breaks or ends before its finish is no answer', async () => {
    expect(await outcome(source('tt', 1, 'silence'), 30)).toBe('timeout')
    expect(await outcome(source('tt', 1, 'reset'), 1000)).toBe('cut')
    expect(await outcome(source('tt', 1, 'end'), 1000)).toBe('cut')
  })

  it('is whole where only its end marker is missing', async () => {
    expect(await outcome(source('tt.', 1, 'silence'), 30)).toBe('finished')
    expect(await outcome(source('tt.', 1, 'reset'), 1000)).toBe('finished')
  })
})

it('waits for an end marker no longer than five seconds once the answer is there', async () => {
  const limits: (number | undefined)[] = []
  const from = source('t.x', 0, 'end')
  const dog = { ...from.dog, limit: (_: string, ms?: number) => void limits.push(ms) }
  const next = stepper({ ...from, dog }, 60_000, () => 0)

  for (let read = 0; read < 3; read++) await next()

  expect(limits.filter((ms) => ms !== undefined)).toEqual([60_000, 60_000, 5000])
})

it('reads no more of a body than is wanted, and closes it', async () => {
  let closed = false
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(100)
    } finally {
      closed = true
    }
  }

  expect((await readAll(endless(), 250)).length).toBe(300)
  expect(closed).toBe(true)
})
