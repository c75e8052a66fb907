import { describe, expect, it } from 'vitest'
import type { Trial } from '../../lib/core/canary.ts'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { canaryReport } from '../../lib/flows/canary-report.ts'
import { config, deployment } from '../support/configuration.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'

const settings = config({
  deployments: [
    deployment({ group: 'g', id: 'old', shadow: { model: 'next', share: 0.1 } }),
    deployment({ group: 'g', id: 'new', canary: 0.1 }),
    deployment({ group: 'next', id: 'n' }),
    deployment({ group: 'plain', id: 'p' }),
  ],
})
const call = (id: string, more: Partial<LedgerEntry> = {}): LedgerEntry =>
  spendEvent(attempt('x'), 2_000_000, [], { deployment_id: id, model_group: 'g', ...more })
const first = (ms: number) => ({ stream: true, first_token: noon + ms })
const failing = { outcome: 'failed' as const, cost: 0 }
const range = { start: noon, end: noon + 1 }
const report = (entries: LedgerEntry[], trials: Record<string, Trial> = {}) =>
  canaryReport(settings, { entries, trials, range }).trials

describe('the report', () => {
  it('sets a canary beside its baseline: calls, errors, times and cost', () => {
    const times = Array.from({ length: 20 }, (_, n) => call('old', first(100 + n)))
    const [trial] = report([...times, call('new', first(300)), call('new', failing), call('p')])

    expect(trial).toMatchObject({ model: 'g', canary: { id: 'new', share: 0.1, state: 'on trial' } })
    expect(trial?.sides).toEqual([
      {
        side: 'canary',
        deployments: ['new'],
        calls: 2,
        errors: 1,
        error_rate: 0.5,
        first_token_p50_ms: 300,
        first_token_p95_ms: 300,
        cost_per_call: 0.001,
      },
      expect.objectContaining({ side: 'baseline', calls: 20, first_token_p50_ms: 109, first_token_p95_ms: 118 }),
    ])
  })

  it('sets copies beside those they copy, and counts neither as the other', () => {
    const copy = call('n', { model_group: 'next', shadow: true, cost: 8_000_000 })
    const [, shadow] = report([call('old'), copy, call('n', { model_group: 'next' })])

    expect(shadow).toMatchObject({
      model: 'g',
      sides: [
        { side: 'shadow', calls: 1, cost_per_call: 0.008 },
        { side: 'baseline', deployments: ['old'], calls: 1, cost_per_call: 0.002 },
      ],
    })
  })

  it('says why a canary was rolled back, and says nothing of rates where there were no calls', () => {
    const back = { at: noon, reason: '5 of 5 calls failed', told: true, claimed: 0 }
    const [trial] = report([], { 'new@0.1': { id: 'new', group: 'g', share: 0.1, windows: [], rolledBack: back } })

    expect(trial?.canary).toMatchObject({ state: 'rolled back', since: noon, reason: '5 of 5 calls failed' })
    expect(trial?.sides[0]).toEqual({ side: 'canary', deployments: ['new'], calls: 0, errors: 0 })
  })

  it('has nothing to say of groups that try nothing', () => {
    expect(report([]).map(({ model }) => model)).toEqual(['g', 'g'])
  })
})
