import { parseArgs } from 'node:util'
import { keys, outboxShards } from '../../lib/aws/schema.ts'
import { fromDollars } from '../../lib/core/money.ts'
import { systemClock } from '../../lib/core/clock.ts'
import { type Orphan, type OrphanPorts, orphans, resolveOrphan } from './admin-orphans.ts'
import { orphanJson, orphanTable, resolvedText } from './admin-print.ts'
import { type AdminStore, openStore } from './admin-store.ts'
import { sweepStore } from './admin-sweep.ts'

const usage = `Usage: npm run admin -- <command>

  orphans [list]                          attempts whose gateway was killed: who, what, when, and what is counted for them
  orphans resolve <id> --cost <dollars>   count no more than this for a lost attempt from now on
  sweep                                   move expired holds to the lost ones now, instead of tonight
  outbox                                  how many events wait for the bus

  --json                                  print JSON

Which store: PURSER_TABLE (a table on AWS, with the usual AWS_ variables), AWS_ENDPOINT_URL_DYNAMODB, else the data
directory PURSER_DATA_DIR (default .purser), through its server if that is running.
Exit code: 0 done, 1 failed, 2 not understood.`

export type AdminWorld = {
  env: Record<string, string | undefined>
  print: (text: string) => void
  complain: (text: string) => void
}

class UsageError extends Error {}

type Command = (store: AdminStore, world: AdminWorld) => Promise<string>

/** The operator's tool. Resolves with the exit code. */
export async function admin(args: readonly string[], world: AdminWorld): Promise<number> {
  try {
    const command = commandOf(args)
    if (typeof command === 'string') {
      world.print(command)
      return 0
    }
    const store = await openStore(world.env)
    try {
      world.print(await command(store, world))
    } finally {
      await store.close()
    }
    return 0
  } catch (error) {
    const misused = error instanceof UsageError
    const message = error instanceof Error ? error.message : String(error)
    world.complain(misused ? `${message}\n\n${usage}` : message)
    return misused ? 2 : 1
  }
}

/** What the arguments ask for; text where no store is needed to answer. */
function commandOf(args: readonly string[]): Command | string {
  const { values, positionals } = parsed(args)
  if (values.help) return usage
  const json = values.json === true
  const [noun, verb, ...rest] = positionals
  if (noun === 'orphans' && verb === 'resolve') return resolveCommand(rest, { cost: values.cost, json })
  if (values.cost !== undefined) throw new UsageError('--cost belongs to `orphans resolve`.')
  if (noun === 'orphans' && (verb === undefined || verb === 'list') && !rest.length) return listCommand(json)
  if (noun === 'sweep' && verb === undefined) return sweepCommand(json)
  if (noun === 'outbox' && verb === undefined) return outboxCommand(json)
  throw new UsageError(noun === undefined ? 'A command is missing.' : `Not understood: ${positionals.join(' ')}`)
}

function parsed(args: readonly string[]) {
  try {
    const options = {
      cost: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const portsOf = (store: AdminStore): OrphanPorts => ({ ...store, clock: systemClock, random: Math.random })

const listCommand =
  (json: boolean): Command =>
  async (store) => {
    const list: Orphan[] = await orphans(portsOf(store))
    return json ? JSON.stringify(list.map(orphanJson), null, 2) : orphanTable(list, store.place)
  }

function resolveCommand(rest: string[], { cost, json }: { cost: string | undefined; json: boolean }): Command {
  const [id, ...more] = rest
  if (!id || more.length) throw new UsageError('`orphans resolve` takes one id.')
  if (cost === undefined)
    throw new UsageError('`orphans resolve` needs --cost: what the attempt cost at most, in US dollars.')
  const amount = /^\$?\d+(\.\d+)?$/.test(cost) ? fromDollars(Number(cost.replace('$', ''))) : undefined
  if (amount === undefined) throw new UsageError(`--cost ${cost} is not an amount in US dollars, such as 0.25.`)
  return async (store) => resolvedText(id, await resolveOrphan(portsOf(store), id, amount), json)
}

const sweepCommand =
  (json: boolean): Command =>
  async (store, { env }) => {
    const swept = await sweepStore(portsOf(store), env)
    if (json) return JSON.stringify(swept)
    return `${swept.expired} expired holds are now lost attempts, ${swept.tombstones} tombstones removed.`
  }

const outboxCommand =
  (json: boolean): Command =>
  async ({ dynamo, table }) => {
    let waiting = 0
    for (let shard = 0; shard < outboxShards; shard++) {
      const pk = keys.outbox(shard, '').pk
      const page = await dynamo('Query', {
        TableName: table,
        Select: 'COUNT',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      })
      waiting += page.Count ?? 0
    }
    return json ? JSON.stringify({ waiting }) : `${waiting} events wait in the outbox.`
  }

if (process.argv[1] === import.meta.filename)
  process.exitCode = await admin(process.argv.slice(2), {
    env: process.env,
    print: (text) => console.log(text),
    complain: (text) => console.error(text),
  })
