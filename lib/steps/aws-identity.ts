import { secretValue } from '../config/secrets.ts'
import type { Deployment, Secret } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import type { AwsCredentials, AwsIdentity, AwsRole } from '../core/ports.ts'

/** Whose signature requests of this entry have, where it says so. Throws where it names what nobody has set. */
export async function awsIdentity(
  deployment: Deployment,
  get: (name: string) => Promise<string | undefined>,
): Promise<AwsIdentity | undefined> {
  const { aws, group } = deployment
  const credentials = await awsKeys(deployment, get)
  if (!aws?.role && aws?.profile === undefined) return credentials && { credentials }
  const role: Partial<AwsRole> = {}
  for (const [name, secret] of Object.entries(aws.role ?? {})) {
    const value = (await secretValue(secret, get))?.trim()
    if (!value)
      throw new GatewayError('upstream_auth', {
        message: `The gateway does not know which role of AWS to assume for model \`${group}\`: its operator must set ${'env' in secret ? `\`${secret.env}\`` : 'what its entry names'}.`,
      })
    Object.assign(role, { [name]: value })
  }
  const { arn } = role
  return {
    ...(credentials && { credentials }),
    ...(aws.profile !== undefined && { profile: aws.profile }),
    ...(arn !== undefined && { role: { ...role, arn } }),
  }
}

/** The entry's own keys of an AWS account. Throws where it names them and nobody has set them: the role's must not be used instead. */
async function awsKeys(
  { aws, group }: Deployment,
  get: (name: string) => Promise<string | undefined>,
): Promise<AwsCredentials | undefined> {
  if (!aws?.accessKeyId) return undefined
  const read = async (secret: Secret | undefined) => secret && (await secretValue(secret, get))?.trim()
  const accessKeyId = await read(aws.accessKeyId)
  const secretAccessKey = await read(aws.secretAccessKey)
  const sessionToken = await read(aws.sessionToken)
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  throw new GatewayError('upstream_auth', {
    message: `The gateway has no AWS keys for model \`${group}\`: its operator must set what aws_access_key_id and aws_secret_access_key name.`,
  })
}
