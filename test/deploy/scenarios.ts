import {
  type AttributeValue,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { objectOf, stringOf } from '../../lib/core/json.ts'
import { snsEvent } from '../e2e/account.ts'
import { type Answer, type Stack, until } from './stack.ts'

/** Rejects where something of what it tells did not happen. Each makes what it needs and expects nothing of the others. */
export type Scenario = (stack: Stack, patienceMs: number) => Promise<void>

/** Longer than any of it takes. */
const ordinaryMs = 30_000

let made = 0
const name = (what: string): string => `${what}-${process.pid}-${++made}`

function ok(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return answer
}

export async function makeKey(stack: Stack, terms: object): Promise<string> {
  return stringOf(ok(await stack.admin('/key/generate', { max_budget: 1, ...terms })).json.key) ?? ''
}

export const chat = (stack: Stack, key: string, more: object = {}): Promise<Answer> =>
  stack.gateway('/v1/chat/completions', key, {
    model: 'ok,tokens=8',
    max_tokens: 8,
    messages: [{ role: 'user', content: 'x' }],
    ...more,
  })

const respond = (stack: Stack, key: string, more: object = {}): Promise<Answer> =>
  stack.gateway('/v1/responses', key, { model: 'ok,tokens=8', max_output_tokens: 16, input: 'x', ...more })

/** The id of a response that the gateway has kept. */
async function stored(stack: Stack, key: string): Promise<string> {
  const { json, text } = ok(await respond(stack, key))
  if (json.store !== true) throw new Error(`it was not kept: ${text}`)
  return stringOf(json.id) ?? ''
}

async function sealedTurns(stack: Stack): Promise<number> {
  const { Count = 0 } = await stack.dynamo.send(
    new ScanCommand({
      TableName: stack.table,
      Select: 'COUNT',
      FilterExpression: 'begins_with(pk, :seal)',
      ExpressionAttributeValues: { ':seal': { S: 'SEAL#' } },
    }),
  )
  return Count
}

type Item = Record<string, AttributeValue>

async function items(stack: Stack, pk: string): Promise<Item[]> {
  const { Items = [] } = await stack.dynamo.send(
    new QueryCommand({
      TableName: stack.table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    }),
  )
  return Items
}

const outbox = async (stack: Stack): Promise<Item[]> =>
  (await Promise.all(Array.from({ length: 8 }, (_, shard) => items(stack, `OUTBOX#${shard}`)))).flat()

async function isBooked(stack: Stack, alias: string): Promise<boolean> {
  const entries = await stack.ledger.between(Date.now() - 600_000, Date.now() + 60_000)
  return entries.some((entry) => entry.key_alias === alias)
}

const isTold = async (stack: Stack, alias: string) => (await stack.posted()).some((text) => text.includes(alias))

type Straight = { mark: string; patienceMs: number }

/** That the bus took it: nothing of it (events with this mark in them) lies in the outbox meanwhile. */
const straight = (stack: Stack, { mark, patienceMs }: Straight, look: () => Promise<boolean>) =>
  until(async () => {
    const waiting = (await outbox(stack)).filter(({ event }) => event?.S?.includes(mark))
    if (waiting.length > 0) throw new Error('the bus did not take the event, it is in the outbox')
    return look()
  }, patienceMs)

export const scenarios = {
  /** A completion for a key with a budget, whose provider's key is in the secret. */
  async completes(stack) {
    const own = await makeKey(stack, {})
    ok(await chat(stack, own))
  },

  /** A response that a later one goes on from. */
  async remembers(stack) {
    const own = await makeKey(stack, {})
    ok(await respond(stack, own, { previous_response_id: await stored(stack, own) }))
  },

  /** Sealed reasoning that most clients drop, kept for the turn after. */
  async seals(stack, patienceMs) {
    const before = await sealedTurns(stack)
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]
    ok(await chat(stack, await makeKey(stack, {}), { model: 'thinker', max_tokens: 2000, tools }))
    await until(async () => (await sealedTurns(stack)) > before, patienceMs)
  },

  /** A stored response, deleted. */
  async forgets(stack) {
    const own = await makeKey(stack, {})
    const path = `/v1/responses/${await stored(stack, own)}`
    ok(await stack.gateway(path, own, undefined, 'DELETE'))
    const { status } = await stack.gateway(path, own)
    if (status !== 404) throw new Error(`it is still there: ${status}`)
  },

  /** From a completion to the ledger and the roll-ups, by the bus. */
  async books(stack, patienceMs) {
    const alias = name('books')
    ok(await chat(stack, await makeKey(stack, { key_alias: alias })))
    await straight(stack, { mark: alias, patienceMs }, () => isBooked(stack, alias))
  },

  /** For a gateway that may not put events: what the bus did not take waits in the outbox, unless the relay was there already. */
  async keeps(stack, patienceMs) {
    const alias = name('keeps')
    ok(await chat(stack, await makeKey(stack, { key_alias: alias })))
    await until(async () => (await outbox(stack)).length > 0 || isBooked(stack, alias), patienceMs)
    await empty(stack)
  },

  /** An alert from a crossing to the webhook. */
  async warns(stack, patienceMs) {
    const alias = name('warns')
    ok(await chat(stack, await makeKey(stack, { key_alias: alias, soft_budget: 0.001 })))
    await until(() => isTold(stack, alias), patienceMs)
  },

  /** Keys with an alias, made, listed and removed. */
  async managesKeys(stack) {
    const alias = name('managed')
    const own = await makeKey(stack, { key_alias: alias })
    const { text } = ok(await stack.admin('/key/list?return_full_object=true&size=100'))
    if (!text.includes(alias)) throw new Error(`${alias} is not listed: ${text}`)
    ok(await stack.admin('/key/delete', { keys: [own] }))
  },

  async managesTeams(stack) {
    const { json } = ok(await stack.admin('/team/new', { team_alias: name('team'), max_budget: 1 }))
    ok(await stack.admin('/team/delete', { team_ids: [json.team_id] }))
  },

  async managesUsers(stack) {
    const { json } = ok(await stack.admin('/user/new', { user_alias: name('user'), auto_create_key: false }))
    ok(await stack.admin('/user/delete', { user_ids: [json.user_id] }))
  },

  /** What a deployment asks for where the gateway's own budget is not there yet. */
  async makesGlobal(stack) {
    const global = { pk: { S: 'GLOBAL#-' }, sk: { S: '-' } }
    const ResponseURL = `${stack.webhookUrl}?deployment`
    const ids = { StackId: 's', RequestId: 'r', LogicalResourceId: 'Global', ResourceType: 'Custom' }
    const [had] = await items(stack, 'GLOBAL#-')
    await stack.dynamo.send(new DeleteItemCommand({ TableName: stack.table, Key: global }))
    try {
      await stack.invoke('Admin', { RequestType: 'Update', ResponseURL, ResourceProperties: {}, ...ids })
      if ((await items(stack, 'GLOBAL#-')).length === 0) throw new Error('the gateway has no budget')
    } finally {
      if (had) await stack.dynamo.send(new PutItemCommand({ TableName: stack.table, Item: had }))
    }
  },

  /** An edited limit is in its window before anybody calls, and the window is looked at: the soft limit was crossed before. */
  async edits(stack, patienceMs) {
    const alias = name('edits')
    const { own, pk } = await spent(stack, alias)
    ok(await stack.admin('/key/update', { key: own, max_budget: 2, soft_budget: 0.001 }))
    const [window] = await items(stack, pk)
    if (window?.limit?.N !== '2000000000') throw new Error(`the window has another limit: ${JSON.stringify(window)}`)
    await straight(stack, { mark: pk, patienceMs }, () => isTold(stack, alias))
  },

  /** The same where the bus takes nothing: that the window is to be looked at waits in the outbox. */
  async keepsLooks(stack, patienceMs) {
    const { own } = await spent(stack, name('looks'))
    ok(await stack.admin('/key/update', { key: own, max_budget: 2 }))
    await until(async () => (await outbox(stack)).length > 0, patienceMs)
    await empty(stack)
  },

  /** What waits in the outbox goes to the bus and from the outbox. */
  async relays(stack) {
    const event = { type: 'look.v1', detail: { version: 1, look: { pk: 'BUDGET#key#none', sk: 'total#0' } } }
    const Item = {
      pk: { S: 'OUTBOX#0' },
      sk: { S: name('look') },
      event: { S: JSON.stringify(event) },
      writes: { N: '1' },
    }
    await stack.dynamo.send(new PutItemCommand({ TableName: stack.table, Item }))
    try {
      await stack.invoke('Spend', { task: 'relay' })
      if ((await outbox(stack)).length > 0) throw new Error('the outbox is not empty')
    } finally {
      await empty(stack)
    }
  },

  async sweeps(stack) {
    await stack.invoke('Spend', { task: 'sweep' })
  },

  async counts(stack) {
    await stack.invoke('Spend', { task: 'count' })
  },

  async reports(stack) {
    await stack.invoke('Spend', { task: 'report', every: 'weekly' })
  },

  /** What one environment has learned of a provider that is down, it tells the others. */
  async leavesAlone(stack, patienceMs) {
    await forgetRoutes(stack)
    const own = await makeKey(stack, {})
    await until(async () => {
      await chat(stack, own, { model: 'status,status=429,retry-after=3600' })
      return (await routeNames(stack)).some((attribute) => attribute.startsWith('open:'))
    }, patienceMs)
  },

  /** How fast and how busy a deployment is, from its spend events. */
  async measures(stack, patienceMs) {
    await forgetRoutes(stack)
    ok(await chat(stack, await makeKey(stack, {})))
    await until(async () => (await routeNames(stack)).some((attribute) => attribute.startsWith('stat:')), patienceMs)
  },

  /** A canary that was rolled back, or was not, gets its share from now on. */
  async triesAgain(stack) {
    ok(await stack.admin('/canary/reset', { id: 'the-canary' }))
  },

  /** From a completion to the collector. */
  async exports(stack, patienceMs) {
    const model = `ok,tokens=3,name=${name('exported')}`
    ok(await chat(stack, await makeKey(stack, {}), { model }))
    await until(async () => (await stack.exported()).some((text) => text.includes(model)), patienceMs)
  },

  /** Something of the topic's to the webhook, whose address is in the secret. */
  async posts(stack) {
    const words = name('posts')
    await stack.invoke('Alerts', snsEvent(words))
    if (!(await isTold(stack, words))) throw new Error('nothing was posted')
  },
} satisfies Record<string, Scenario>

/** A key that has spent, all of it settled, and the partition of its window. No right that is tried has a part in this. */
async function spent(stack: Stack, alias: string): Promise<{ own: string; pk: string }> {
  const own = await makeKey(stack, { key_alias: alias })
  ok(await chat(stack, own))
  const entry = await until(async () => {
    const found = await stack.ledger.between(Date.now() - 600_000, Date.now() + 60_000)
    return found.find((one) => one.key_alias === alias)
  }, ordinaryMs)
  const pk = `BUDGET#key#${entry.key_id}`
  await until(async () => Object.keys(objectOf((await items(stack, pk))[0]?.holds?.M)).length === 0, ordinaryMs)
  return { own, pk }
}

const routeNames = async (stack: Stack): Promise<string[]> => Object.keys((await items(stack, 'ROUTE#state'))[0] ?? {})

async function forgetRoutes(stack: Stack): Promise<void> {
  const Key = { pk: { S: 'ROUTE#state' }, sk: { S: '-' } }
  await stack.dynamo.send(new DeleteItemCommand({ TableName: stack.table, Key }))
}

/** Takes everything from the outbox, so that the relay's minute cannot come between two scenarios. */
async function empty(stack: Stack): Promise<void> {
  for (const { pk, sk } of await outbox(stack))
    if (pk && sk) await stack.dynamo.send(new DeleteItemCommand({ TableName: stack.table, Key: { pk, sk } }))
}
