import { bundledConfig } from '../lib/aws/environment.ts'
import { gatewayPorts, tellLeftovers } from '../lib/aws/gateway-ports.ts'
import { reasonFor } from '../lib/core/reason.ts'
import { inShapeOfPath } from '../lib/flows/error-shape.ts'
import { gatewayFlow, tooLarge } from '../lib/flows/gateway.ts'
import { behindFront } from '../lib/flows/origin.ts'
import { serve } from '../lib/net/server.ts'

/**
 * The data plane as the HTTP server of a Lambda web function. Money is safe before the last bytes leave: once a reply has
 * ended the platform counts the request as over, and may end the environment with a second's notice.
 */
const config = bundledConfig(import.meta.url)
const ports = gatewayPorts({ env: process.env, config, publishBeforeEnd: true })
const { log } = ports

process.on('uncaughtExceptionMonitor', (error) =>
  log('error', 'the server crashed', { crashed: true, reason: reasonFor(error) }),
)
await tellLeftovers(ports)

const flow = behindFront(gatewayFlow(config, ports), process.env.ORIGIN_SECRETS, log)

const server = await serve(flow, {
  ...addressOf(process.env.AWS_LAMBDA_HTTP_ENDPOINT),
  maxBodyBytes: config.maxRequestBytes,
  tooLarge,
  shape: inShapeOfPath,
  log,
  // What is still running when its time is up gets an error and settles, in ten seconds.
  deadlineMs: (Number(process.env.TIMEOUT_SECONDS ?? 900) - 10) * 1000,
  // After SIGTERM a process has one second: what cannot end in a part of it is cut, and what it has cost is booked.
  graceMs: 300,
})

log('info', 'listening', { port: server.port })

process.once('SIGTERM', () => {
  void server.close().finally(() => process.exit(0))
})

function addressOf(endpoint: string | undefined): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d+)$/.exec(endpoint ?? '') ?? []
  if (host === undefined)
    throw new Error(`AWS_LAMBDA_HTTP_ENDPOINT is ${JSON.stringify(endpoint)}: Lambda sets it to HOST:PORT`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
