import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { fileNotes, lostEvent } from '../../lib/aws/notes.ts'
import { credentialsIn, signers } from '../../lib/aws/signers.ts'
import { secretValue } from '../../lib/config/secrets.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Flow } from '../../lib/core/http.ts'
import type { Bus, Log, Notes, Secrets } from '../../lib/core/ports.ts'
import type { Notice } from '../../lib/core/notice.ts'
import { adminFlow, ensureGlobal, isAdminPath } from '../../lib/flows/admin.ts'
import { inShapeOfPath } from '../../lib/flows/error-shape.ts'
import { gatewayFlow, tooLarge } from '../../lib/flows/gateway.ts'
import { spendFlow } from '../../lib/flows/spend.ts'
import { serve } from '../../lib/net/server.ts'
import { lazyMedia } from '../../lib/net/lazy-media.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { alertQueue } from './alerts.ts'
import { reportNow, reportTimer } from './reports.ts'
import { journalBus } from './bus.ts'
import { systemClock } from '../../lib/core/clock.ts'
import { type DataDir, lockDataDir } from './data-dir.ts'
import { openEngine } from './store.ts'
import { openStores } from './stores.ts'
import { localTelemetry } from './telemetry.ts'

export type LocalOptions = {
  config: Config
  dataDir: string
  /** 0: any free one. */
  port: number
  /** 127.0.0.1 where absent. */
  host?: string
  /** Provider keys and the settings that README names; `process.env` in the end, but read by the caller. */
  env: Record<string, string | undefined>
  masterKey: string
  log: Log
}

/** The account without a port: for the process that it runs in. */
export type AccountOptions = Omit<LocalOptions, 'port' | 'host'>
export type LocalAccount = { flow: Flow } & Pick<LocalServer, 'settled' | 'stop'>

export type LocalServer = {
  url: string
  port: number
  /** Resolves once every event so far is in the ledger, or in the dead letters. */
  settled: () => Promise<void>
  /** Accepts nothing more, lets requests end (bounded), delivers what waits (bounded), ends the engine. Kill it instead: nothing is lost. */
  stop: () => Promise<void>
}

const sweepEveryMs = 3_600_000
const busAttempts = 12
const longestDrainMs = 5000

/** The whole account on one computer: engine, table, bus, and both planes on one port. Throws one clear line where it cannot start. */
export const startLocal = (options: LocalOptions): Promise<LocalServer> =>
  closedOnFailure(async (stack) => {
    const { flow, settled } = await assemble(options, stack)
    const { port, host = '127.0.0.1', config, log } = options
    const said = { tooLarge, shape: inShapeOfPath, log }
    const server = await serve(flow, { port, host, maxBodyBytes: config.maxRequestBytes, ...said })
    stack.defer(server.close)
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
      port: server.port,
      settled,
      stop: () => stack.disposeAsync(),
    }
  })

/** The same without a port. Throws one clear line where it cannot start. */
export const openLocal = (options: AccountOptions): Promise<LocalAccount> =>
  closedOnFailure(async (stack) => ({ ...(await assemble(options, stack)), stop: () => stack.disposeAsync() }))

async function closedOnFailure<T>(open: (stack: AsyncDisposableStack) => Promise<T>): Promise<T> {
  const stack = new AsyncDisposableStack()
  try {
    return await open(stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What is opened first is closed last. */
async function assemble(options: AccountOptions, stack: AsyncDisposableStack): Promise<Omit<LocalAccount, 'stop'>> {
  const { env, log, masterKey } = options
  const config: Config = { ...options.config, masterKey: { value: masterKey } }
  const dataDir = lockDataDir(options.dataDir)
  stack.defer(dataDir.release)
  const stores = await openDynamo({ ...options, dataDir }, stack)
  const secrets = secretsOf(config, env)
  const notes = fileNotes(dataDir.file('notes'))
  const { bus, sweep, report, tellContent } = await startBus({ config, dataDir, secrets, log }, stores, stack)
  await publishLeftovers(notes, bus)

  const ports = { clock: systemClock, random: Math.random, log, bus }
  const { budgets, directory, ledger, trials } = stores
  const management = { ...ports, budgets, directory, ledger, trials, randomBytes, masterKey: async () => masterKey }
  await ensureGlobal(config, management)
  const admin = adminFlow(config, management)
  const upstream = undiciUpstream()
  const sign = signers({ credentials: async () => credentialsIn(env), upstream, clock: systemClock })
  const fetchMedia = lazyMedia()
  const own = { ...stores.gateway, upstream, fetchMedia, secrets, sign, notes, ...(tellContent && { tellContent }) }
  const gatewayPorts = { ...ports, ...own, publishBeforeEnd: true }
  const gateway = gatewayFlow(config, gatewayPorts)
  sweepHourly(sweep, log, stack)
  stack.defer(reportTimer(report, log))
  return { flow: (call) => (isAdminPath(call.path) ? admin(call) : gateway(call)), settled: bus.drain }
}

type Stores = Awaited<ReturnType<typeof openStores>>

async function openDynamo(
  { dataDir, env, log }: Pick<LocalOptions, 'env' | 'log'> & { dataDir: DataDir },
  stack: AsyncDisposableStack,
): Promise<Stores> {
  const engine = await openEngine({ dataDir, env, log })
  stack.defer(engine.stop)
  const stores = await openStores(engine.endpoint, env)
  stack.defer(stores.close)
  announce(dataDir, { endpoint: engine.endpoint, table: stores.table, pid: process.pid }, stack)
  return stores
}

type BusOptions = Pick<LocalOptions, 'config' | 'log'> & { dataDir: DataDir; secrets: Secrets }

/** The bus with the aggregator behind it, and the alerts behind that. Delivers at once what an earlier run has left. */
async function startBus({ config, dataDir, secrets, log }: BusOptions, stores: Stores, stack: AsyncDisposableStack) {
  const ports = { clock: systemClock, random: Math.random, log }
  const { deliveries } = stores
  const alerts = await alertQueue({ dir: dataDir.file('alerts'), config, secrets, deliveries, ...ports })
  stack.defer(alerts.stop)
  const { budgets, ledger, directory, routes, trials } = stores
  const spend = spendFlow(config, {
    ...ports,
    budgets,
    ledger,
    routes,
    records: directory,
    alert: (one) => alerts.add([one]),
    canaries: { trials, tell: (one) => alerts.add([one]) },
  })
  const telemetry = await localTelemetry({ dir: dataDir.file('telemetry'), secrets, ...ports })
  if (telemetry) stack.defer(telemetry.stop)
  const handle = telemetry ? telemetry.after(spend.handle) : spend.handle
  const bus = journalBus({ dir: dataDir.file('journal'), handle, maxAttempts: busAttempts, ...ports })
  stack.defer(async () => {
    const drained = new AbortController()
    await Promise.race([bus.drain(), systemClock.sleep(longestDrainMs, drained.signal)])
    drained.abort() // a timer that goes on would keep the process of a library's user alive
    await bus.stop()
  })
  alerts.start()
  bus.start()
  telemetry?.start()
  const publish = (one: Notice) => alerts.add([one])
  const report = () => reportNow(config, { ...ports, ...stores, publish })
  return { bus, sweep: spend.sweep, report, tellContent: telemetry?.tell }
}

/** For `npm run admin`, which talks to the engine of the running server. */
function announce(dataDir: DataDir, facts: Record<string, unknown>, stack: AsyncDisposableStack): void {
  const file = dataDir.file('local.json')
  writeFileSync(file, `${JSON.stringify(facts)}\n`)
  stack.defer(() => rmSync(file, { force: true }))
}

/** The environment, with what the config sets in it. */
function secretsOf(config: Config, env: LocalOptions['env']): Secrets {
  const get = async (name: string) => {
    const own = config.environment[name]
    if (own) return secretValue(own, async (other) => env[other])
    // AWS's tools know the region by either of these names; on AWS it is the function's own.
    return env[name] ?? (name === 'AWS_REGION_NAME' ? (env.AWS_REGION ?? env.AWS_DEFAULT_REGION) : undefined)
  }
  return { get }
}

/** What a killed server was at: told before it is forgotten, so that a second kill tells it twice rather than never. */
async function publishLeftovers(notes: Notes, bus: Bus): Promise<void> {
  const left = notes.leftovers()
  await bus.publish(left.map((note) => ({ type: 'spend.v1', detail: lostEvent(note, Date.now()) })))
  for (const { id } of left) notes.erase(id)
}

function sweepHourly(sweep: () => Promise<unknown>, log: Log, stack: AsyncDisposableStack): void {
  const run = () =>
    void sweep().catch((error: unknown) => log('error', 'the sweep of expired holds failed', { reason: String(error) }))
  run()
  const timer = setInterval(run, sweepEveryMs)
  stack.defer(() => clearInterval(timer))
}
