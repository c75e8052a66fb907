import { GatewayError } from '../core/errors.ts'
import type { AwsCredentials } from '../core/ports.ts'

type Env = Record<string, string | undefined>

/**
 * The credentials of a function's role, asked for anew with every call, so that rotated ones are used at once. From `AWS_*`
 * where they are set; else from the address in `AWS_CONTAINER_CREDENTIALS_FULL_URI` (or `..._RELATIVE_URI`), which is how AWS
 * gives credentials to processes that outlive them: by the SDK's own provider chain, loaded at the first call, which keeps
 * them, and fetches new ones in their last five minutes. Rejects with an error that names the variables where there is neither.
 */
export function credentialsOf(env: Env): () => Promise<AwsCredentials> {
  let chain: Promise<() => Promise<AwsCredentials>> | undefined
  return async () => {
    const [accessKeyId, secretAccessKey] = [env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY]
    if (accessKeyId && secretAccessKey)
      return { accessKeyId, secretAccessKey, ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }) }
    if (!env.AWS_CONTAINER_CREDENTIALS_FULL_URI && !env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)
      throw new Error(
        'There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_FULL_URI. Lambda sets them on its functions.',
      )
    chain ??= sdkChain()
    return (await chain)()
  }
}

/** The credentials of a profile in AWS's own files (keys, single sign-on, a role), for gateways on somebody's machine. */
export function profileOf(profile: string): Promise<() => Promise<AwsCredentials>> {
  const chain = sdkChain(profile)
  return chain.then((get) => async () => {
    try {
      return await get()
    } catch (error) {
      throw new GatewayError('upstream_auth', {
        message: `The gateway has no AWS credentials in profile \`${profile}\`: its operator must make them there (\`aws configure\`, \`aws sso login\`), or write other keys into the entry; deployed gateways have no profiles.`,
        cause: error,
      })
    }
  })
}

/** Every client of the SDK has the chain in its configuration. */
async function sdkChain(profile?: string): Promise<() => Promise<AwsCredentials>> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  const { credentials } = new DynamoDBClient(profile === undefined ? {} : { profile }).config
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials()
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
  }
}
