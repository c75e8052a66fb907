import type { Config } from '../core/config.ts'
import { defaultRouting, type RoutingStrategy } from '../core/routing.ts'

const measuring: Partial<Record<RoutingStrategy, true>> = {
  'least-busy': true,
  'latency-based-routing': true,
  'usage-based-routing': true,
  'usage-based-routing-v2': true,
}

/** Whether anything goes by what the spend events say of deployments. Where nothing does, nothing is written down. */
export const needsStatistics = ({ routing = defaultRouting, deployments }: Config): boolean =>
  measuring[routing.strategy] === true || deployments.some(({ hedgeAfter }) => hedgeAfter === 'p95')
