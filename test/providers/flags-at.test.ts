import { expect, test } from 'vitest'
import type { Secret } from '../../lib/core/deployment.ts'
import { flagsAt } from '../../lib/providers/flags-at.ts'

const strict = { strictFields: true, developerRole: true }
const row = 'https://api.openai.com/v1'

test.each<[Secret | undefined, boolean]>([
  [undefined, true],
  [{ value: 'https://api.openai.com/v1' }, true],
  [{ value: 'https://eu.api.openai.com/v1' }, true],
  [{ value: 'https://api.openai.com.example/v1' }, false],
  [{ value: 'https://myapi.openai.com/v1' }, false],
  [{ value: 'http://127.0.0.1:8000/v1' }, false],
  [{ value: 'no address' }, false],
  [{ env: 'OPENAI_API_BASE' }, false],
])('at %j the host is as strict as the row says: %s', (apiBase, strictFields) => {
  const deployment = apiBase === undefined ? {} : { apiBase }

  expect(flagsAt(deployment, row, strict)).toEqual({ ...strict, strictFields })
})

test('a row without an address of its own is meant as it is, wherever it points', () => {
  expect(flagsAt({ apiBase: { value: 'https://mine.openai.azure.com' } }, undefined, strict)).toBe(strict)
})
