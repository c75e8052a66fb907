import type { CloudFormationCustomResourceEvent } from 'aws-lambda'

/**
 * Does what a deployment asked for, and tells CloudFormation how it went: it waits for a PUT to the URL in the event, not
 * for the function's return, so that one has to come on every path. A failure fails the deployment, which rolls back.
 */
export async function answerDeployment(
  event: CloudFormationCustomResourceEvent,
  work: () => Promise<void>,
): Promise<void> {
  const result = event.RequestType === 'Delete' ? {} : await work().then(succeeded, failed)
  const reply = {
    Status: 'SUCCESS',
    ...result,
    // The same for ever: another one would make CloudFormation delete "the old resource".
    PhysicalResourceId: event.LogicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  }
  // Bytes, not a string: the URL is signed for a request without a content type, and fetch would add one.
  const body = Buffer.from(JSON.stringify(reply))
  const { status } = await fetch(event.ResponseURL, { method: 'PUT', body, signal: AbortSignal.timeout(10_000) })
  if (status > 299) throw new Error(`CloudFormation did not take the answer: ${status}`)
}

const succeeded = () => ({ Status: 'SUCCESS' })
const failed = (error: unknown) => ({ Status: 'FAILED', Reason: String(error).slice(0, 1000) })
