import { describe, expect, it } from 'vitest'
import { dynamoAccess } from './dynamo-access.ts'
import { allows, documentOf, statementsOf } from './iam.ts'
import { rightsOf, without } from './rights.ts'

const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/Main'
const document = {
  Statement: [
    {
      Effect: 'Allow',
      Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
      Resource: table,
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['BUDGET#*', 'OUTBOX#*'] } },
    },
    { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: 'arn:secret:Purser-??????' },
  ],
}
const statements = statementsOf(document)
const put = (pks: string[], from = statements) =>
  allows(from, { action: 'dynamodb:PutItem', resource: table, context: { 'dynamodb:LeadingKeys': pks } })

describe('the evaluator of policies', () => {
  it('asks of every partition of a request that it is allowed', () => {
    expect(put(['BUDGET#a'])).toBe(true)
    expect(put(['BUDGET#a', 'OUTBOX#b'])).toBe(true)
    expect(put(['BUDGET#a', 'KEY#b'])).toBe(false)
    expect(put(['XBUDGET#a'])).toBe(false)
  })

  it('takes a question mark for one character, and the rest of a pattern as it is', () => {
    const secret = (resource: string) => allows(statements, { action: 'secretsmanager:GetSecretValue', resource })

    expect(secret('arn:secret:Purser-AbCdEf')).toBe(true)
    expect(secret('arn:secret:Purser-AbCdEfg')).toBe(false)
    expect(secret('arn:secret:Purser-??????')).toBe(true)
    expect(secret('arn-secret:Purser-AbCdEf')).toBe(false)
  })

  it('refuses to read what it would not evaluate', () => {
    expect(() => statementsOf({ Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] })).toThrow(/only Allow/)
    expect(() => statementsOf({ Statement: [{ Effect: 'Allow', NotAction: 'a:b', Resource: '*' }] })).toThrow(
      /NotAction/,
    )
    const odd = statementsOf({
      Statement: [{ Effect: 'Allow', Action: 'a:b', Resource: '*', Condition: { Null: { 'aws:x': 'true' } } }],
    })
    expect(() => allows(odd, { action: 'a:b', resource: 'r' })).toThrow(/operator Null/)
  })

  it('writes a document that reads the same again', () => {
    expect(statementsOf(documentOf(statements))).toEqual(statements)
  })
})

describe('taking rights away', () => {
  it('names each action and partition', () => {
    expect(rightsOf(statements).map(({ right }) => right)).toEqual([
      'dynamodb:PutItem BUDGET#*',
      'dynamodb:PutItem OUTBOX#*',
      'dynamodb:UpdateItem BUDGET#*',
      'dynamodb:UpdateItem OUTBOX#*',
      'secretsmanager:GetSecretValue',
    ])
  })

  it('takes that one and no other', () => {
    const left = without(statements, ['dynamodb:PutItem OUTBOX#*'])

    expect(rightsOf(left)).toHaveLength(4)
    expect(put(['OUTBOX#b'], left)).toBe(false)
    expect(put(['BUDGET#a'], left)).toBe(true)
    expect(put(['BUDGET#a', 'OUTBOX#b'], without(statements, []))).toBe(true)
  })
})

describe('what a request asks of IAM', () => {
  const of = (operation: string, body: object) => dynamoAccess(operation, body as never, (name) => `arn:${name}`)

  it('is an action per item of a transaction, with its partition', () => {
    const items = [
      { Put: { TableName: 'T', Item: { pk: { S: 'A' } } } },
      { Delete: { TableName: 'T', Key: { pk: { S: 'B' } } } },
    ]

    expect(of('TransactWriteItems', { TransactItems: items })).toEqual([
      { action: 'dynamodb:PutItem', resource: 'arn:T', context: { 'dynamodb:LeadingKeys': ['A'] } },
      { action: 'dynamodb:DeleteItem', resource: 'arn:T', context: { 'dynamodb:LeadingKeys': ['B'] } },
    ])
  })

  it('has the partition of a query, and those of a batch', () => {
    const query = { TableName: 'T', ExpressionAttributeValues: { ':pk': { S: 'A' } } }
    const batch = { RequestItems: { T: { Keys: [{ pk: { S: 'A' } }, { pk: { S: 'B' } }] } } }

    expect(of('Query', query)[0]?.context).toEqual({ 'dynamodb:LeadingKeys': ['A'] })
    expect(of('BatchGetItem', batch)[0]?.context).toEqual({ 'dynamodb:LeadingKeys': ['A', 'B'] })
  })
})
