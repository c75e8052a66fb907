import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { CloudFormationCustomResourceEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerDeployment } from '../../lib/aws/deployment.ts'

describe('answerDeployment', () => {
  const told: { headers: IncomingHttpHeaders; body: unknown }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      told.push({ headers: request.headers, body: JSON.parse(text) })
      response.end()
    })
  })
  let url = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
  })
  afterAll(() => void server.close())

  const event = (RequestType: string) =>
    ({
      RequestType,
      ResponseURL: url,
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'Global',
    }) as CloudFormationCustomResourceEvent

  it('does the work, and says so in a request without a content type', async () => {
    const done: string[] = []

    await answerDeployment(event('Update'), async () => void done.push('work'))

    expect(done).toEqual(['work'])
    expect(told.at(-1)?.headers['content-type']).toBeUndefined()
    expect(told.at(-1)?.body).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'Global',
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'Global',
    })
  })

  it('tells a failure with its reason, so that the deployment does not wait', async () => {
    await answerDeployment(event('Create'), () => Promise.reject(new Error('the table is away')))

    expect(told.at(-1)?.body).toMatchObject({ Status: 'FAILED', Reason: 'Error: the table is away' })
  })

  it('has nothing to do for a deletion', async () => {
    await answerDeployment(event('Delete'), () => Promise.reject(new Error('not asked')))

    expect(told.at(-1)?.body).toMatchObject({ Status: 'SUCCESS' })
  })
})
