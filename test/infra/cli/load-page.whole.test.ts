import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadTable } from '../../../infra/cli/load.ts'
import { quotas } from '../../../infra/cli/load-quotas.ts'

test('infra/load.md shows the numbers of the simulation, and every quota it goes by', () => {
  const page = readFileSync(new URL('../../../infra/load.md', import.meta.url), 'utf8')

  expect(page).toContain(loadTable())
  for (const { value, source, date } of Object.values(quotas)) {
    expect(page).toContain(value.toLocaleString('en-US'))
    expect(page).toContain(source)
    expect(page).toContain(date)
  }
})
