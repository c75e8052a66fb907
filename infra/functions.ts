import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Duration, type Stack, Stage } from 'aws-cdk-lib'
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Config } from '../lib/core/config.ts'
import { bundle, type DoorName } from './bundle.ts'
import type { Store } from './store.ts'

export type DoorProps = {
  config: Config
  description: string
  timeoutSeconds: number
  environment: Record<string, string>
  /** Everything the function may do, beyond writing its own log. */
  may: PolicyStatement[]
}

/** What the two functions that answer calls are made of. `doorEnvironment`: what they know of a front before them. */
export type CallParts = Store & { bus: EventBus; doorEnvironment: Record<string, string> }

/** A function and the log group that outlives it. */
export type Door = { fn: LambdaFunction; logs: LogGroup }

/** What the data plane is to the rest of the stack, whatever it runs on. */
export type Gateway = {
  logs: LogGroup
  /** `https://HOST/`, its slash included. */
  url: string
  /** How often it crashed, did not start or ran out of time. */
  errors: (options?: MetricOptions) => IMetric
  /** The function, where it is an event function (`compute: function-url`). */
  fn?: LambdaFunction
}

/** One of functions/ as a Lambda function. */
export function door(stack: Stack, name: DoorName, props: DoorProps): Door {
  const id = name[0]?.toUpperCase() + name.slice(1)
  const { logs, role } = identity(stack, id, props.may)
  const fn = new LambdaFunction(stack, id, {
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(props.timeoutSeconds),
    handler: 'index.handler',
    code: Code.fromAsset(codeDir(stack, name, props.config)),
    environment: { ...props.environment, STACK: stack.stackName },
    logGroup: logs,
    role,
  })
  return { fn, logs }
}

/** A log group, and a role that may write there. The role is made here because AWS's managed one may write to every log group. */
export function identity(stack: Stack, id: string, may: readonly PolicyStatement[]): { logs: LogGroup; role: Role } {
  const logs = new LogGroup(stack, `${id}Logs`, { retention: RetentionDays.ONE_MONTH })
  const role = new Role(stack, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  logs.grantWrite(role)
  for (const statement of may) role.addToPolicy(statement)
  return { logs, role }
}

/** Bundled in this process into the assembly, from where CDK stages it. Not bundled where CDK was told not to. */
export function codeDir(stack: Stack, name: DoorName, config: Config): string {
  if (!stack.bundlingRequired) return fileURLToPath(new URL('../functions', import.meta.url))
  const dir = join(Stage.of(stack)?.outdir ?? '.', 'bundles', name)
  rmSync(dir, { recursive: true, force: true })
  bundle(name, dir, config)
  return dir
}
