import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { outboxStore } from '../../lib/aws/outbox.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { dynamoClient } from '../../lib/aws/table.ts'
import { signedDynamo } from '../../lib/aws/signed.ts'
import type { KeyRecord } from '../../lib/core/records.ts'
import type { BusEvent, SpendEvent } from '../../lib/core/spend-event.ts'
import { exception, type Fate, only, silences, startNetwork, type WireCall } from '../support/network.ts'
import { attempt, keyRecord, spendEvent } from '../support/spend.ts'
import type { StoreOf } from './store.ts'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
/** Far above what a call takes here, far below a test's patience. */
const timeoutMs = 700

const cancelled = (...reasons: string[]) =>
  exception('TransactionCanceledException', 400, { CancellationReasons: reasons.map((Code) => ({ Code })) })

/** What a busy or stumbling service may say to any call, with nothing done, or (`after`) with the work done. */
const refusals: [string, Fate][] = [
  ['is throttled', exception('ThrottlingException')],
  ['exceeds the throughput', exception('ProvisionedThroughputExceededException')],
  ['exceeds the request limit', exception('RequestLimitExceeded')],
  ['meets a transaction', exception('TransactionConflictException')],
]
const stumbles: [string, Fate][] = [
  ...silences
    .filter((silence) => !silence.startsWith('stalled'))
    .map((silence): [string, Fate] => [`is ${silence}`, silence]),
  ['fails with 500', exception('InternalServerError', 500)],
  ['fails with 500 once it is done', { ...(exception('InternalServerError', 500) as object), after: true } as Fate],
  ['fails with 503', exception('ServiceUnavailable', 503)],
]
/** Seconds of waiting each, so only where it matters that the wait ends. */
const stalls: [string, Fate][] = [
  ['is stalled before', 'stalled before'],
  ['is stalled after', 'stalled after'],
]
const transactional: [string, Fate][] = [
  ['meets another transaction', cancelled('TransactionConflict', 'None')],
  ['is throttled in part', cancelled('None', 'ThrottlingError')],
  ['exceeds the throughput in part', cancelled('ProvisionedThroughputExceeded', 'None')],
  ['is still under way', exception('TransactionInProgressException')],
]
const done = new Set(['is lost after', 'is lost, late', 'is stalled after', 'fails with 500 once it is done'])

/** The store behind a network that can lose an answer, or invent one. No engine conflicts or throttles by itself. */
export function faultsContract(at: StoreOf): void {
  const network = startNetwork()
  let url = ''
  let client: DynamoDBClient
  beforeAll(async () => {
    url = await network.through('dynamodb', at().endpoint)
    client = new DynamoDBClient({
      endpoint: url,
      region: 'us-east-1',
      credentials,
      maxAttempts: 1,
      requestHandler: { requestTimeout: timeoutMs, throwOnRequestTimeout: true },
    })
  })
  afterEach(() => network.under())
  afterAll(async () => {
    client.destroy()
    await network.stop()
  })

  const signed = () =>
    signedDynamo({ endpoint: url, region: 'us-east-1', credentials: async () => credentials, timeoutMs })
  const sdk: Dynamo = (operation, input) => sdkDynamo(client)(operation, input)
  const direct: Dynamo = (operation, input) => sdkDynamo(at().client)(operation, input)
  const to = (target: string) => (call: WireCall) => call.target === target
  let names = 0

  describe.each([
    ['the thin client', signed],
    ["the SDK's client", () => sdk],
  ])('a take over %s', (_, make) => {
    const fresh = async () => {
      const on = { pk: `BUDGET#key#fault${++names}`, sk: 'total#0' }
      await budgetStore(direct, at().table).create(on, 100, 1)
      return { on, budgets: budgetStore(make(), at().table) }
    }
    const heldOn = async (on: { pk: string; sk: string }) => (await budgetStore(direct, at().table).read(on))?.holds

    it.each([...stumbles, ...stalls])(
      'that %s is `lost`, sent once, and takes effect once or never',
      async (name, fate) => {
        const { on, budgets } = await fresh()
        network.under(only(to('UpdateItem'), fate))

        const answer = await budgets.take(on, 'a', 40, 1)
        await network.settleLate()

        expect(answer.outcome).toBe('lost')
        expect(network.calls).toHaveLength(1)
        expect(await heldOn(on)).toEqual(done.has(name) ? { a: 40 } : {})
      },
    )

    it.each(refusals)('that %s is `refused`, and nothing happened', async (_name, fate) => {
      const { on, budgets } = await fresh()
      network.under(only(to('UpdateItem'), fate))

      expect(await budgets.take(on, 'a', 40, 1)).toMatchObject({ outcome: 'refused' })

      expect(network.calls).toHaveLength(1)
      expect(await heldOn(on)).toEqual({})
      expect(await budgets.take(on, 'a', 40, 1)).toMatchObject({ outcome: 'done' })
    })
  })

  it('is not waited for without end by a client of the functions', async () => {
    const on = { pk: `BUDGET#key#fault${++names}`, sk: 'total#0' }
    const patient = dynamoClient({ endpoint: url, region: 'us-east-1', credentials })
    network.under(only(to('UpdateItem'), 'stalled before'))

    expect(await budgetStore(sdkDynamo(patient), at().table).cancel(on, 'a')).toMatchObject({ outcome: 'lost' })

    expect(network.calls).toHaveLength(1)
    patient.destroy()
  })

  describe('reading', () => {
    it.each([...refusals, ...stumbles])('a window that %s is asked for again', async (_, fate) => {
      const on = { pk: `BUDGET#key#read${++names}`, sk: 'total#0' }
      const budgets = budgetStore(sdk, at().table)
      await budgets.create(on, 7, 1)

      network.under(only(to('GetItem'), fate))
      expect(await budgets.read(on)).toMatchObject({ limit: 7 })
      network.under(only(to('Query'), fate))
      expect(await budgets.windows('key', on.pk.split('#')[2] ?? '')).toHaveLength(1)
      network.under(only(to('Scan'), fate))
      const all: string[] = []
      for await (const { key } of budgets.all()) all.push(key.pk)
      expect(all.filter((pk) => pk === on.pk)).toHaveLength(1)
    })

    it.each([...refusals, ...stumbles])('a record that %s is asked for again', async (_, fate) => {
      const record = another()
      const directory = recordStore(signed(), at().table)
      await directory.create(record)

      for (const target of ['GetItem', 'Query', 'BatchGetItem']) {
        network.under(only(to(target), fate))
        expect(await directory.keyByHash(record.hash)).toEqual(record)
        expect((await directory.list('key')).find(({ id }) => id === record.id)).toEqual(record)
      }
    })
  })

  const another = (): KeyRecord => {
    const n = ++names
    return { ...keyRecord(), id: `fault ${n}`, hash: `fault hash ${n}`, alias: `fault alias ${n}`, createdAt: 1e12 + n }
  }

  describe('a record', () => {
    it.each([...refusals, ...stumbles, ...stalls, ...transactional])(
      'whose write %s is there once, whole',
      async (_, fate) => {
        const directory = recordStore(sdk, at().table)
        const clean = recordStore(direct, at().table)
        const record = another()
        const next = { ...record, hash: `${record.hash} next`, alias: `${record.alias} next`, updatedAt: 2 }

        network.under(only(to('TransactWriteItems'), fate))
        expect(await directory.create(record)).toBe('created')
        await network.settleLate()
        expect(await clean.keyByHash(record.hash)).toEqual(record)
        expect(tokens(network.calls)).toHaveLength(1)

        network.under(only(to('TransactWriteItems'), fate))
        expect(await directory.replace(record, next)).toBe('replaced')
        await network.settleLate()
        expect(await clean.keyByHash(record.hash)).toBeUndefined()
        expect(await clean.keyByAlias(record.alias ?? '')).toBeUndefined()
        expect(await clean.keyByHash(next.hash)).toEqual(next)
        expect(await clean.keyByAlias(next.alias)).toEqual(next)

        network.under(only(to('TransactWriteItems'), fate))
        await directory.remove(next)
        await network.settleLate()
        expect(await clean.keyByHash(next.hash)).toBeUndefined()
        expect((await clean.list('key')).filter(({ id }) => id === next.id)).toEqual([])
      },
    )

    it('that stays refused ends as `unavailable`, and is not there', async () => {
      const record = another()
      network.under(only(to('TransactWriteItems'), cancelled('TransactionConflict'), Infinity))

      await expect(recordStore(sdk, at().table).create(record)).rejects.toMatchObject({ code: 'unavailable' })

      expect(await recordStore(direct, at().table).keyByHash(record.hash)).toBeUndefined()
    })
  })

  describe('the ledger', () => {
    it.each([...refusals, ...stumbles, ...transactional])('has each entry once where a write %s', async (_, fate) => {
      const n = ++names
      const events = [1, 2, 3].map((cost) =>
        spendEvent(attempt(`F${n}x${cost}`), cost, [], { model_group: `fault ${n}` }),
      )
      const lost = spendEvent(attempt(`F${n}lost`), 0, [], { outcome: 'lost' })
      const ledger = ledgerStore(sdk, at().table)

      network.under(only(to('TransactWriteItems'), fate))
      await ledger.record(events)
      network.under(only(to('PutItem'), transactional.some(([, one]) => one === fate) ? 'lost after' : fate))
      expect(['written', 'exists']).toContain(await ledger.recordLost(lost))
      await network.settleLate()

      network.under(only(to('GetItem'), 'lost before'))
      expect((await ledger.find(lost.id))?.outcome).toBe('lost')
      network.under(only(to('GetItem'), exception('ThrottlingException')))
      expect(await ledger.total('model', `fault ${n}`)).toMatchObject({ spend: 6, requests: 3 })
    })
  })

  describe('the outbox', () => {
    const event = (id: string): BusEvent => ({ type: 'spend.v1', detail: { id } as SpendEvent })

    it.each([...refusals, ...stumbles])('keeps an event whose write %s', async (_, fate) => {
      const id = `fault ${++names}`
      const sent: BusEvent[] = []
      network.under(only(to('UpdateItem'), fate))

      await outboxStore(signed(), at().table).put(id, event(id))
      await network.settleLate()
      await outboxStore(direct, at().table).relay(async (events) => void sent.push(...events))

      expect(sent).toEqual([event(id)])
    })

    it.each([...refusals, ...stumbles])('is relayed to its end where a read or a removal %s', async (name, fate) => {
      const ids = [1, 2, 3].map(() => `fault ${++names}`)
      const outbox = outboxStore(sdk, at().table)
      const sent: string[] = []
      const publish = async (events: readonly BusEvent[]) =>
        void sent.push(...events.map(({ detail }) => ('id' in detail ? detail.id : '')))
      for (const id of ids) await outbox.put(id, event(id))

      network.under(only(to('Query'), fate))
      expect(await outbox.relay(publish)).toBe(3)
      expect(sent.toSorted()).toEqual(ids.toSorted())

      await outbox.put(ids[0] ?? '', event(ids[0] ?? ''))
      network.under(only(to('DeleteItem'), fate))
      await outbox.relay(publish)
      await network.settleLate()
      network.under()
      // An event whose removal got lost may go out again; consumers know it by its id. Then it is gone.
      expect(await outbox.relay(publish)).toBe(done.has(name) ? 0 : 1)
      expect(await outbox.relay(publish)).toBe(0)
    })
  })
}

/** The idempotency tokens of all transactions that were sent: one, however often it was. */
const tokens = (calls: readonly WireCall[]) => [
  ...new Set(
    calls
      .filter(({ target }) => target === 'TransactWriteItems')
      .map(({ body }) => (JSON.parse(body) as { ClientRequestToken?: string }).ClientRequestToken),
  ),
]
