/** A limit of AWS in us-east-1, as a new account has it, and where it is raised. `source`: AWS's page, as of `date`. */
export type Quota = { value: number; what: string; raise: string; source: string; date: string }

const date = '2026-11-21'
const lambdaPage = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html'
const dynamoPage = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html'
const ask = (code: string) => `Service Quotas, ${code}`

export const quotas = {
  concurrency: {
    value: 1000,
    what: 'Lambda: calls at the same time, all functions of the account and region together (a new account may start lower)',
    raise: ask('lambda L-B99A9384'),
    source: lambdaPage,
    date,
  },
  environmentsPerTenSeconds: {
    value: 1000,
    what: 'Lambda: new environments of one function in ten seconds',
    raise: 'not raised',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html',
    date,
  },
  callsPerEnvironment: {
    value: 10,
    what: 'Lambda function URL: calls a second, times the concurrency',
    raise: 'with the concurrency',
    source: lambdaPage,
    date,
  },
  itemWriteUnits: {
    value: 1000,
    what: 'DynamoDB: write units a second of one partition, so of one item',
    raise: 'not raised',
    source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html',
    date,
  },
  tableWriteUnits: {
    value: 40_000,
    what: 'DynamoDB: write units a second of one on-demand table (a new one begins at 4,000, and doubles its last peak)',
    raise: ask('dynamodb L-CF0CBE56'),
    source: dynamoPage,
    date,
  },
  putEvents: {
    value: 10_000,
    what: 'EventBridge: PutEvents a second (600 to 2,400 in smaller regions)',
    raise: ask('events L-9B653E10'),
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
    date,
  },
} as const satisfies Record<string, Quota>
