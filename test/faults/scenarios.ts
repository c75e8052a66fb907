import type { SeenRequest } from '../support/upstream.ts'
import type { Outcome } from './gateway.ts'

/** What became of one scenario: what the caller got, what the provider saw, and whether the gateway answers afterwards. */
export type Evidence = {
  outcome: Outcome
  primary: SeenRequest[]
  fallback: SeenRequest[]
  isAlive: boolean
  /** Streamed: the limit on the first token applies to streams alone. */
  streamed: boolean
  fallbackModel: string
}

type Check = (seen: Evidence) => boolean

/** `must`: without it the scenario has failed. `should`: without it an answer is only half a success. */
export type Scenario = {
  script: string
  fallback?: string
  /** What a caller should get in the end: the whole answer, or the provider's own refusal. */
  ideal?: 'error'
  /** Who has nothing by then hangs. */
  mostMs: number
  must?: Record<string, Check>
  should?: Record<string, Check>
}

/** The whole answer: sixty words. */
export const whole = Array.from({ length: 60 }, (_, n) => `w${n}`).join(' ')

const attempts =
  (least: number, most: number): Check =>
  ({ primary }) =>
    primary.length >= least && primary.length <= most

const withinMs =
  (ms: number): Check =>
  ({ outcome }) =>
    outcome.tookMs <= ms

/** At most so many attempts in the first so many milliseconds. */
const calm =
  (most: number, ms: number): Check =>
  ({ primary }) =>
    primary.filter(({ at }) => at - (primary[0]?.at ?? 0) < ms).length <= most

const waited =
  (ms: number): Check =>
  ({ primary: [first, second] }) =>
    first !== undefined && second !== undefined && second.at - first.at >= ms

const hasUsage: Check = ({ outcome }) => /"(completion|output)_tokens":\s*60\b/.test(outcome.text)
const namesFallback: Check = ({ outcome, fallback, fallbackModel }) =>
  fallback.length === 0 || outcome.text.replaceAll('": "', '":"').includes(`"model":"${fallbackModel}`)
const isAlive: Check = (seen) => seen.isAlive

/** An answer of sixty tokens, one every 15 ms. */
const long = 'tokens=60,gap=15'

/**
 * The sixteen faults of the public fault bench (failoverbench, methodology 0.1, profile `full`), but for the one that is a
 * sequence (S15): what the provider does, what must not happen, and what is asked for besides. None of its times is shortened.
 */
export const scenarios: Record<string, Scenario> = {
  'S01 429 with Retry-After': {
    script: `status,status=429,retry-after=2,times=1,${long}`,
    mostMs: 20_000,
    must: { 'no hammering': calm(2, 1500) },
    should: { 'asked again': attempts(2, 9), 'waited as long as it was told': waited(1800) },
  },
  'S02 429 without Retry-After, for ever': {
    script: 'status,status=429',
    mostMs: 40_000,
    must: { 'no hammering': calm(4, 3000), 'bounded attempts': attempts(1, 6) },
  },
  'S03 500 once': {
    script: `status,status=500,times=1,${long}`,
    mostMs: 20_000,
    should: { 'asked again': attempts(2, 9) },
  },
  'S04 503 for ever': { script: 'status,status=503', mostMs: 40_000, must: { 'bounded attempts': attempts(1, 6) } },
  'S05 reset before headers': { script: `reset,times=1,${long}`, mostMs: 20_000 },
  'S06 no response at all': {
    script: 'silent',
    mostMs: 130_000,
    must: { 'within two retries of 30 s': withinMs(100_000) },
    should: { 'silence is not asked again': attempts(1, 1) },
  },
  'S07 slow first token': {
    script: `slow,wait=20000,${long}`,
    mostMs: 60_000,
    should: { 'a limit on the first token': (seen) => !seen.streamed || withinMs(15_000)(seen) },
  },
  'S08 cut in mid-answer': { script: `cut,after=40,${long}`, mostMs: 40_000 },
  'S09 stall': {
    script: `stall,after=20,for=30000,${long}`,
    mostMs: 70_000,
    must: { bounded: withinMs(45_000), alive: isAlive },
  },
  'S10 malformed event': { script: `malformed,after=10,${long}`, mostMs: 30_000, must: { alive: isAlive } },
  'S11 no end marker': {
    script: `no-done,${long}`,
    mostMs: 30_000,
    must: { 'ends promptly': withinMs(8000) },
    should: { usage: hasUsage },
  },
  'S12 context length': { script: 'context', mostMs: 20_000, must: { 'asked once': attempts(1, 1) } },
  'S13 content filter': { script: 'filter', mostMs: 20_000, ideal: 'error', must: { 'asked once': attempts(1, 1) } },
  'S14 fallback refuses a prefill': {
    script: `cut,after=40,again=1,${long}`,
    fallback: `no-prefill,whole=1,${long}`,
    mostMs: 40_000,
    must: {
      'the refusal hides nothing': ({ outcome }) => outcome.kind !== 'error' || !outcome.text.includes('prefill'),
    },
  },
  'S16 accounting': {
    script: 'status,status=503,books=1',
    mostMs: 40_000,
    must: { 'bounded attempts': attempts(1, 6), 'the fallback is named': namesFallback },
    should: { usage: hasUsage },
  },
}

export type Verdict = 'pass' | 'partial' | 'safe' | 'fail'

/** The bench's rules. `why` names what does not hold. */
export function judge(scenario: Scenario, seen: Evidence): { verdict: Verdict; why: string } {
  const { kind, told, status, tookMs } = seen.outcome
  const broken = (checks: Scenario['must']) =>
    Object.entries(checks ?? {}).flatMap(([name, holds]) => (holds(seen) ? [] : [name]))
  const isWhole = kind === 'answer' && told.text === whole
  const said = `${kind} ${status} after ${tookMs} ms, ${seen.primary.length}+${seen.fallback.length} attempts`
  if (seen.primary.length === 0) return { verdict: 'fail', why: `the provider was never asked: ${said}` }
  if (kind === 'hang') return { verdict: 'fail', why: `hangs: ${said}` }
  if (kind === 'answer' && !isWhole && !scenario.ideal) return { verdict: 'fail', why: `cut, told as whole: ${said}` }
  const must = broken(scenario.must)
  if (must.length) return { verdict: 'fail', why: `${must.join(', ')}: ${said}` }
  const should = broken(scenario.should)
  const rescued = scenario.ideal ? kind === 'error' : isWhole
  if (scenario.ideal && !rescued) return { verdict: 'partial', why: `went around the refusal: ${said}` }
  if (!rescued) return { verdict: 'safe', why: said }
  return should.length ? { verdict: 'partial', why: `${should.join(', ')}: ${said}` } : { verdict: 'pass', why: said }
}
