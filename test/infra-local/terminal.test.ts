import { describe, expect, it } from 'vitest'
import { terminalLine } from '../../infra/local/terminal.ts'

const at = new Date('2026-11-21T12:34:56Z')
const line = { request_id: 'r-1', method: 'POST', path: '/v1/chat/completions', requests: 1 }

describe('a line at a terminal', () => {
  it('about an answered request says what a person wants to know', () => {
    const answered = {
      ...line,
      status: 200,
      requested_model: 'gpt-4o-mini',
      duration_ms: 812,
      first_token_ms: 233,
      cost_usd: 0.000_123_456_789,
      outcome: 'completed',
      key_id: 'k1',
      key_alias: 'backend',
    }

    expect(terminalLine(at, 'info', 'request', answered)).toBe(
      '12:34:56 info  POST /v1/chat/completions 200 gpt-4o-mini 812 ms, first token 233 ms, $0.000123457, key backend (request r-1)',
    )
  })

  it('about one that failed says with what', () => {
    const failed = {
      ...line,
      status: 200,
      error_code: 'upstream_cut',
      duration_ms: 5,
      outcome: 'partial',
      fallbacks: 1,
    }

    expect(terminalLine(at, 'warn', 'request', failed)).toBe(
      '12:34:56 warn  POST /v1/chat/completions 200 upstream_cut 5 ms, fallbacks 1, partial (request r-1)',
    )
  })

  it('is not there for probes that went well, and for what is only measured', () => {
    const { requests: _, ...probe } = line

    expect(terminalLine(at, 'info', 'request', { ...probe, status: 200 })).toBeUndefined()
    expect(terminalLine(at, 'info', 'request', { ...probe, status: 503 })).toContain('503')
    expect(terminalLine(at, 'info', 'spend settled', { settled_events: 1 })).toBeUndefined()
  })

  it('has the facts of anything else as JSON', () => {
    expect(terminalLine(at, 'error', 'it broke', { reason: 'x' })).toBe('12:34:56 error it broke {"reason":"x"}')
    expect(terminalLine(at, 'info', 'listening')).toBe('12:34:56 info  listening')
  })
})
