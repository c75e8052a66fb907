import type { AwsAccess } from '../core/deployment.ts'
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../providers/provider.ts'
import type { Path } from './document.ts'
import { readFields, secretText, text } from './fields.ts'
import type { Reading } from './reading.ts'

type Options = { provider: Provider; path: Path; reading: Reading }

const shape = {
  aws_access_key_id: secretText,
  aws_secret_access_key: secretText,
  aws_session_token: secretText,
  aws_profile_name: text,
  aws_role_name: secretText,
  aws_session_name: secretText,
  aws_external_id: secretText,
  aws_web_identity_token: secretText,
  aws_sts_endpoint: secretText,
  model_id: text,
}

/** Keys of an AWS account that an entry has for itself, secrets unread, and the ARN to call. Either both keys are there or none. */
export function awsOf(params: JsonObject, { provider, path, reading }: Options): { aws?: AwsAccess } {
  if (!provider.signing) return {}
  const fields = readFields(shape, params, path, reading)
  const { aws_access_key_id: id, aws_secret_access_key: key, aws_session_token: token, model_id: modelId } = fields
  const { aws_profile_name: profile } = fields
  if ((id === undefined) !== (key === undefined)) {
    const [there, missing] =
      id === undefined ? ['secret_access_key', 'access_key_id'] : ['access_key_id', 'secret_access_key']
    reading.error([...path, `aws_${there}`], `stands without aws_${missing}`, `write aws_${missing} too, or neither`)
  }
  const aws: AwsAccess = {
    ...(id !== undefined && { accessKeyId: reading.secret(id) }),
    ...(key !== undefined && { secretAccessKey: reading.secret(key) }),
    ...(token !== undefined && { sessionToken: reading.secret(token) }),
    ...(profile !== undefined && { profile }),
    ...roleOf(fields, { path, reading }),
    ...(modelId !== undefined && { modelId }),
  }
  return Object.keys(aws).length > 0 ? { aws } : {}
}

type Fields = ReturnType<typeof readFields<typeof shape>>

/** A role to assume; `oidc/env/NAME` and `oidc/file/PATH` are LiteLLM's ways to say where its token is. */
function roleOf(fields: Fields, { path, reading }: Pick<Options, 'path' | 'reading'>): Pick<AwsAccess, 'role'> {
  const { aws_role_name: arn, aws_web_identity_token: token } = fields
  if (arn === undefined) {
    for (const name of ['aws_web_identity_token', 'aws_external_id', 'aws_session_name'] as const)
      if (fields[name] !== undefined)
        reading.error([...path, name], 'stands without aws_role_name', 'write the role to assume too, or neither')
    return {}
  }
  const [, kind, where] = /^oidc\/([\w-]+)\/(.*)$/.exec(token ?? '') ?? []
  if (kind !== undefined && kind !== 'env' && kind !== 'file')
    reading.error(
      [...path, 'aws_web_identity_token'],
      `takes its token from ${kind}, which this gateway does not ask`,
      'write oidc/env/NAME or oidc/file/PATH, or the token itself as os.environ/NAME',
    )
  const named = {
    sessionName: 'aws_session_name',
    externalId: 'aws_external_id',
    stsEndpoint: 'aws_sts_endpoint',
  } as const
  const rest = Object.entries(named).flatMap(([to, from]) => {
    const written = fields[from]
    return written === undefined ? [] : [[to, reading.secret(written)] as const]
  })
  const webIdentity = kind === 'env' ? `os.environ/${where}` : token
  return {
    role: {
      arn: reading.secret(arn),
      ...Object.fromEntries(rest),
      ...(webIdentity !== undefined && { webIdentity: reading.secret(webIdentity) }),
    },
  }
}

/** LiteLLM's name for another address of the same API: a VPC's endpoint, a proxy. */
export function endpointOf(params: JsonObject, { provider, path, reading }: Options): string | undefined {
  if (!provider.signing) return undefined
  return readFields({ aws_bedrock_runtime_endpoint: secretText }, params, path, reading).aws_bedrock_runtime_endpoint
}
