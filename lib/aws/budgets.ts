import type { Answer, Budgets, WindowItem, WindowKey } from '../core/budget.ts'
import { type BudgetUpdate, budgetUpdates, createInput, newWindow, updateInput } from './budget-requests.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { freedSignals } from './freed-signals.ts'
import { patiently, readPace } from './ledger-pace.ts'
import { itemsOf, listOfItems } from './pages.ts'
import { type Attributes, fromAttributes, keyAttributes, keys } from './schema.ts'

/**
 * Budget windows in the one table. Every operation is sent exactly once, and every way it can end is an answer: what is
 * done next is the protocol's decision, not the transport's. Reads alone are repeated: nothing can come of them.
 */
export function budgetStore(dynamo: Dynamo, table: string): Budgets {
  const signals = freedSignals()

  const update = (request: BudgetUpdate) =>
    answered(async () => itemOf((await dynamo('UpdateItem', updateInput(table, request))).Attributes))
  /** The same for what may give money back: requests of this process that wait for it are told. */
  const free = async (request: BudgetUpdate) => {
    const answer = await update(request)
    if (answer.outcome === 'done') signals.tell(request.on)
    return answer
  }

  return {
    create: (on, limit, v, ttl) =>
      answered(async () => {
        await dynamo('PutItem', createInput(table, { on, limit, v, ttl }))
        return newWindow(limit, v)
      }),
    take: (on, id, amount, v) => update(budgetUpdates.take(on, id, { amount, v })),
    release: (on, id, amount) => free(budgetUpdates.release(on, id, amount)),
    cancel: (on, id) => free(budgetUpdates.cancel(on, id)),
    settle: (on, entries) => free(budgetUpdates.settle(on, entries)),
    settleLost: (on, id, kept, cost) => free(budgetUpdates.settleLost(on, id, { kept, cost })),
    expire: (on, id, amount, kept) => update(budgetUpdates.expire(on, id, { amount, kept })),
    resolve: (on, id, was, now) => free(budgetUpdates.resolve(on, id, { was, now })),
    edit: (on, limit, v, was, old) => free(budgetUpdates.edit(on, { limit, v }, { was, old })),
    claim: (on, alert, until, now) => update(budgetUpdates.claim(on, alert, { until, now })),
    sent: (on, alert) => update(budgetUpdates.sent(on, alert)),
    read: async (on) => {
      const input = { TableName: table, Key: keyAttributes(on), ConsistentRead: true }
      const { Item } = await patiently(readPace, () => dynamo('GetItem', input))
      return Item && itemOf(Item)
    },
    windows: (kind, id) => windowsOf(dynamo, table, keys.budget(kind, id)),
    all: () => allWindows(dynamo, table),
    onFreed: signals.listen,
  }
}

/** One call as an answer. Anything but a definite no of the service counts as lost: it may have taken effect, or may yet. */
async function answered(call: () => Promise<WindowItem>): Promise<Answer> {
  try {
    return { outcome: 'done', item: await call() }
  } catch (error) {
    if (!(error instanceof DynamoError)) throw error
    const reason = `${error.code}: ${error.message}`
    if (error.certainty === 'lost') return { outcome: 'lost', reason }
    if (error.code !== 'ConditionalCheckFailedException') return { outcome: 'refused', reason }
    return error.item ? { outcome: 'failed', item: itemOf(error.item) } : { outcome: 'failed' }
  }
}

function itemOf(attributes: Attributes | undefined): WindowItem {
  const { limit, available, spent, unsettled, v, holds, lost, alerts } = fromAttributes(attributes ?? {})
  return { limit, available, spent, unsettled, v, holds, lost, alerts } as WindowItem
}

type Found = { key: WindowKey; item: WindowItem }

const foundOf = (attributes: Attributes): Found => {
  const { pk, sk } = fromAttributes(attributes) as WindowKey
  return { key: { pk, sk }, item: itemOf(attributes) }
}

async function windowsOf(dynamo: Dynamo, table: string, pk: string): Promise<Found[]> {
  const input = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
    ConsistentRead: true,
  }
  return (await listOfItems(dynamo, { operation: 'Query', input })).map(foundOf)
}

async function* allWindows(dynamo: Dynamo, table: string): AsyncIterable<Found> {
  const input = {
    TableName: table,
    FilterExpression: 'begins_with(pk, :budget)',
    ExpressionAttributeValues: { ':budget': { S: 'BUDGET#' } },
    ConsistentRead: true,
  }
  for await (const item of itemsOf(dynamo, { operation: 'Scan', input })) yield foundOf(item)
}
