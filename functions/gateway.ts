import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { budgetStore } from '../lib/aws/budgets.ts'
import { eventBridgeBus } from '../lib/aws/bus.ts'
import { recordStore } from '../lib/aws/directory.ts'
import { bundledConfig, environment, jsonLog } from '../lib/aws/environment.ts'
import { answer, sendReply, toCall } from '../lib/aws/lambda.ts'
import { fileNotes, lostEvent } from '../lib/aws/notes.ts'
import { outboxStore } from '../lib/aws/outbox.ts'
import { getSecret, secretsManager, withEnvironment } from '../lib/aws/secrets.ts'
import { signedDynamo, signedEvents } from '../lib/aws/signed.ts'
import { systemClock as clock } from '../lib/core/clock.ts'
import type { GatewayPorts } from '../lib/core/ports.ts'
import { gatewayFlow } from '../lib/flows/gateway.ts'
import { undiciUpstream } from '../lib/net/upstream.ts'

/** The data plane behind a function URL that streams. */
const env = environment(process.env, ['TABLE', 'BUS', 'SECRET'])
const config = bundledConfig(import.meta.url)
const { region, credentials, endpoints } = env
const dynamo = signedDynamo({ endpoint: endpoints.dynamodb, region, credentials })
const putEvents = signedEvents({ endpoint: endpoints.events, region, credentials })
const secrets = secretsManager({ read: getSecret(env.SECRET), secretId: env.SECRET, ttlMs: 300_000, clock })
const ports: GatewayPorts = {
  clock,
  random: Math.random,
  upstream: undiciUpstream(),
  records: recordStore(dynamo, env.TABLE),
  budgets: budgetStore(dynamo, env.TABLE),
  bus: eventBridgeBus({ putEvents, outbox: outboxStore(dynamo, env.TABLE), busName: env.BUS, clock }),
  secrets: withEnvironment(config.environment, secrets),
  notes: fileNotes(join(tmpdir(), 'notes')),
  log: jsonLog,
  publishBeforeEnd: false,
}
const flow = gatewayFlow(config, ports)

// Lambda keeps /tmp when it restarts a process that was killed: what that one left is told before anything new begins.
const leftovers = ports.notes.leftovers()
if (leftovers.length > 0) {
  await ports.bus.publish(leftovers.map((note) => ({ type: 'spend.v1', detail: lostEvent(note, clock.now()) })))
  for (const { id } of leftovers) ports.notes.erase(id)
}

export const handler = awslambda.streamifyResponse(
  async (event: APIGatewayProxyEventV2, stream: awslambda.HttpResponseStream, context: Context): Promise<void> => {
    const reply = await answer(flow, toCall(event, context, clock.now()), jsonLog)
    await sendReply(reply, (prelude) => awslambda.HttpResponseStream.from(stream, prelude))
  },
)
