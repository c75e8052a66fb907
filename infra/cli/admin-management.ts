import { randomBytes } from 'node:crypto'
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { eventBridgeBus, type PutEvents } from '../../lib/aws/bus.ts'
import { outboxStore } from '../../lib/aws/outbox.ts'
import { systemClock } from '../../lib/core/clock.ts'
import type { Config } from '../../lib/core/config.ts'
import { isObject, type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import type { Bus } from '../../lib/core/ports.ts'
import { adminFlow } from '../../lib/flows/admin.ts'
import type { Stack } from './admin-stack.ts'
import type { AdminStore } from './admin-store.ts'

/** One call of the management API: GET with a query, or POST with a body. Throws with the API's own words where it refuses. */
export type Management = {
  /** Where this is, for people. */
  place: string
  get: (path: string, query?: Record<string, string>) => Promise<unknown>
  post: (path: string, body: JsonObject) => Promise<unknown>
}

type Sent = { method: 'GET' | 'POST'; path: string; query?: Record<string, string>; body?: JsonObject }
type Send = (of: Sent) => Promise<{ status: number; text: string }>

const management = (place: string, send: Send): Management => ({
  place,
  get: (path, query = {}) => answerOf(path, send({ method: 'GET', path, query })),
  post: (path, body) => answerOf(path, send({ method: 'POST', path, body })),
})

async function answerOf(path: string, sent: Promise<{ status: number; text: string }>): Promise<unknown> {
  const { status, text } = await sent
  const body = tryParse(text)
  if (status < 300) return body
  const { message } = objectOf(objectOf(body).error)
  throw new Error(typeof message === 'string' ? message : `${path} answered ${status}: ${text.slice(0, 200)}`)
}

/** A gateway's management API over HTTP. */
export function httpManagement(url: string, masterKey: string): Management {
  const base = URL.parse(url)
  if (!base)
    throw new Error(
      `--url ${url} is no URL. Remedy: give AdminUrl as \`cdk deploy\` printed it, or http://127.0.0.1:4000.`,
    )
  return management(base.href, async ({ method, path, query, body }) => {
    const target = new URL(path.slice(1), base.href.endsWith('/') ? base : `${base.href}/`)
    target.search = new URLSearchParams(query).toString()
    const headers = { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' }
    try {
      const reply = await fetch(target, { method, headers, ...(body && { body: JSON.stringify(body) }) })
      return { status: reply.status, text: await reply.text() }
    } catch (error) {
      throw new Error(`${target.origin} does not answer. Remedy: check --url.`, { cause: error })
    }
  })
}

/** The same API in this process, on the table: one set of rules for keys, wherever they are made. */
export function localManagement(store: AdminStore, config: Config, stack: Stack | undefined): Management {
  const masterKey = `sk-${randomBytes(24).toString('base64url')}`
  const flow = adminFlow(config, {
    ...store,
    clock: systemClock,
    random: Math.random,
    randomBytes: (count) => randomBytes(count),
    bus: busOf(store, stack),
    log: () => undefined,
    masterKey: async () => masterKey,
  })
  return management(store.place, async ({ method, path, query = {}, body }) => {
    const reply = await flow({
      method,
      path,
      query,
      headers: { authorization: `Bearer ${masterKey}`, 'litellm-changed-by': 'npm run admin' },
      body: Buffer.from(body ? JSON.stringify(body) : ''),
      requestId: 'admin',
      receivedAt: Date.now(),
    })
    return { status: reply.status, text: typeof reply.body === 'string' ? reply.body : '' }
  })
}

/**
 * Who looks at a window's thresholds after an edit: the aggregator, over the stack's bus. On this machine nobody needs to be
 * told: the next settlement of the window looks at them anyway.
 */
const busOf = ({ dynamo, table }: AdminStore, stack: Stack | undefined): Bus =>
  stack
    ? eventBridgeBus({
        putEvents: putEvents(),
        outbox: outboxStore(dynamo, table),
        busName: stack.bus,
        clock: systemClock,
      })
    : { publish: () => Promise.resolve() }

/** PutEvents by the SDK's client, which is loaded only here. */
export function putEvents(): PutEvents {
  let made: Promise<{ client: EventBridgeClient; sdk: typeof import('@aws-sdk/client-eventbridge') }> | undefined
  return async (input) => {
    made ??= import('@aws-sdk/client-eventbridge').then((sdk) => ({ sdk, client: new sdk.EventBridgeClient({}) }))
    const { client, sdk } = await made
    return client.send(new sdk.PutEventsCommand(input))
  }
}

/** Members of an answer that is a list of objects under a name, or a list itself. */
export const listIn = (answer: unknown, name?: string): JsonObject[] => {
  const list = name === undefined ? answer : objectOf(answer)[name]
  return Array.isArray(list) ? list.filter(isObject) : []
}
