/**
 * A list price in US dollars, us-east-1, without free tiers. `source`: the vendor's own page. `seen`: where the number was read
 * on `date`, because the vendor's pages are not readable without a browser; without it, the number is from memory: check it.
 */
export type ListPrice = { dollars: number; per: string; source: string; seen?: string; date: string }

const date = '2026-11-21'
const lambda = 'https://aws.amazon.com/lambda/pricing/'
const dynamo = 'https://aws.amazon.com/dynamodb/pricing/on-demand/'
const fargate = 'https://aws.amazon.com/fargate/pricing/'
const watch = 'https://aws.amazon.com/cloudwatch/pricing/'

export const prices = {
  lambdaGbSecond: {
    dollars: 0.0000133334,
    per: 'GB-second, arm64',
    source: lambda,
    date,
  },
  lambdaRequest: {
    dollars: 0.2e-6,
    per: 'request',
    source: lambda,
    date,
  },
  dynamoWrite: {
    dollars: 0.625e-6,
    per: 'write unit',
    source: dynamo,
    seen: 'https://github.com/aws/agent-toolkit-for-aws',
    date,
  },
  dynamoRead: {
    dollars: 0.125e-6,
    per: 'read unit',
    source: dynamo,
    seen: 'https://github.com/aws/agent-toolkit-for-aws',
    date,
  },
  dynamoGbMonth: { dollars: 0.25, per: 'GB-month', source: dynamo, date },
  dynamoBackupGbMonth: { dollars: 0.2, per: 'GB-month of point-in-time recovery', source: dynamo, date },
  eventBridgeEvent: {
    dollars: 1e-6,
    per: 'event of up to 64 KB',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    date,
  },
  schedulerInvocation: {
    dollars: 1e-6,
    per: 'invocation',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    date,
  },
  sqsRequest: { dollars: 0.4e-6, per: 'request', source: 'https://aws.amazon.com/sqs/pricing/', date },
  secretMonth: { dollars: 0.4, per: 'secret-month', source: 'https://aws.amazon.com/secrets-manager/pricing/', date },
  secretRead: { dollars: 0.05 / 10_000, per: 'read', source: 'https://aws.amazon.com/secrets-manager/pricing/', date },
  logGb: { dollars: 0.5, per: 'GB of logs', source: watch, date },
  alarmMonth: { dollars: 0.1, per: 'alarm-month', source: watch, date },
  metricMonth: { dollars: 0.3, per: 'metric-month', source: watch, date },
  dashboardMonth: { dollars: 3, per: 'dashboard-month', source: watch, date },
  egressGb: { dollars: 0.09, per: 'GB to the internet', source: 'https://aws.amazon.com/ec2/pricing/on-demand/', date },
  fargateCpuHour: {
    dollars: 0.04048,
    per: 'vCPU-hour, x86',
    source: fargate,
    seen: 'https://www.vantage.sh/blog/fargate-pricing',
    date,
  },
  fargateGbHour: {
    dollars: 0.004445,
    per: 'GB-hour, x86',
    source: fargate,
    seen: 'https://www.vantage.sh/blog/fargate-pricing',
    date,
  },
  auroraAcuHour: {
    dollars: 0.12,
    per: 'ACU-hour',
    source: 'https://aws.amazon.com/rds/aurora/pricing/',
    seen: 'https://c3x.dev/blog/aws-aurora-serverless-v2-cost/',
    date,
  },
  auroraGbMonth: {
    dollars: 0.1,
    per: 'GB-month',
    source: 'https://aws.amazon.com/rds/aurora/pricing/',
    seen: 'https://github.com/aws/agent-toolkit-for-aws',
    date,
  },
  auroraIo: { dollars: 0.2e-6, per: 'I/O', source: 'https://aws.amazon.com/rds/aurora/pricing/', date },
  redisLargeHour: {
    dollars: 0.158,
    per: 'cache.m7g.large node-hour',
    source: 'https://aws.amazon.com/elasticache/pricing/',
    date,
  },
  redisMicroHour: {
    dollars: 0.016,
    per: 'cache.t4g.micro node-hour',
    source: 'https://aws.amazon.com/elasticache/pricing/',
    date,
  },
  balancerHour: {
    dollars: 0.0225,
    per: 'load balancer-hour',
    source: 'https://aws.amazon.com/elasticloadbalancing/pricing/',
    seen: 'https://awsnegotiations.com/elastic-load-balancer-cost.html',
    date,
  },
  balancerUnitHour: {
    dollars: 0.008,
    per: 'LCU-hour',
    source: 'https://aws.amazon.com/elasticloadbalancing/pricing/',
    seen: 'https://awsnegotiations.com/elastic-load-balancer-cost.html',
    date,
  },
  natHour: { dollars: 0.045, per: 'NAT gateway-hour', source: 'https://aws.amazon.com/vpc/pricing/', date },
  natGb: { dollars: 0.045, per: 'GB through NAT', source: 'https://aws.amazon.com/vpc/pricing/', date },
  addressHour: { dollars: 0.005, per: 'public IPv4 address-hour', source: 'https://aws.amazon.com/vpc/pricing/', date },
} as const satisfies Record<string, ListPrice>

export type PriceName = keyof typeof prices
