import { createHash } from 'node:crypto'
import { GetRolePolicyCommand, type IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam'
import { type LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { tryParse } from '../../lib/core/json.ts'
import { type Statement, statementsOf } from '../support/iam.ts'

export type Roles = {
  /** A session's access key and the role it stands for. */
  learn(accessKeyId: string, roleName: string): void
  /** The role behind an access key; undefined for those that are not of our functions. */
  nameOf(accessKeyId: string): Promise<string | undefined>
  statementsOf(roleName: string): Promise<Statement[]>
  /** Policies may have changed. */
  forget(): void
}

/** Who the functions are, and what their roles may do, as the emulator has it. */
export function roles({ iam, lambda }: { iam: IAMClient; lambda: LambdaClient }): Roles {
  const sessions = new Map<string, string | undefined>()
  const policies = new Map<string, Promise<Statement[]>>()
  return {
    learn: (accessKeyId, roleName) => void sessions.set(accessKeyId, roleName),
    async nameOf(accessKeyId) {
      if (!accessKeyId.startsWith('ASIA')) return undefined
      if (!sessions.has(accessKeyId)) {
        const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}))
        sessions.set(accessKeyId, undefined)
        for (const { FunctionArn = '', Role = '' } of Functions)
          sessions.set(workerKey(FunctionArn, Role), Role.split('/').at(-1) ?? '')
      }
      return sessions.get(accessKeyId)
    },
    statementsOf(roleName) {
      const known = policies.get(roleName) ?? read(iam, roleName)
      policies.set(roleName, known)
      return known
    },
    forget: () => policies.clear(),
  }
}

/** How the emulator names the sessions of the functions that it runs itself. */
const workerKey = (functionArn: string, role: string): string =>
  `ASIA${createHash('sha256').update(`${functionArn}:${role}`).digest('hex').slice(0, 16).toUpperCase()}`

async function read(iam: IAMClient, RoleName: string): Promise<Statement[]> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const read = PolicyNames.map(async (PolicyName) => {
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
    return statementsOf(tryParse(decodeURIComponent(PolicyDocument)))
  })
  return (await Promise.all(read)).flat()
}
