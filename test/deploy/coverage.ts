import type { Right } from '../support/rights.ts'
import type { scenarios } from './scenarios.ts'

export type ScenarioName = keyof typeof scenarios

/** What needs a right. `without`: rights that are taken away too, because the scenario is about what happens then. */
export type Need = ScenarioName | { scenario: ScenarioName; without: Right }

/** For every right of every role in the stack (by the beginning of its logical id), a scenario that fails without it. */
export const coverage: Record<string, Record<Right, Need>> = {
  GatewayRole: {
    'dynamodb:GetItem': 'completes',
    'dynamodb:PutItem BUDGET#*': 'completes',
    'dynamodb:PutItem TURN#*': 'remembers',
    'dynamodb:PutItem SEAL#*': 'seals',
    'dynamodb:DeleteItem TURN#*': 'forgets',
    'dynamodb:UpdateItem BUDGET#*': 'completes',
    'dynamodb:UpdateItem OUTBOX#*': { scenario: 'keeps', without: 'events:PutEvents' },
    'dynamodb:UpdateItem ROUTE#*': 'leavesAlone',
    'events:PutEvents': 'books',
    'secretsmanager:GetSecretValue': 'completes',
  },
  AdminRole: {
    'dynamodb:GetItem': 'managesKeys',
    'dynamodb:BatchGetItem': 'managesKeys',
    'dynamodb:Query': 'managesKeys',
    'dynamodb:PutItem KEY#*': 'managesKeys',
    'dynamodb:PutItem TOKEN#*': 'managesKeys',
    'dynamodb:PutItem ALIAS#*': 'managesKeys',
    'dynamodb:PutItem LIST#*': 'managesKeys',
    'dynamodb:PutItem TEAM#*': 'managesTeams',
    'dynamodb:PutItem USER#*': 'managesUsers',
    'dynamodb:PutItem GLOBAL#*': 'makesGlobal',
    'dynamodb:DeleteItem KEY#*': 'managesKeys',
    'dynamodb:DeleteItem TOKEN#*': 'managesKeys',
    'dynamodb:DeleteItem ALIAS#*': 'managesKeys',
    'dynamodb:DeleteItem LIST#*': 'managesKeys',
    'dynamodb:DeleteItem TEAM#*': 'managesTeams',
    'dynamodb:DeleteItem USER#*': 'managesUsers',
    'dynamodb:UpdateItem BUDGET#*': 'edits',
    'dynamodb:UpdateItem OUTBOX#*': { scenario: 'keepsLooks', without: 'events:PutEvents' },
    'dynamodb:UpdateItem ROUTE#*': 'triesAgain',
    'events:PutEvents': 'edits',
    'secretsmanager:GetSecretValue': 'managesKeys',
  },
  SpendRole: {
    'dynamodb:GetItem': 'warns',
    'dynamodb:BatchGetItem': 'counts',
    'dynamodb:Query': 'relays',
    'dynamodb:Scan': 'sweeps',
    'dynamodb:PutItem LEDGER#*': 'books',
    'dynamodb:UpdateItem BUDGET#*': 'books',
    'dynamodb:UpdateItem ROLLUP#*': 'books',
    'dynamodb:UpdateItem ALERT#*': 'reports',
    'dynamodb:UpdateItem ROUTE#*': 'measures',
    'dynamodb:DeleteItem OUTBOX#*': 'relays',
    'events:PutEvents': 'relays',
    'sns:Publish': 'warns',
  },
  AlertsRole: {
    'dynamodb:UpdateItem ALERT#*': 'posts',
    'secretsmanager:GetSecretValue': 'posts',
  },
  TelemetryRole: {
    'secretsmanager:GetSecretValue': 'exports',
  },
}

/** There only where the config names models of AWS that are called with the gateway's own role: not in the config that is deployed here. */
export const forModels = [
  'bedrock:InvokeModel',
  'bedrock:InvokeModelWithResponseStream',
  'bedrock:CountTokens',
  'bedrock:ApplyGuardrail',
  'bedrock-mantle:CreateInference',
  'aws-external-anthropic:CreateInference',
  'aws-external-anthropic:CountTokens',
].map((right) => ({ role: /^GatewayRole/, right, why: 'the data plane calls models of AWS; the emulator has none' }))

/**
 * Rights that the services themselves use, which the emulator grants to them without looking: nothing fails here without. Each with
 * the reason AWS asks for it; the fast tests assert them on the template (test/infra/policies.test.ts).
 */
export const notEnforced: { role: RegExp; right: Right; why: string }[] = [
  { role: /Role/, right: 'logs:CreateLogStream', why: 'Lambda opens a log stream for each environment' },
  { role: /Role/, right: 'logs:PutLogEvents', why: 'Lambda writes what the function prints' },
  { role: /^(Spend|Telemetry)Role/, right: 'sqs:ReceiveMessage', why: 'the mapping polls the queue as the function' },
  { role: /^(Spend|Telemetry)Role/, right: 'sqs:DeleteMessage', why: 'the mapping deletes what was handled' },
  {
    role: /^(Spend|Telemetry)Role/,
    right: 'sqs:GetQueueAttributes',
    why: 'the mapping scales by the depth of the queue',
  },
  { role: /^AlertsRole/, right: 'sqs:SendMessage', why: 'Lambda keeps the events that the function failed on' },
  ...forModels,
  { role: /^ScheduleRole/, right: 'lambda:InvokeFunction', why: 'the scheduler invokes as this role' },
]
