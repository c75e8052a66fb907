import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliveryStore } from '../../lib/aws/deliveries.ts'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { keyAttributes, keys } from '../../lib/aws/schema.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
beforeAll(async () => {
  store = await freshStore()
  dynamo = sdkDynamo(store.client)
})
afterAll(() => store.stop())

let now = Date.UTC(2026, 10, 23, 9)
const clock = { now: () => now }
const pace = { sleep: () => Promise.resolve(), random: () => 0, tries: 10 }
const deliveries = (over: Dynamo = dynamo) => deliveryStore({ dynamo: over, table: store.table, clock, pace })

test('gives a notice to one of many, and to nobody once it was told', async () => {
  const claims = await Promise.all(Array.from({ length: 8 }, () => deliveries().claim('n1', 'slack')))
  const [mine] = claims.filter((claim) => claim.state === 'mine')

  expect(claims.map(({ state }) => state).sort()).toEqual([...Array.from({ length: 7 }, () => 'busy'), 'mine'])
  await mine?.done()
  now += 3_600_000

  expect(await deliveries().claim('n1', 'slack')).toEqual({ state: 'done' })
  expect(await deliveries().claim('n1', 'pagerduty')).toMatchObject({ state: 'mine' })
})

test('gives it to the next at once where the first could not tell it', async () => {
  const first = await deliveries().claim('n2', 'slack')
  if (first.state === 'mine') await first.release()

  expect(await deliveries().claim('n2', 'slack')).toMatchObject({ state: 'mine' })
})

test('gives it to the next after a while where the first has died', async () => {
  await deliveries().claim('n3', 'slack')
  now += 44_000
  const early = await deliveries().claim('n3', 'slack')
  now += 2000
  const late = await deliveries().claim('n3', 'slack')

  expect([early.state, late.state]).toEqual(['busy', 'mine'])
})

test('one who was too slow cannot give back what is somebody else’s by now', async () => {
  const slow = await deliveries().claim('n4', 'slack')
  now += 46_000
  await deliveries().claim('n4', 'slack')
  if (slow.state === 'mine') await slow.release()

  expect(await deliveries().claim('n4', 'slack')).toEqual({ state: 'busy' })
})

test('a claim whose answer was lost is still a claim', async () => {
  let calls = 0
  const losing: Dynamo = async (operation, input) => {
    const output = await dynamo(operation, input)
    if (calls++ === 0) throw new DynamoError('lost', 'no answer', { lost: true })
    return output
  }

  expect(await deliveries(losing).claim('n5', 'slack')).toMatchObject({ state: 'mine' })
  expect(calls).toBe(2)
})

test('rejects where the table says no', async () => {
  const refusing: Dynamo = () => Promise.reject(new DynamoError('AccessDeniedException', 'not authorised'))

  await expect(deliveries(refusing).claim('n6', 'slack')).rejects.toThrow('not authorised')
})

test('is forgotten after thirty days', async () => {
  await deliveries().claim('n7', 'slack')
  const { Item } = await dynamo('GetItem', { TableName: store.table, Key: keyAttributes(keys.delivery('n7', 'slack')) })

  expect(Number(Item?.ttl?.N)).toBe(Math.floor(now / 1000) + 30 * 86_400)
})
