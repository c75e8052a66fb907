import type { Output, StackResourceSummary } from '@aws-sdk/client-cloudformation'
import type { Environment } from './admin-store.ts'

/** What the operator's commands touch of a deployed stack, by its physical names. */
export type Stack = {
  name: string
  table: string
  bus: string
  queueUrl: string
  deadUrl: string
  undeliveredUrl: string
}

/** Types and the beginnings of logical ids, as the stack's files name them; CDK adds eight characters. */
const wanted = {
  bus: ['AWS::Events::EventBus', 'Bus'],
  queueUrl: ['AWS::SQS::Queue', 'SpendQueue'],
  deadUrl: ['AWS::SQS::Queue', 'DeadLetters'],
  undeliveredUrl: ['AWS::SQS::Queue', 'UndeliveredAlerts'],
} as const satisfies Record<Exclude<keyof Stack, 'name' | 'table'>, readonly [string, string]>

/** Reads a stack's resources from CloudFormation, with the credentials and the region that AWS's SDK finds. */
export async function findStack(name: string, env: Environment): Promise<Stack> {
  const { CloudFormationClient, DescribeStacksCommand, paginateListStackResources } =
    await import('@aws-sdk/client-cloudformation')
  const endpoint = env.AWS_ENDPOINT_URL_CLOUDFORMATION ?? env.AWS_ENDPOINT_URL
  const client = new CloudFormationClient(endpoint === undefined ? {} : { endpoint })
  const found: StackResourceSummary[] = []
  let outputs: Output[]
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }))
    outputs = Stacks?.[0]?.Outputs ?? []
    for await (const page of paginateListStackResources({ client }, { StackName: name }))
      found.push(...(page.StackResourceSummaries ?? []))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `--stack ${name} cannot be read: ${reason} Remedy: check the name, AWS_REGION and your credentials.`,
      { cause: error },
    )
  } finally {
    client.destroy()
  }
  return stackOf(name, found, outputs)
}

/** Throws where the stack lacks one of the parts: it is another stack, or another version of this one. */
export function stackOf(name: string, resources: readonly StackResourceSummary[], outputs: readonly Output[]): Stack {
  const physical = (part: keyof typeof wanted) => {
    const [type, begins] = wanted[part]
    const match = new RegExp(`^${begins}[0-9A-F]{8}$`)
    const id = resources.find((one) => one.ResourceType === type && match.test(one.LogicalResourceId ?? ''))
    if (id?.PhysicalResourceId) return id.PhysicalResourceId
    throw new Error(
      `Stack ${name} has no ${type} ${begins}. Remedy: name the stack that \`cdk deploy\` made of this gateway.`,
    )
  }
  const table = outputs.find(({ OutputKey }) => OutputKey === 'TableName')?.OutputValue
  if (!table) throw new Error(`Stack ${name} has no output TableName. Remedy: deploy it again with this version.`)
  return {
    name,
    table,
    bus: physical('bus'),
    queueUrl: physical('queueUrl'),
    deadUrl: physical('deadUrl'),
    undeliveredUrl: physical('undeliveredUrl'),
  }
}
