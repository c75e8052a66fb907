import { describe, expect, it } from 'vitest'
import type { Call, Flow } from '../../lib/core/http.ts'
import { behindFront } from '../../lib/flows/origin.ts'

const call = (over: Partial<Call> = {}): Call => ({
  method: 'POST',
  path: '/v1/chat/completions',
  query: {},
  headers: {},
  body: new Uint8Array(),
  requestId: 'request-1',
  receivedAt: 0,
  ...over,
})

function scene(accepted: string | undefined) {
  const seen: Call[] = []
  const lines: string[] = []
  const inner: Flow = async (given) => {
    seen.push(given)
    return { status: 200, headers: {}, body: 'in' }
  }
  const flow = behindFront(inner, accepted, (level, message, fields) =>
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  )
  const knock = (value?: string, over: Partial<Call> = {}) =>
    flow(
      call({
        ...over,
        headers: { authorization: 'Bearer sk-a', ...(value !== undefined && { 'x-origin-verify': value }) },
      }),
    )
  return { inner, flow, knock, seen, lines }
}

describe('behindFront', () => {
  it('leaves a flow alone that has no front', () => {
    const { flow, inner } = scene(undefined)

    expect(flow).toBe(inner)
  })

  it('lets in who shows either of two values, and keeps the value from the flow', async () => {
    const { knock, seen } = scene('new-value,old-value')

    expect([(await knock('new-value')).status, (await knock('old-value')).status]).toEqual([200, 200])
    expect(seen.map(({ headers }) => headers)).toEqual([
      { authorization: 'Bearer sk-a' },
      { authorization: 'Bearer sk-a' },
    ])
  })

  it.each([undefined, '', 'value', 'new-value,old-value', 'New-value', 'new-valuex'])(
    'refuses %j with a 403 in the envelope of every error',
    async (value) => {
      const { knock, seen, lines } = scene('new-value,old-value')

      const reply = await knock(value)

      expect(seen).toEqual([])
      expect(reply).toMatchObject({ status: 403, headers: { 'content-type': 'application/json' } })
      expect(JSON.parse(reply.body as string)).toMatchObject({
        error: { type: 'auth_error', code: '403', message: expect.stringContaining('FrontUrl') as string },
      })
      expect(lines.join()).toMatch(/^warn .*request-1/)
      expect(lines.join()).not.toMatch(/value"|sk-a/)
    },
  )

  it('refuses health checks, too: nothing answers beside the front', async () => {
    expect((await scene('v').knock(undefined, { method: 'GET', path: '/health/liveliness' })).status).toBe(403)
  })

  it('lets in whom the platform has checked by a signature', async () => {
    const { knock } = scene('v')

    expect((await knock(undefined, { principal: 'arn:aws:iam::123456789012:role/backend' })).status).toBe(200)
  })

  it('does not start with a front whose secret is lost', () => {
    for (const lost of ['', ' ', ',']) expect(() => scene(lost)).toThrow(/ORIGIN_SECRETS/)
  })
})
