import { GetRolePolicyCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { tryParse } from '../../lib/core/json.ts'
import { documentOf, type Statement, statementsOf } from '../support/iam.ts'
import type { Stack } from './stack.ts'

/** A role of the stack with one inline policy. */
export type RolePolicy = { id: string; role: string; policy: string; statements: Statement[] }

/** Every role of the stack and what it may do. Throws on managed or several policies: then rights could hide. */
export async function rolePolicies({ iam, resources }: Stack): Promise<RolePolicy[]> {
  const roles = resources.filter(({ type }) => type === 'AWS::IAM::Role')
  return Promise.all(
    roles.map(async ({ id, name: RoleName }) => {
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
      const [policy] = PolicyNames
      if (policy === undefined || PolicyNames.length > 1) throw new Error(`${id} has ${PolicyNames.length} policies`)
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: policy }))
      return { id, role: RoleName, policy, statements: statementsOf(tryParse(decodeURIComponent(PolicyDocument))) }
    }),
  )
}

/** Gives the role these statements instead of its own while `work` runs. */
export async function under<T>(
  { iam }: Stack,
  { role, policy, statements }: RolePolicy,
  { instead, work }: { instead: readonly Statement[]; work: () => Promise<T> },
): Promise<T> {
  const put = (of: readonly Statement[]) =>
    iam.send(
      new PutRolePolicyCommand({ RoleName: role, PolicyName: policy, PolicyDocument: JSON.stringify(documentOf(of)) }),
    )
  await put(instead)
  try {
    return await work()
  } finally {
    await put(statements)
  }
}
