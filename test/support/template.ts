import type { Template } from 'aws-cdk-lib/assertions'
import { isObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { type Statement, statementsOf } from './iam.ts'

const pseudo: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
  'AWS::StackName': 'Purser',
}

/** The ARN that stands for a resource of the template in these tests: its logical id in it, whatever the type. */
export const arnOf = (id: string): string => `arn:aws:here:us-east-1:000000000000:${id}`

/** Text of a template with its references resolved. Throws on functions that no policy of ours uses. */
function resolved(value: unknown): string {
  if (typeof value === 'string') return value
  const [[name, argument] = ['nothing', null]] = isObject(value) ? Object.entries(value) : []
  if (name === 'Ref' && typeof argument === 'string') return pseudo[argument] ?? arnOf(argument)
  if (name === 'Fn::GetAtt') return arnOf(resolved(listOf(argument)[0]))
  if (name === 'Fn::Join') {
    const [separator, parts] = listOf(argument)
    return listOf(parts).map(resolved).join(resolved(separator))
  }
  if (name === 'Fn::Sub' && typeof argument === 'string')
    return argument.replace(/\$\{([^}]+)\}/g, (_, id: string) => resolved({ Ref: id }))
  throw new Error(`cannot resolve ${JSON.stringify(value)}`)
}

/** A value of a template, with references in any depth resolved. */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve)
  if (!isObject(value)) return value
  const [only, ...more] = Object.keys(value)
  if (more.length === 0 && only !== undefined && /^(Ref|Fn::)/.test(only)) return resolved(value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]))
}

/** Every role of a template by its logical id, and what its policies let it do. */
export function rolesOf(template: Template): Record<string, Statement[]> {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).map((one) => objectOf(one.Properties))
  const roles = Object.entries(template.findResources('AWS::IAM::Role')).map(([id, role]) => {
    const own = policies.filter(({ Roles }) => listOf(Roles).some((one) => stringOf(objectOf(one).Ref) === id))
    const inline = listOf(objectOf(role.Properties).Policies).map((one) => objectOf(objectOf(one).PolicyDocument))
    const documents = [...own.map(({ PolicyDocument }) => PolicyDocument), ...inline]
    return [id, documents.flatMap((document) => statementsOf(resolve(document)))] as const
  })
  return Object.fromEntries(roles)
}
