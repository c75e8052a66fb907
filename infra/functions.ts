import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Duration, type Stack, Stage } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Config } from '../lib/core/config.ts'
import { bundle, type DoorName } from './bundle.ts'

export type DoorProps = {
  config: Config
  description: string
  timeoutSeconds: number
  environment: Record<string, string>
  /** Everything the function may do, beyond writing its own log. */
  may: PolicyStatement[]
}

/** A function and the log group that outlives it. */
export type Door = { fn: LambdaFunction; logs: LogGroup }

/** One of functions/ as a Lambda function. Its role is made here, because AWS's managed one may write to every log group. */
export function door(stack: Stack, name: DoorName, props: DoorProps): Door {
  const id = name[0]?.toUpperCase() + name.slice(1)
  const logs = new LogGroup(stack, `${id}Logs`, { retention: RetentionDays.ONE_MONTH })
  const role = new Role(stack, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  logs.grantWrite(role)
  for (const statement of props.may) role.addToPolicy(statement)
  const fn = new LambdaFunction(stack, id, {
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(props.timeoutSeconds),
    handler: 'index.handler',
    code: code(stack, name, props.config),
    environment: props.environment,
    logGroup: logs,
    role,
  })
  return { fn, logs }
}

/** Bundled in this process into the assembly, from where CDK stages it. Not bundled where CDK was told not to. */
function code(stack: Stack, name: DoorName, config: Config): Code {
  if (!stack.bundlingRequired) return Code.fromAsset(fileURLToPath(new URL('../functions', import.meta.url)))
  const dir = join(Stage.of(stack)?.outdir ?? '.', 'bundles', name)
  rmSync(dir, { recursive: true, force: true })
  bundle(name, dir, config)
  return Code.fromAsset(dir)
}
