import { RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Settings } from './settings.ts'

/** A secret as functions name it (`id`), and as policies do (`arn`). */
export type SecretRef = { id: string; arn: string }

/** A table as functions and policies name it, made here or before. */
export type TableRef = Pick<Table, 'tableName' | 'tableArn'>

export type Store = { table: TableRef; secret: SecretRef }

/** What must outlive every deployment: the table and the secret. Both stay when the stack is deleted. */
export function store(stack: Stack, settings: Settings): Store {
  const { table: existing } = settings
  const table: TableRef = existing === undefined ? ownTable(stack) : Table.fromTableName(stack, 'GivenTable', existing)
  return { table, secret: secret(stack, settings) }
}

const ownTable = (stack: Stack): Table =>
  new Table(stack, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })

/**
 * One JSON secret: one read at a cold start, one place to look, US$ 0.40 a month instead of that per provider. A secret
 * each would not narrow anybody's rights, because the one function that reads them needs them all.
 * It is named after the stack, so that people know where to put their keys; a stack that is made again finds it there and
 * is told so (`-c secret=NAME`). The template must never change: CloudFormation would write a new value over all keys.
 */
function secret(stack: Stack, settings: Settings): SecretRef {
  if (settings.secret !== undefined) return secretNamed(stack, 'Secret', settings.secret)
  const made = new Secret(stack, 'Keys', {
    secretName: settings.stack,
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
  return secretNamed(stack, 'Secret', settings.stack)
}

/** A secret by its name. Its ARN ends in six characters that the name does not tell. */
export const secretNamed = (stack: Stack, id: string, name: string): SecretRef => ({
  id: name,
  arn: `${Secret.fromSecretNameV2(stack, id, name).secretArn}-??????`,
})

/**
 * Writing items whose partition key starts with one of `prefixes`, and no others. "For all values" also holds where there is
 * no value; DynamoDB gives these actions one always, so a second condition that says so is left out.
 */
export function mayWrite(table: TableRef, actions: readonly string[], prefixes: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}#*`) } },
  })
}

export const mayRead = (table: TableRef, actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources: [table.tableArn] })

export const mayReadSecret = (secret: SecretRef): PolicyStatement =>
  new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.arn] })
