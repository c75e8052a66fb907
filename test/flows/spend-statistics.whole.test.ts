import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { defaultRouting } from '../../lib/core/routing.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'
import { spend } from '../support/spend-scene.ts'
import { spendWorld } from '../support/spend-world.ts'
import { freshStore } from '../support/store.ts'

let engine: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
beforeAll(async () => {
  engine = await freshStore()
  dynamo = sdkDynamo(engine.client)
})
afterAll(() => engine.stop())
beforeEach(async () => {
  await dynamo('DeleteItem', { TableName: engine.table, Key: { pk: { S: 'ROUTE#state' }, sk: { S: '-' } } })
})

const leastBusy = { routing: { ...defaultRouting, strategy: 'least-busy' as const } }
const batch = (name: string) =>
  ['a', 'b', 'c'].map((letter, n) =>
    spend(
      `m${n}`,
      spendEvent(attempt(`${name}${letter}`), 0, [], {
        deployment_id: n ? 'd2' : 'd1',
        first_token: noon + 100 * (n + 1),
        stream: true,
      }),
    ),
  )
const statistics = async () => (await routeStore({ dynamo, table: engine.table, now: () => noon }).read()).statistics

it('spend events become what routing knows of each deployment', async () => {
  const world = spendWorld(dynamo, {}, leastBusy)

  expect(await world.born().handle(batch('one'))).toEqual([])
  expect(await world.born().handle(batch('two'))).toEqual([])

  expect(await statistics()).toMatchObject({
    d1: { requests: 2, tokens: 30, firstToken: { ewmaMs: 100 } },
    d2: { requests: 4, tokens: 60, firstToken: { ewmaMs: 300 } },
  })
})

it('nothing is written where nothing goes by it', async () => {
  const world = spendWorld(dynamo)

  expect(await world.born().handle(batch('plain'))).toEqual([])

  expect(await statistics()).toEqual({})
})

it('a batch is done though its statistics could not be written', async () => {
  const refusing: Dynamo = async (operation, input) => {
    const { Key } = input as { Key?: { pk?: { S?: string } } }
    if (Key?.pk?.S === 'ROUTE#state') throw new DynamoError('AccessDeniedException', 'no')
    return dynamo(operation, input)
  }
  const world = spendWorld(refusing, {}, leastBusy)
  const messages = batch('denied')

  expect(await world.born().handle(messages)).toEqual([])

  expect(await world.ledger.find(attempt('denieda'))).toBeDefined()
  expect(world.log.join()).toContain("routing's statistics could not be written")
})
