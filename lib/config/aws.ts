import type { AwsAccess } from '../core/config.ts'
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
  model_id: text,
}

/** Keys of an AWS account that an entry has for itself, secrets unread, and the ARN to call. Either both keys are there or none. */
export function awsOf(params: JsonObject, { provider, path, reading }: Options): { aws?: AwsAccess } {
  if (!provider.signing) return {}
  const fields = readFields(shape, params, path, reading)
  const { aws_access_key_id: id, aws_secret_access_key: key, aws_session_token: token, model_id: modelId } = fields
  if ((id === undefined) !== (key === undefined)) {
    const [there, missing] =
      id === undefined ? ['secret_access_key', 'access_key_id'] : ['access_key_id', 'secret_access_key']
    reading.error([...path, `aws_${there}`], `stands without aws_${missing}`, `write aws_${missing} too, or neither`)
  }
  const aws: AwsAccess = {
    ...(id !== undefined && { accessKeyId: reading.secret(id) }),
    ...(key !== undefined && { secretAccessKey: reading.secret(key) }),
    ...(token !== undefined && { sessionToken: reading.secret(token) }),
    ...(modelId !== undefined && { modelId }),
  }
  return Object.keys(aws).length > 0 ? { aws } : {}
}

/** LiteLLM's name for another address of the same API: a VPC's endpoint, a proxy. */
export function endpointOf(params: JsonObject, { provider, path, reading }: Options): string | undefined {
  if (!provider.signing) return undefined
  return readFields({ aws_bedrock_runtime_endpoint: secretText }, params, path, reading).aws_bedrock_runtime_endpoint
}
