import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { EventSourceMappingOptions, Function as LambdaFunction, IDestination } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'

export type Batches = Pick<EventSourceMappingOptions, 'batchSize' | 'maxBatchingWindow' | 'maxConcurrency'>

/**
 * Hands a queue's messages to a function in batches, of which single messages can fail. With the three rights that Lambda asks for
 * (Lambda guide, "Execution role permissions" of SQS mappings); CDK's own event source would give two more.
 */
export function consume(fn: LambdaFunction, id: string, { queue, ...batches }: Batches & { queue: IQueue }): void {
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
    }),
  )
  fn.addEventSourceMapping(id, { eventSourceArn: queue.queueArn, reportBatchItemFailures: true, ...batches })
}

/** Where events end that a function has failed on. Sending is all that Lambda does there; CDK's own destination may do more. */
export const undeliveredTo = (queue: IQueue): IDestination => ({
  bind(_scope, fn) {
    fn.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    )
    return { destination: queue.queueArn }
  },
})
