import { fromDollars } from '../../lib/core/money.ts'
import { systemClock } from '../../lib/core/clock.ts'
import { budgetCommands } from './admin-budgets.ts'
import { canaryCommands } from './admin-canary.ts'
import { reconcileCommand } from './admin-check.ts'
import { type Command, type Given, helpOf, type Printed, type Run, understand, wordsOf } from './admin-command.ts'
import { UsageError } from './admin-options.ts'
import { deadCommands } from './admin-dead.ts'
import { keyCommands } from './admin-keys.ts'
import { type OrphanPorts, orphans, resolveOrphan } from './admin-orphans.ts'
import { outboxCommands } from './admin-outbox.ts'
import { orphanJson, orphanTable, resolvedText } from './admin-print.ts'
import { spendCommand } from './admin-spend.ts'
import type { AdminStore } from './admin-store.ts'
import { sweepStore } from './admin-sweep.ts'
import type { Environment } from './admin-store.ts'
import { openWorld, type World } from './admin-world.ts'

const portsOf = (store: AdminStore): OrphanPorts => ({ ...store, clock: systemClock, random: Math.random })

const listOrphans = (name: string, summary: string): Command => ({
  name,
  summary,
  prepare: (given) => {
    wordsOf(given, name)
    return async (world) => {
      const store = await world.store()
      const list = await orphans(portsOf(store))
      return given.json ? JSON.stringify(list.map(orphanJson), null, 2) : orphanTable(list, store.place)
    }
  },
})

function resolve(given: Given): Run {
  const [id, ...more] = given.words
  const { cost } = given.options
  if (!id || more.length) throw new UsageError('`orphans resolve` takes one id.')
  if (cost === undefined)
    throw new UsageError('`orphans resolve` needs --cost: what the attempt cost at most, in US dollars.')
  const amount = /^\$?\d+(\.\d+)?$/.test(cost) ? fromDollars(Number(cost.replace('$', ''))) : undefined
  if (amount === undefined) throw new UsageError(`--cost ${cost} is not an amount in US dollars, such as 0.25.`)
  return async (world) => resolvedText(id, await resolveOrphan(portsOf(await world.store()), id, amount), given.json)
}

function sweepNow(given: Given): Run {
  wordsOf(given, 'sweep')
  return async (world: World) => {
    const swept = await sweepStore(portsOf(await world.store()), world.env)
    if (given.json) return JSON.stringify(swept)
    return `${swept.expired} expired holds are now lost attempts, ${swept.tombstones} tombstones removed.`
  }
}

const commands: readonly Command[] = [
  ...keyCommands,
  ...budgetCommands,
  spendCommand,
  ...canaryCommands,
  listOrphans('orphans list', 'attempts whose gateway was killed: who, what, when, and what is counted for them'),
  {
    name: 'orphans resolve',
    words: '<id>',
    summary: 'count no more than this for a lost attempt from now on',
    options: ['cost'],
    prepare: resolve,
  },
  listOrphans('orphans', 'the same as `orphans list`'),
  { name: 'sweep', summary: 'move expired holds to the lost ones now, instead of tonight', prepare: sweepNow },
  ...outboxCommands,
  ...deadCommands,
  reconcileCommand,
]

const usage = `Usage: npm run admin -- <command>

${helpOf(commands)}

  --json        print JSON
  --stack NAME  the table and the queues of a deployed stack, with your AWS credentials and AWS_REGION
  --url URL --key KEY
                keys and budgets over the management API of a gateway, with its master key (or PURSER_MASTER_KEY)

Without --stack and --url: PURSER_TABLE (a table on AWS), AWS_ENDPOINT_URL_DYNAMODB, else the data directory
PURSER_DATA_DIR (default .purser), through its server if that is running. Time zone and limits for new keys are those of
PURSER_CONFIG (default config.yaml).
Exit code: 0 done, 1 failed or different, 2 not understood.`

export type AdminWorld = {
  env: Environment
  print: (text: string) => void
  complain: (text: string) => void
}

/** The operator's tool. Resolves with the exit code. */
export async function admin(args: readonly string[], { env, print, complain }: AdminWorld): Promise<number> {
  try {
    const understood = understand(commands, args)
    if (!understood) {
      print(usage)
      return 0
    }
    const printed = await inWorld(understood.run, openWorld(understood.options, env))
    print(printed.text)
    return printed.failed ? 1 : 0
  } catch (error) {
    const misused = error instanceof UsageError
    const message = error instanceof Error ? error.message : String(error)
    complain(misused ? `${message}\n\n${usage}` : message)
    return misused ? 2 : 1
  }
}

async function inWorld(run: Run, world: World): Promise<Printed> {
  try {
    const said = await run(world)
    return typeof said === 'string' ? { text: said } : said
  } finally {
    await world.close()
  }
}

if (process.argv[1] === import.meta.filename)
  process.exitCode = await admin(process.argv.slice(2), {
    env: process.env,
    print: (text) => console.log(text),
    complain: (text) => console.error(text),
  })
