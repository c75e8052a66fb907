import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { cost, costTable } from '../../../infra/cli/cost.ts'
import { costOf, hoursPerMonth, litellmLines, purserLines, totalOf } from '../../../infra/cli/cost-model.ts'
import { prices } from '../../../infra/cli/cost-prices.ts'

const root = new URL('../../../', import.meta.url)
const usual = { requests: 1e6, seconds: 5, tokens: 800 }

describe('the cost of Purser', () => {
  const gatewayTime = (seconds: number) =>
    costOf(
      purserLines({ ...usual, seconds }).find(({ what }) => what === 'gateway: time') ?? {
        what: '',
        price: 'logGb',
        units: 0,
      },
    )

  it('has the price of waiting: a million calls of 5 s in 256 MB by hand', () => {
    // 1,000,000 x 5.05 s x 0.25 GB x 0.0000133334 US$
    expect(gatewayTime(5)).toBeCloseTo(16.83, 2)
    expect(gatewayTime(30)).toBeCloseTo(100.17, 2)
  })

  it('is what a person keeps paying while nobody calls: no more than a few dollars, and no servers', () => {
    const idle = purserLines({ ...usual, requests: 0 }).filter((line) => costOf(line) > 0)

    expect(totalOf(idle)).toBeLessThan(7)
    expect(idle.map(({ price }) => price)).not.toContain('dynamoWrite')
  })

  it('grows with calls, seconds and tokens', () => {
    const total = (over: Partial<typeof usual>) => totalOf(purserLines({ ...usual, ...over }))

    expect(total({ requests: 2e6 })).toBeGreaterThan(total({}) * 1.7)
    expect(total({ seconds: 10 }) - total({})).toBeCloseTo(16.67, 1)
    expect(total({ tokens: 1600 }) - total({})).toBeCloseTo(18, 1)
  })
})

describe('the cost of LiteLLM on ECS', () => {
  it('is that of servers that run all month, by hand', () => {
    // 2 tasks x (4 vCPU x 0.04048 + 8 GB x 0.004445) x 730 h
    const tasks = litellmLines({ ...usual, requests: 0 }, 'documented').filter(({ what }) => what.startsWith('tasks'))

    expect(totalOf(tasks)).toBeCloseTo(2 * (4 * 0.04048 + 8 * 0.004445) * hoursPerMonth, 6)
  })

  it('has more tasks where two are not enough', () => {
    const tasks = (requests: number) => litellmLines({ ...usual, requests }, 'least')[0]?.units ?? 0

    expect(tasks(1e6)).toBe(2 * hoursPerMonth)
    expect(tasks(1e8)).toBeGreaterThan(2 * hoursPerMonth)
  })
})

test('every price has a source, a unit and a date', () => {
  for (const price of Object.values(prices)) {
    expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\//)
    expect(price.date).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(price.per).not.toBe('')
    expect(price.dollars).toBeGreaterThan(0)
  }
})

/** The rows of the table in a page, so that a number that changed in the model is changed there, too. */
function tableIn(file: string): string | undefined {
  const url = new URL(file, root)
  const text = existsSync(url) ? readFileSync(url, 'utf8') : ''
  const lines = text.split('\n')
  const [head = ''] = costTable().split('\n')
  const at = lines.indexOf(head)
  return at < 0 ? undefined : lines.slice(at, at + costTable().split('\n').length).join('\n')
}

describe('the pages', () => {
  it('infra/cost.md shows the numbers of the model', () => {
    expect(tableIn('infra/cost.md')).toBe(costTable())
  })

  it('README.md, where it shows them, shows the same', () => {
    expect([costTable(), undefined]).toContain(tableIn('README.md'))
  })
})

test('the command adds its lines up, and says what it takes for granted', () => {
  const { text, code } = cost(['--requests', '1e6', '--seconds', '5', '--tokens', '800'])

  expect(code).toBe(0)
  expect(text).toContain(`Purser (function-url): $${totalOf(purserLines(usual)).toFixed(2)}`)
  expect(text).toContain('no price of it could be found')
})

test.each([
  [['--requests', 'many'], '--requests many is not a number from 0 on'],
  [['--seconds', '-1'], '--seconds'],
  [['--calls', '5'], '--calls'],
])('%j is refused with the option, its value and the remedy', (args, words) => {
  const { text, code } = cost(args)

  expect([code, text]).toEqual([2, expect.stringContaining(words)])
  expect(text).toContain('Usage: npm run cost')
})
