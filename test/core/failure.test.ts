import { expect, it } from 'vitest'
import { errorOf, type Failure } from '../../lib/core/failure.ts'

const failure = (kind: Failure['kind'], status: number): Failure => ({
  kind,
  status,
  message: 'No.',
  mayHaveCost: false,
})

it.each([
  ['a request that is refused', 'bad_request', 422],
  ['a model that is not known, in a provider whose word for it is 400', 'not_found', 400],
  ['a model that is not known', 'not_found', 404],
  ['a model that the account may not use', 'permission', 403],
  ['an account without money', 'quota', 402],
  ['a server that is down', 'server', 500],
] as const)('%s keeps its status', (_, kind, status) => {
  expect(errorOf(failure(kind, status)).status).toBe(status)
})

it('a model that is not known, told inside of an answer, is a 404', () => {
  expect(errorOf(failure('not_found', 200)).status).toBe(404)
})

it("a key that the provider refuses is not the caller's: 502, with the status that the provider gave", () => {
  const error = errorOf(failure('auth', 401))

  expect([error.status, error.detail.extra]).toEqual([502, { upstream_status: 401 }])
})

it('a status that no client knows is a plain server error', () => {
  expect(errorOf(failure('server', 999)).status).toBe(500)
})

it('the id that the provider gave to the request is told, in the error and as a header', () => {
  const { detail } = errorOf({ ...failure('server', 500), upstreamRequestId: 'req_9' }, { headers: { a: 'b' } })

  expect(detail.extra).toEqual({ upstream_request_id: 'req_9' })
  expect(detail.headers).toEqual({ a: 'b', 'llm_provider-x-request-id': 'req_9' })
})
