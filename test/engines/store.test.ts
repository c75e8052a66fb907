import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeContract, type TestStore } from '../contracts/store.ts'
import { freshJavaStore } from './java.ts'

storeContract("AWS's DynamoDB Local", freshJavaStore)

describe("the money protocol on AWS's DynamoDB Local", () => {
  let store: TestStore
  beforeAll(async () => {
    store = await freshJavaStore()
  })
  afterAll(() => store.stop())

  it("does to the engine's items what it does to the model's", async () => {
    const model = fileURLToPath(new URL('../model.mjs', import.meta.url))

    const { stdout } = await promisify(execFile)(process.execPath, [model, '--store', store.endpoint])

    expect(stdout).toContain('500 takes of 3 at once on a limit of 100: 33 admitted')
    expect(stdout).toMatch(/\d{4} operations, the engine and the model agree on every answer and every item/)
  })
})
