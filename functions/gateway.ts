import { bundledConfig } from '../lib/aws/environment.ts'
import { gatewayPorts, tellLeftovers } from '../lib/aws/gateway-ports.ts'
import { streamed } from '../lib/aws/lambda.ts'
import { gatewayFlow } from '../lib/flows/gateway.ts'
import { behindFront } from '../lib/flows/origin.ts'

/** The data plane behind a function URL that streams. Money settles after the last byte: nothing is frozen until the handler returns. */
const config = bundledConfig(import.meta.url)
const ports = gatewayPorts({ env: process.env, config, publishBeforeEnd: false })
await tellLeftovers(ports)

const flow = behindFront(gatewayFlow(config, ports), process.env.ORIGIN_SECRETS, ports.log)

export const handler = streamed(flow, { log: ports.log, now: ports.clock.now })
