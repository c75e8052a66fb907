import { type Stack, Validations } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Settings } from './settings.ts'

/** How the functions tell the front from everybody else. Both are references that CloudFormation resolves; no template has a value. */
export type FrontSecret = {
  /** What the front sends. */
  value: string
  /** Environment of the functions that answer it, and it alone. */
  environment: Record<string, string>
}

/**
 * The secret between front and functions; nothing without a front. To replace it, deploy with the next `frontSecret`: a new
 * secret is made, the functions take it and the one before, and then the front, whose edges change within minutes, sends it.
 * The one before is refused, and deleted, from the rotation after that.
 */
export function frontSecret(stack: Stack, settings: Settings): FrontSecret | undefined {
  if (!settings.front) return undefined
  const { frontSecret: number } = settings
  const value = made(stack, number)
  const accepted = number > 1 ? `${value},${made(stack, number - 1)}` : value
  return { value, environment: { ORIGIN_SECRETS: accepted } }
}

function made(stack: Stack, number: number): string {
  const secret = new Secret(stack, `FrontSecret${number}`, {
    description: 'Purser: what the front shows to the functions',
    generateSecretString: { passwordLength: 48, excludePunctuation: true },
  })
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'Front and functions must change together, so a deployment rotates it (frontSecret). It opens no budget: behind it every call still needs a key.',
  })
  return secret.secretValue.unsafeUnwrap()
}
