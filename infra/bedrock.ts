import type { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Config } from '../lib/core/config.ts'
import type { Deployment } from '../lib/core/deployment.ts'
import { stringOf, objectOf } from '../lib/core/json.ts'
import { foundationModel, geography } from '../lib/providers/foundation-model.ts'
import { providerOf } from '../lib/providers/rows.ts'

type Place = { stack: Stack; region: string }
type Service = { actions: string[]; resources: (deployment: Deployment, place: Place) => string[] }

/** What each service of AWS that answers signed requests asks for (AWS's service authorization reference). */
const services: Record<string, Service> = {
  bedrock: {
    actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream', 'bedrock:CountTokens'],
    resources: modelArns,
  },
  'bedrock-mantle': { actions: ['bedrock-mantle:CreateInference'], resources: within('bedrock-mantle', 'project/*') },
  'aws-external-anthropic': {
    actions: ['aws-external-anthropic:CreateInference', 'aws-external-anthropic:CountTokens'],
    resources: within('aws-external-anthropic', 'workspace/*'),
  },
}

/**
 * The rights of the data plane on models of AWS that the config calls by the function's own role: on those models alone, and none
 * where there are none; and the right to assume the roles that it names. Deployments with keys of their own need no right of the role.
 */
export function mayInvoke(stack: Stack, { deployments }: Config): PolicyStatement[] {
  const keyless = deployments.filter((one) => !one.apiKey && !one.aws?.accessKeyId)
  const signed = keyless.filter((one) => !one.aws?.role && one.aws?.profile === undefined)
  const statements = Object.entries(services).flatMap(([name, { actions, resources }]) => {
    const own = signed.filter(({ provider }) => providerOf(provider)?.signing?.service === name)
    const on = own.flatMap((one) => resources(one, { stack, region: regionOf(stack, one) }))
    return statement(actions, on)
  })
  const guarded = signed.filter(({ provider }) => providerOf(provider)?.signing?.service === 'bedrock')
  return [
    ...statements,
    ...statement(['sts:AssumeRole'], keyless.flatMap(roleArns)),
    ...statement(
      ['bedrock:ApplyGuardrail'],
      guarded.flatMap((one) => guardrailArns(stack, one)),
    ),
  ]
}

/** Roles that the function's own assumes. One that is named elsewhere (`os.environ/...`) is not known here: its right is the operator's to give. */
function roleArns({ aws }: Deployment): string[] {
  const { arn, webIdentity } = aws?.role ?? {}
  return arn && 'value' in arn && !webIdentity && aws?.profile === undefined ? [arn.value] : []
}

const statement = (actions: string[], on: readonly string[]): PolicyStatement[] =>
  on.length === 0 ? [] : [new PolicyStatement({ actions, resources: [...new Set(on)] })]

/** A region that is told by a name is the function's own, which is the stack's. */
function regionOf(stack: Stack, { variables }: Deployment): string {
  const region = variables?.region
  return region && 'value' in region ? region.value : stack.region
}

function modelArns({ model, aws, baseModel }: Deployment, { stack, region }: Place): string[] {
  const arn = (where: string, what: string) => `arn:${stack.partition}:bedrock:${where}:${what}`
  const id = aws?.modelId ?? model
  const anywhere = (name: string) => arn('*', `:foundation-model/${name}`)
  if (id.startsWith('arn:')) {
    if (!/:(?:application-)?inference-profile\//.test(id)) return [id]
    // A profile of one's own does not say which model it leads to.
    const named = /:inference-profile\/(.+)$/.exec(id)?.[1] ?? (aws?.modelId === undefined ? baseModel : model) ?? '*'
    return [id, anywhere(foundationModel(named))]
  }
  const profile = arn(region, `${stack.account}:inference-profile/${id}`)
  // The models that a profile for several regions leads to are called in any region of it.
  if (geography.test(id)) return [profile, anywhere(foundationModel(id))]
  return id.startsWith('*') ? [profile, anywhere(id)] : [arn(region, `:foundation-model/${id}`)]
}

/** The account's projects or workspaces: which one a key or a header chooses is not known here. */
function within(service: string, what: string): Service['resources'] {
  return (_, { stack, region }) => [`arn:${stack.partition}:${service}:${region}:${stack.account}:${what}`]
}

function guardrailArns(stack: Stack, deployment: Deployment): string[] {
  const { params } = deployment
  const { guardrailIdentifier } = objectOf(params.guardrailConfig ?? params.guardrail_config)
  const id = stringOf(guardrailIdentifier)
  if (id === undefined) return []
  const region = regionOf(stack, deployment)
  return [id.startsWith('arn:') ? id : `arn:${stack.partition}:bedrock:${region}:${stack.account}:guardrail/${id}`]
}
