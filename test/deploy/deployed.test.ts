import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { objectOf } from '../../lib/core/json.ts'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { fromDollars } from '../../lib/core/money.ts'
import { cdk, stackName } from './cdk.ts'
import { writeConfig } from './configs.ts'
import { account } from './places.ts'
import { chat, makeKey, scenarios } from './scenarios.ts'
import { assumeRole, type RoleCredentials } from './signed-query.ts'
import { type Answer, deployedStack, until } from './stack.ts'

const stack = await deployedStack()

const spendOf = async (key: string): Promise<number> =>
  Number(objectOf((await stack.admin(`/key/info?key=${key}`)).json.info).spend)
/** What the gateway said that a call cost. */
const costOf = ({ json }: Answer): number => Number(objectOf(json.usage).cost)
const entriesOf = async (alias: string): Promise<LedgerEntry[]> => {
  const entries = await stack.ledger.between(Date.now() - 600_000, Date.now() + 60_000)
  return entries.filter((entry) => entry.key_alias === alias)
}
const booked = (alias: string): Promise<LedgerEntry[]> =>
  until(async () => {
    const found = await entriesOf(alias)
    return found.length > 0 && found
  })

describe('the emulated account', () => {
  const asRole = async (over: Partial<RoleCredentials> = {}) => {
    const role = `arn:aws:iam::${account.id}:role/${stack.named('AlertsRole', 'AWS::IAM::Role')}`
    const credentials = { ...(await assumeRole(stack.endpoint, role, 'test')), ...over }
    return new SecretsManagerClient({ endpoint: stack.endpoint, region: account.region, credentials })
  }
  const read = new GetSecretValueCommand({ SecretId: stackName })
  const write = new PutSecretValueCommand({ SecretId: stackName, SecretString: '{}' })

  it('takes a request that a role of ours has signed', async () => {
    const client = await asRole()

    await expect(client.send(read)).resolves.toMatchObject({ Name: stackName })
  })

  it('refuses the same request with a wrong signature', async () => {
    const client = await asRole({ secretAccessKey: 'not the secret' })

    await expect(client.send(read)).rejects.toThrow(/signature/i)
  })

  it('refuses what the role may not do', async () => {
    const client = await asRole()

    await expect(client.send(write)).rejects.toThrow(/not authorized/i)
  })
})

describe('the deployed stack', () => {
  it("has made the gateway's own budget at its deployment", async () => {
    const Key = { pk: { S: 'GLOBAL#-' }, sk: { S: '-' } }

    const { Item } = await stack.dynamo.send(new GetItemCommand({ TableName: stack.table, Key }))

    expect(JSON.stringify(Item)).toContain(String(fromDollars(1000)))
  })

  it('takes a call from a key to the ledger and the budget', async () => {
    const key = await makeKey(stack, { key_alias: 'svc-one' })

    const answer = await chat(stack, key)
    const entries = await booked('svc-one')

    expect(answer.status).toBe(200)
    expect(entries).toMatchObject([{ outcome: 'completed', cost: fromDollars(costOf(answer)) }])
    expect(await spendOf(key)).toBeCloseTo(costOf(answer), 9)
  })

  it('streams piece by piece, and books what was streamed', async () => {
    const key = await makeKey(stack, { key_alias: 'svc-stream' })

    const answer = await chat(stack, key, { model: 'ok,tokens=5,gap=150', stream: true })
    const entries = await booked('svc-stream')

    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    expect(answer.text).toContain('data: [DONE]')
    expect(answer.lastMs - answer.firstMs).toBeGreaterThan(300)
    expect(entries).toMatchObject([{ outcome: 'completed', stream: true, usage: { completion: 5 } }])
    expect(await spendOf(key)).toBeCloseTo((entries[0]?.cost ?? 0) / 1e9, 9)
  })

  it('refuses a key that it has not made', async () => {
    const answer = await chat(stack, 'sk-nobody')

    expect(answer.status).toBe(401)
  })

  it('holds a budget against many calls at once', async () => {
    const rush = (key: string, waitMs: number) =>
      Promise.all(Array.from({ length: 12 }, () => chat(stack, key, { model: `ok,tokens=8,wait=${waitMs}` })))
    // Twelve environments that start at once are a test of this machine, whose emulator then answers after the gateway's patience.
    await rush(await makeKey(stack, { max_budget: 10 }), 1000)
    const key = await makeKey(stack, { max_budget: 0.05, key_alias: 'svc-rush' })

    const answers = await rush(key, 50)
    const paid = answers.filter(({ status }) => status === 200)
    await until(async () => (await entriesOf('svc-rush')).length === paid.length)

    expect(answers.filter(({ status }) => status !== 200 && status !== 429)).toEqual([])
    expect(paid.length).toBeGreaterThanOrEqual(3)
    expect(await spendOf(key)).toBeCloseTo(
      paid.map(costOf).reduce((sum, cost) => sum + cost, 0),
      9,
    )
    expect(await spendOf(key)).toBeLessThanOrEqual(0.05)
  })

  it('tells of the soft and the hard limit once each over topic and webhook, and answers 429 from then on', async () => {
    const alias = 'svc-alerted'
    const told = async (kind: string) =>
      (await stack.posted()).filter((one) => one.includes(alias) && one.includes(kind))
    const key = await makeKey(stack, { max_budget: 0.02, soft_budget: 0.001, key_alias: alias })

    const first = await chat(stack, key)
    await until(async () => (await told('Soft budget crossed')).length > 0)
    const statuses: number[] = []
    for (let calls = 0; calls < 8 && statuses.at(-1) !== 429; calls++) statuses.push((await chat(stack, key)).status)
    await until(async () => (await told('Hard budget reached')).length > 0)

    expect(first.status).toBe(200)
    expect(statuses.at(-1)).toBe(429)
    expect(await told('Soft budget crossed')).toHaveLength(1)
    expect(await told('Hard budget reached')).toHaveLength(1)
    expect((await chat(stack, key)).status).toBe(429)
  })

  it('sends again from the outbox what the bus did not take, when the schedule says so', async () => {
    const key = await makeKey(stack, { key_alias: 'svc-relay' })
    await chat(stack, key)
    const [entry] = await booked('svc-relay')
    const id = `${entry?.id.slice(0, -5)}again`
    const event = { type: 'spend.v1', detail: { ...entry, id, key_alias: 'svc-relayed', holds: [] } }
    const Item = { pk: { S: 'OUTBOX#3' }, sk: { S: id }, event: { S: JSON.stringify(event) }, writes: { N: '1' } }
    await stack.dynamo.send(new PutItemCommand({ TableName: stack.table, Item }))

    await stack.invoke('Spend', { task: 'relay' })

    expect(await booked('svc-relayed')).toMatchObject([{ id, cost: entry?.cost }])
  })

  it('exports a span of a call to the collector', async () => {
    await scenarios.exports(stack, 20_000)

    expect((await stack.exported()).join()).toContain('gen_ai.request.model')
  })
})

describe('a deployment of another config', () => {
  it('keeps keys and spend, and serves the new model', async () => {
    const key = await makeKey(stack, { key_alias: 'svc-kept' })
    const before = costOf(await chat(stack, key))
    await booked('svc-kept')
    const config = writeConfig('second', stack.upstreamUrl, ['*', 'ok,tokens=3'])

    const outputs = await cdk(stack.endpoint).deploy({ ...stack.settings, config })
    const kept = await spendOf(key)
    const answer = await chat(stack, key, { model: 'ok,tokens=3' })
    const listed = await stack.gateway('/v1/models', key)

    expect(outputs).toEqual(stack.outputs)
    expect(kept).toBeCloseTo(before, 9)
    expect(answer.status).toBe(200)
    expect(listed.text).toContain('ok,tokens=3')
  })
})
