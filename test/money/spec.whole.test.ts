import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.stop())

test("every request of the protocol does to the engine's items what it does to the model's", async () => {
  const model = fileURLToPath(new URL('../model.mjs', import.meta.url))

  const { stdout } = await promisify(execFile)(process.execPath, [model, '--store', store.endpoint])

  expect(stdout).toContain('500 takes of 3 at once on a limit of 100: 33 admitted')
  expect(stdout).toMatch(/\d{4} operations, the engine and the model agree on every answer and every item/)
})
