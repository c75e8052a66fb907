import { describe, expect, it, test } from 'vitest'
import { parseCsv } from '../../../infra/cli/csv.ts'
import { compare, daysOf, modelName } from '../../../infra/cli/usage-compare.ts'
import { type Layout, layoutOf } from '../../../infra/cli/usage-layouts.ts'
import { attempt, noon, spendEvent } from '../../support/spend.ts'

describe('parseCsv', () => {
  it('reads quotes, doubled quotes, commas and line ends inside quotes, and a byte order mark', () => {
    const rows = parseCsv('\uFEFFa,b,c\r\n"x, y","he said ""no""",1\n"two\nlines",,\n\n')

    expect(rows).toEqual([
      { a: 'x, y', b: 'he said "no"', c: '1' },
      { a: 'two\nlines', b: '', c: '' },
    ])
  })

  it('reads a last line without its end, and one that ends in a comma', () => {
    expect(parseCsv('a,b\n1,2')).toEqual([{ a: '1', b: '2' }])
    expect(parseCsv('a,b\n1,')).toEqual([{ a: '1', b: '' }])
  })

  it('names the line that is no CSV', () => {
    expect(() => parseCsv('a,b\n1,2"3\n')).toThrow('Line 2 is no CSV')
  })
})

const known = (csv: string): Layout => {
  const layout = layoutOf(Object.keys(parseCsv(csv)[0] ?? {}))
  if (!layout) throw new Error('no layout')
  return layout
}

const against = (csv: string, entries: Parameters<typeof compare>[1], tolerance = 0.01) =>
  compare(parseCsv(csv), entries, { layout: known(csv), tolerance })

const openaiUsage = `start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,input_tokens,output_tokens,input_cached_tokens
1795219200,1795305600,2026-11-21T00:00:00+00:00,2026-11-22T00:00:00+00:00,p,2,,k,gpt-4o-mini-2024-07-18,,20,10,0
1795305600,1795392000,2026-11-22T00:00:00+00:00,2026-11-23T00:00:00+00:00,,,,,,,,,
`
const openai = { provider: 'openai', upstream_model: 'gpt-4o-mini' }

describe("a provider's export", () => {
  it('agrees with the ledger by day and model, whichever dated version answered', () => {
    const entries = [spendEvent(attempt('a'), 1, [], openai), spendEvent(attempt('b'), 1, [], openai)]

    expect(against(openaiUsage, entries)).toEqual([
      expect.objectContaining({ day: '2026-11-21', model: 'gpt-4o-mini', differs: [] }),
    ])
  })

  it('shows what the ledger has too little of, too much of, and nothing of another provider', () => {
    const entries = [
      spendEvent(attempt('a'), 1, [], openai),
      spendEvent(attempt('b'), 1, [], { ...openai, upstream_model: 'gpt-5' }),
      spendEvent(attempt('c'), 1, [], { provider: 'anthropic', upstream_model: 'claude-sonnet-4-5' }),
    ]

    expect(against(openaiUsage, entries).map(({ model, differs }) => [model, differs])).toEqual([
      ['gpt-4o-mini', ['requests', 'input', 'output']],
      ['gpt-5', ['requests', 'input', 'output']],
    ])
  })

  it('leaves out what the ledger does not know the cost of, and days that the export does not have', () => {
    const entries = [
      spendEvent(attempt('a'), 1, [], openai),
      spendEvent(attempt('b'), 1, [], openai),
      spendEvent(attempt('c'), 0, [], { ...openai, outcome: 'lost' }),
      spendEvent(attempt('d'), 1, [], { ...openai, start: noon - 86_400_000 }),
    ]

    expect(against(openaiUsage, entries).flatMap(({ differs }) => differs)).toEqual([])
  })

  it.each([
    [0.01, []],
    [0.001, ['input']],
  ])('allows a difference of the share %d', (tolerance, differs) => {
    const entries = [
      spendEvent(attempt('a'), 1, [], { ...openai, usage: { prompt: 19_900, completion: 5 } }),
      spendEvent(attempt('b'), 1, [], { ...openai, usage: { prompt: 0, completion: 5 } }),
    ]

    expect(against(openaiUsage.replace(',20,10,', ',20000,10,'), entries, tolerance)[0]?.differs).toEqual(differs)
  })

  it('adds cached and cache-write tokens of one provider up to what the ledger calls input', () => {
    const csv = `usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count
2026-11-21,claude-sonnet-4-5-20250929,k,Default,standard,≤ 200k,1,2,3,4,5,0
`
    const entry = spendEvent(attempt('a'), 1, [], { provider: 'anthropic', upstream_model: 'claude-sonnet-4-5' })

    expect(against(csv, [entry])).toEqual([
      {
        day: '2026-11-21',
        model: 'claude-sonnet-4-5',
        ledger: { requests: 1, input: 10, output: 5, cost: 1 },
        provider: { input: 10, output: 5 },
        differs: [],
      },
    ])
  })

  it('compares dollars where that is what the export has, by display name or line item', () => {
    const anthropic = `usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,cost_type
2026-11-21,Claude Sonnet 4.5,Default,k,message,≤ 200k,input_no_cache,0.25,token
2026-11-21,Claude Sonnet 4.5,Default,k,message,≤ 200k,output,0.50,token
`
    const other = `start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id
1,2,2026-11-21T00:00:00+00:00,2026-11-22T00:00:00+00:00,0.5000000,usd,"gpt-4o-2024-08-06, input",p
1,2,2026-11-21T00:00:00+00:00,2026-11-22T00:00:00+00:00,0.2500000,usd,"gpt-4o-2024-08-06, output",p
`
    const claude = spendEvent(attempt('a'), 0.75e9, [], {
      provider: 'anthropic',
      upstream_model: 'claude-sonnet-4-5-20250929',
    })
    const gpt = spendEvent(attempt('b'), 0.75e9, [], { provider: 'openai', upstream_model: 'gpt-4o' })

    expect(against(anthropic, [claude, gpt]).map(({ differs }) => differs)).toEqual([[]])
    expect(against(other, [claude, gpt]).map(({ differs }) => differs)).toEqual([[]])
    expect(against(other, [{ ...gpt, cost: 0.7e9 }]).map(({ differs }) => differs)).toEqual([['cost']])
  })
})

test('days may be written as seconds, and a cell that is no day is named', () => {
  const layout = { name: 'x', marks: [], input: ['i'], output: [], day: 'when' }

  expect(daysOf([{ when: '1795219200' }, { when: '2026-11-20' }], layout)).toEqual(['2026-11-20', '2026-11-21'])
  expect(() => daysOf([{ when: 'today' }], layout)).toThrow("Column when has 'today'")
})

test.each([
  ['gpt-4o-2024-08-06', {}, 'gpt-4o'],
  ['gpt-4o-2024-08-06, cached input', { modelBeforeComma: true }, 'gpt-4o'],
  ['claude-3-5-sonnet@20241022', {}, 'claude-3-5-sonnet'],
  ['Claude 3.5 Sonnet 2024-10-22', { displayNames: true }, 'claude35sonnet'],
] as const)('%s is known as one model', (text, layout, name) => {
  expect(modelName(text, layout)).toBe(name)
})
