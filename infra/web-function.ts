import { Aws, Duration, Names, type Stack, Validations } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { WebFunction, WebFunctionAuthType, WebFunctionCode, WebFunctionRuntime } from 'aws-cdk-lib/aws-lambda'
import { codeDir, type DoorProps, type Gateway, identity } from './functions.ts'

/** Requests that one environment (2 vCPU, 2 GB) answers at once. They mostly wait, and waiting costs no CPU time. */
const requestsAtOnce = 64

/**
 * The data plane as a Lambda web function: the same code behind a port of its own, many requests in one process. It sees when
 * a client leaves, and its bill knows CPU time, not the time a provider takes to answer.
 */
export function webFunction(stack: Stack, id: string, props: DoorProps): Gateway {
  const { logs, role } = identity(stack, id, props.may)
  const fn = new WebFunction(stack, id, {
    // One name may stand in one region of an account alone.
    webFunctionName: `${Names.uniqueResourceName(stack, { maxLength: 40 })}-${Aws.REGION}`,
    revisionDescription: props.description,
    runtime: WebFunctionRuntime.NODEJS_24_X,
    code: WebFunctionCode.fromAssetToManagedBucket(codeDir(stack, 'server', props.config)),
    timeout: Duration.seconds(props.timeoutSeconds),
    maxConcurrencyPerEnvironment: requestsAtOnce,
    environment: { ...props.environment, STACK: stack.stackName, TIMEOUT_SECONDS: String(props.timeoutSeconds) },
    logGroup: logs,
    role,
    defaultEndpointAuth: WebFunctionAuthType.APPLICATION_MANAGED,
  })
  Validations.of(fn.endpoint).acknowledge({
    id: 'Annotation::@aws-cdk/aws-lambda:webFunctionPublicEndpoint',
    reason: 'The gateway checks a key with every request.',
  })
  acknowledgeCopier(stack)
  // The platform's own metrics count every 5xx, a provider's too; what it logs tells a server that did not start.
  const crashes = new MetricFilter(stack, `${id}Crashes`, {
    logGroup: logs,
    metricNamespace: stack.stackName,
    metricName: 'GatewayCrashes',
    filterPattern: FilterPattern.any(
      FilterPattern.booleanValue('$.crashed', true),
      FilterPattern.stringValue('$.record.status', '=', 'failure'),
    ),
    metricValue: '1',
  })
  return {
    logs,
    url: `https://${fn.endpoint.domainName}/`,
    errors: (options) => crashes.metric({ statistic: Stats.SUM, ...options }),
  }
}

/**
 * Web functions read their code from a versioned bucket of the stack's own, into which a function of CDK's copies it at each
 * deployment. Both are CDK's work, not ours; neither touches a request.
 */
function acknowledgeCopier(stack: Stack): void {
  const qualifier = stack.synthesizer.bootstrapQualifier ?? 'hnb659fds'
  const copies = "CDK's copier of code: it runs at deployments alone, and its rights end at two buckets that hold code."
  for (const child of stack.node.children) {
    if (child.node.id === 'AWSCDKWebFunctionAssetBucket')
      Validations.of(child).acknowledge({
        id: 'AwsSolutions-S1',
        reason: 'Lambda alone reads it, and nothing is in it but the code that synth has made.',
      })
    if (child.node.id.startsWith('Custom::S3ObjectCopy'))
      Validations.of(child).acknowledge(
        ...[
          'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
          `IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-${qualifier}-assets-<AWS::AccountId>-<AWS::Region>/*]`,
          'IAM5[Resource::<AWSCDKWebFunctionAssetBucket5B596593.Arn>/web-function/*]',
          'IAM5[Action::s3:Abort*]',
          'IAM5[Action::s3:DeleteObject*]',
        ].map((finding) => ({ id: `AwsSolutions-${finding}`, reason: copies })),
      )
  }
}
