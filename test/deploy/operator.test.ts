import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { type JsonObject, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { stackName } from './cdk.ts'
import { awsEnvironment, root } from './places.ts'
import { chat, makeKey } from './scenarios.ts'
import { deployedStack, until } from './stack.ts'

const stack = await deployedStack()

type Said = { code: number | null; text: string; json: JsonObject }

/** `npm run admin -- ... --stack Purser --json`, as an operator runs it beside the stack. */
function operator(...args: string[]): Promise<Said> {
  const program = join(root, 'infra/cli/admin.ts')
  const child = spawn(process.execPath, [program, ...args, '--stack', stackName, '--json'], {
    cwd: root,
    env: awsEnvironment(stack.endpoint),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [text, out] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text, json: objectOf(tryParse(out)) }))
  })
}

const booked = (alias: string): Promise<LedgerEntry> =>
  until(async () => {
    const entries = await stack.ledger.between(Date.now() - 600_000, Date.now() + 60_000)
    return entries.find((entry) => entry.key_alias === alias)
  })

/** An event as the gateway might have sent it: a copy of a true one, under a name of its own and without holds. */
async function anotherEvent(alias: string) {
  const key = await makeKey(stack, { key_alias: `${alias}-true` })
  await chat(stack, key)
  const entry = await booked(`${alias}-true`)
  const id = `${entry.id.slice(0, -5)}other`
  return { id, cost: entry.cost, event: { type: 'spend.v1', detail: { ...entry, id, key_alias: alias, holds: [] } } }
}

describe('the operator beside the deployed stack', () => {
  it('makes a key that works, and sees what it spent', async () => {
    const made = await operator('keys', 'create', 'operator-made', '--max', '5')
    const key = stringOf(made.json.key) ?? ''

    const answer = await chat(stack, key)
    await booked('operator-made')
    const spend = await operator('spend', '--by', 'key')

    expect(made).toMatchObject({ code: 0 })
    expect(answer.status).toBe(200)
    expect(spend.text).toContain('operator-made')
  })

  it('sends the outbox to the bus, from where it is booked', async () => {
    const { id, cost, event } = await anotherEvent('operator-outbox')
    const Item = { pk: { S: 'OUTBOX#2' }, sk: { S: id }, event: { S: JSON.stringify(event) }, writes: { N: '1' } }
    await stack.dynamo.send(new PutItemCommand({ TableName: stack.table, Item }))

    const replayed = await operator('outbox', 'replay')

    expect(replayed).toMatchObject({ code: 0, json: { waiting: 0 } })
    expect(await booked('operator-outbox')).toMatchObject({ id, cost })
  })

  it('lists dead letters and redrives them, after which they are booked', async () => {
    const { id, cost, event } = await anotherEvent('operator-dead')
    const body = { source: 'purser', 'detail-type': event.type, detail: event.detail }
    const QueueUrl = stack.outputs.DeadLettersUrl ?? ''
    await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }))

    const listed = await operator('dead', 'list')
    const redriven = await operator('dead', 'redrive')

    expect(listed.text).toContain(id)
    expect(redriven.code).toBe(0)
    expect(await booked('operator-dead')).toMatchObject({ id, cost })
  })

  it('finds ledger and counters of a key in agreement, and says so where they are not', async () => {
    const key = await makeKey(stack, { key_alias: 'operator-books', max_budget: 1 })
    await chat(stack, key)
    const { key_id = 'none', holds } = await booked('operator-books')
    const { event } = await anotherEvent('operator-tampered')

    const before = await operator('reconcile')
    // An entry that this budget has never heard of, as if somebody had tampered with the books.
    await stack.ledger.record([{ ...event.detail, key_id, holds }])
    const after = await operator('reconcile', '--wait', '1')

    expect(Number(before.json.windows)).toBeGreaterThan(0)
    expect(JSON.stringify(before.json.differences)).not.toContain(key_id)
    expect(JSON.stringify(after.json.differences)).toContain(key_id)
    expect(after.code).toBe(1)
  })
})
