import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock as clock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import type { GatewayPorts } from '../core/ports.ts'
import { lazyMedia } from '../net/lazy-media.ts'
import { undiciUpstream } from '../net/upstream.ts'
import { budgetStore } from './budgets.ts'
import { eventBridgeBus } from './bus.ts'
import { contentSender } from './content.ts'
import { environment } from './environment.ts'
import { metricLog } from './metrics.ts'
import { fileNotes, lostEvent } from './notes.ts'
import { outboxStore } from './outbox.ts'
import { recordReads } from './record-reads.ts'
import { routeStore } from './routing.ts'
import { lazySeals } from './lazy-seals.ts'
import { secretsManager, withEnvironment } from './secrets.ts'
import { signedDynamo, signedEvents, signedSecrets } from './signed.ts'
import { signers } from './signers.ts'
import { turnStore } from './turns.ts'

export type GatewayDoor = {
  /** The door's environment: read at every use, where credentials are concerned. */
  env: Record<string, string | undefined>
  config: Config
  publishBeforeEnd: boolean
}

/** What the data plane has on AWS, whichever door it stands behind. Throws an error that names a variable that is missing. */
export function gatewayPorts({ env, config, publishBeforeEnd }: GatewayDoor): GatewayPorts {
  const { region, credentials, endpoints, TABLE, BUS, SECRET } = environment(env, ['TABLE', 'BUS', 'SECRET'])
  const dynamo = signedDynamo({ endpoint: endpoints.dynamodb, region, credentials })
  const putEvents = signedEvents({ endpoint: endpoints.events, region, credentials })
  const readSecret = signedSecrets({ endpoint: endpoints.secrets, region, credentials })
  const stored = secretsManager({ read: () => readSecret(SECRET), secretId: SECRET, ttlMs: 300_000, clock })
  const upstream = undiciUpstream()
  return {
    clock,
    random: Math.random,
    upstream,
    records: recordReads(dynamo, TABLE),
    budgets: budgetStore(dynamo, TABLE),
    routes: routeStore({ dynamo, table: TABLE, now: clock.now }),
    bus: eventBridgeBus({ putEvents, outbox: outboxStore(dynamo, TABLE), busName: BUS, clock }),
    // Models of AWS are in the function's own region unless the config says otherwise.
    secrets: withEnvironment({ AWS_REGION_NAME: { value: region }, ...config.environment }, stored),
    sign: signers({ credentials, upstream, clock }),
    notes: fileNotes(join(tmpdir(), 'notes')),
    turns: turnStore({ dynamo, table: TABLE, now: clock.now }),
    seals: lazySeals({ dynamo, table: TABLE, now: clock.now }),
    fetchMedia: lazyMedia(),
    ...(config.captureMessageContent === true && { tellContent: contentSender(putEvents, BUS) }),
    log: metricLog(env.STACK),
    publishBeforeEnd,
  }
}

/** Lambda keeps /tmp when it restarts a process that was killed: what that one left is told before anything new begins. */
export async function tellLeftovers({ notes, bus, clock: { now } }: GatewayPorts): Promise<void> {
  const leftovers = notes.leftovers()
  if (leftovers.length === 0) return
  await bus.publish(leftovers.map((note) => ({ type: 'spend.v1', detail: lostEvent(note, now()) })))
  for (const { id } of leftovers) notes.erase(id)
}
