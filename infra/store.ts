import { RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Settings } from './settings.ts'

/** A secret as functions name it (`id`), and as policies do (`arn`). */
export type SecretRef = { id: string; arn: string }

export type Store = { table: Table; secret: SecretRef }

/** What must outlive every deployment: the table and the secret. Both stay when the stack is deleted. */
export function store(stack: Stack, settings: Settings): Store {
  const table = new Table(stack, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  return { table, secret: secret(stack, settings.secretName) }
}

/**
 * One JSON secret: one read at a cold start, one place to look, US$ 0.40 a month instead of that per provider. A secret
 * each would not narrow anybody's rights, because the one function that reads them needs them all.
 * The template must never change: a change of it makes CloudFormation write a new value over everybody's keys.
 */
function secret(stack: Stack, existing: string | undefined): SecretRef {
  if (existing !== undefined) return existingSecret(stack, 'Secret', existing)
  const made = new Secret(stack, 'Secret', {
    description: 'Purser: provider keys by the names in the config, and PURSER_MASTER_KEY',
    generateSecretString: {
      secretStringTemplate: '{}',
      generateStringKey: 'PURSER_MASTER_KEY',
      passwordLength: 40,
      excludePunctuation: true,
    },
    removalPolicy: RemovalPolicy.RETAIN,
  })
  Validations.of(made).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'Provider keys are rotated at the provider, by people; the functions pick a new value up within five minutes.',
  })
  return { id: made.secretArn, arn: made.secretArn }
}

/** A secret that is not the stack's. Its ARN ends in six characters that its name does not tell. */
export const existingSecret = (stack: Stack, id: string, name: string): SecretRef => ({
  id: name,
  arn: `${Secret.fromSecretNameV2(stack, id, name).secretArn}-??????`,
})

/** Writing items whose partition key starts with one of `prefixes`, and no others. */
export function mayWrite(table: Table, actions: readonly string[], prefixes: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}#*`) },
      // "For all values" holds where there is no value, so that there is one must be said too.
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  })
}

export const mayRead = (table: Table, actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources: [table.tableArn] })

export const mayReadSecret = (secret: SecretRef): PolicyStatement =>
  new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.arn] })
