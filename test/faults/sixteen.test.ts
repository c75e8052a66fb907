import { beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from './scenarios.ts'
import { nameOf, type Result, sixteen, type Way } from './sixteen.ts'

const ways = (['chat', 'messages'] as const).flatMap((client) =>
  (['openai', 'anthropic'] as const).map((host) => ({ client, host })),
)
const streamed: Way[] = ways.map((way) => ({ ...way, streamed: true }))
const plain: Way[] = ways.map((way) => ({ ...way, streamed: false }))
const all = [...streamed, ...plain]

let held: Map<string, Result[]>
let limited: Map<string, Result[]>
let byDefault: Map<string, Result[]>

beforeAll(async () => {
  ;[held, limited, byDefault] = await Promise.all([
    sixteen(all, { router: { stream_timeout: 10 }, general: { stream_recovery: 'hold' } }),
    sixteen(streamed, { router: { stream_timeout: 10 } }),
    sixteen(all, {}),
  ])
})

/** Whoever did not pass, by verdict, and why. */
const others = (results: Map<string, Result[]>, way: Way) =>
  (results.get(nameOf(way)) ?? []).filter(({ verdict }) => verdict !== 'pass')
const of = (results: Map<string, Result[]>, way: Way, verdict: Verdict) =>
  (results.get(nameOf(way)) ?? []).filter((one) => one.verdict === verdict).map(({ id }) => id.slice(0, 3))

describe('with stream_recovery hold and ten seconds for the first token', () => {
  it.each(all.map((way) => [nameOf(way), way] as const))('all sixteen pass: %s', (_, way) => {
    expect(others(held, way)).toEqual([])
    expect(of(held, way, 'pass')).toHaveLength(16)
  })
})

describe('with ten seconds for the first token', () => {
  it.each(streamed.map((way) => [nameOf(way), way] as const))('thirteen pass, the others are safe: %s', (_, way) => {
    expect(of(limited, way, 'fail')).toEqual([])
    expect(others(limited, way).map(({ id, verdict }) => `${id.slice(0, 3)} ${verdict}`)).toEqual([
      'S08 safe',
      'S09 safe',
      'S14 safe',
    ])
    expect(of(limited, way, 'pass')).toHaveLength(13)
  })
})

describe('with defaults', () => {
  it.each(all.map((way) => [nameOf(way), way] as const))('at least thirteen pass and none fails: %s', (_, way) => {
    expect(others(byDefault, way).filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(others(byDefault, way).map(({ id, verdict }) => `${id.slice(0, 3)} ${verdict}`)).toEqual(
      way.streamed ? ['S08 safe', 'S09 safe', 'S14 safe'] : [],
    )
  })
})
