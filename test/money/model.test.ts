import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const model = fileURLToPath(new URL('../model.mjs', import.meta.url))

/** The model's own verdict. Its exit code is 0 where every scenario ended as expected. */
const check = async (...args: string[]) => (await run(process.execPath, [model, ...args])).stdout.trim().split('\n')

// The scenarios that run within a second; the whole set is a job of its own.
test.each(['alert once', 'alert edit'])('the protocol holds in the scenario "%s"', async (name) => {
  const lines = await check('--only', name)

  expect(lines.at(-1)).toMatch(/^1 scenarios, \d+ states, \d+ steps: no violation$/)
})

test.each(['alert only by who settled', 'one event twice in a batch', 'ledger before budgets'])(
  'the model would notice the mistake "%s"',
  async (name) => {
    const lines = await check('--naive', '--only', name)

    expect(lines.at(-1)).toMatch(/: 1 counterexamples$/)
  },
)
