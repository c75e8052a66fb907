import { CfnOutput, type Stack, Validations } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { FunctionUrlAuthType, InvokeMode, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'

/**
 * The data plane's second URL, for callers inside AWS: Lambda checks their signature (SigV4, service `lambda`) and tells the
 * function who they are, so that a role's ARN is a key. It is on an alias, since a function has one URL per qualifier.
 * A caller's role needs both permissions of the policy (Lambda guide, "Control access to function URLs"). The second holds
 * through the URL alone: whoever could invoke the function itself could write any principal into the event.
 */
export function iamUrl(stack: Stack, fn: LambdaFunction): void {
  const alias = fn.addAlias('iam')
  Validations.of(fn).acknowledge({
    id: 'Annotation::@aws-cdk/aws-lambda:addPermissionsToVersionOrAlias',
    reason: 'The permissions of the function are those of its open URL; callers of the alias bring their own.',
  })
  const { url } = alias.addFunctionUrl({
    authType: FunctionUrlAuthType.AWS_IAM,
    invokeMode: InvokeMode.RESPONSE_STREAM,
  })
  const policy = new ManagedPolicy(stack, 'IamCallers', {
    description: 'Purser: sending signed requests to IamUrl',
    statements: [
      new PolicyStatement({
        actions: ['lambda:InvokeFunctionUrl'],
        resources: [alias.functionArn],
        conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [alias.functionArn],
        conditions: { Bool: { 'lambda:InvokedViaFunctionUrl': true } },
      }),
    ],
  })
  new CfnOutput(stack, 'IamUrl', {
    value: url,
    description: 'for requests signed with SigV4; a role needs IamPolicyArn',
  })
  new CfnOutput(stack, 'IamPolicyArn', {
    value: policy.managedPolicyArn,
    description: 'attach it to roles that call; POST /key/generate {"key": "<role ARN>"} gives each a budget',
  })
}
