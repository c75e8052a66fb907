import { describe, expect, test } from 'vitest'
import { errorBody } from '../../lib/core/errors.ts'
import { errorOf, type FailureKind } from '../../lib/core/failure.ts'
import { openaiFailure } from '../../lib/dialects/openai/failure.ts'

const bytes = (body: unknown) => new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
const failure = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  openaiFailure(status, headers, bytes(body))
const said = (message: string, more: object = {}) => ({ error: { message, type: 'invalid_request_error', ...more } })

describe('an error reply', () => {
  test.each<[number, unknown, FailureKind]>([
    [400, said('bad'), 'bad_request'],
    [400, said('x', { code: 'context_length_exceeded' }), 'context_window'],
    [400, said("This model's maximum context length is 8192 tokens."), 'context_window'],
    [400, said('the request exceeds the available context size'), 'context_window'],
    [400, said('x', { code: 'string_above_max_length', param: 'messages[0].content' }), 'context_window'],
    [400, said('x', { code: 'string_above_max_length', param: 'user' }), 'bad_request'],
    [413, said('Prompt is too long'), 'context_window'],
    [400, said('x', { code: 'content_policy_violation' }), 'content_policy'],
    [400, said('x', { code: 'content_filter' }), 'content_policy'],
    [400, { error: { message: 'x', innererror: { code: 'ResponsibleAIPolicyViolation' } } }, 'content_policy'],
    [400, said('Your credit balance is too low'), 'quota'],
    [400, said('x', { code: 'model_not_found' }), 'not_found'],
    [400, said('x', { code: 'tool_use_failed' }), 'server'],
    [401, said('x', { code: 'invalid_api_key' }), 'auth'],
    [400, { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xx.' }, 'auth'],
    [402, { error: { code: 402, message: 'no credits' } }, 'quota'],
    [403, said('x'), 'permission'],
    [403, said('Invalid API key'), 'auth'],
    [404, { error: { code: 'DeploymentNotFound', message: 'x' } }, 'not_found'],
    [408, '', 'timeout'],
    [413, '<html>too large</html>', 'too_large'],
    [422, { detail: [{ loc: ['body'], msg: 'x' }] }, 'bad_request'],
    [429, said('Too many tokens, please wait'), 'rate_limit'],
    [429, said('x', { code: 'insufficient_quota' }), 'quota'],
    [429, said('x', { type: 'insufficient_quota' }), 'quota'],
    [498, '', 'overloaded'],
    [500, '', 'server'],
    [502, '<html></html>', 'server'],
    [503, '', 'overloaded'],
    [504, '', 'timeout'],
    [529, '', 'overloaded'],
  ])('%i %j is %s', (status, body, kind) => {
    expect(failure(status, body)).toMatchObject({ kind, status, mayHaveCost: false })
  })

  test.each([
    ['an error object', said('the words', { code: 'c', param: 'p' }), 'the words'],
    ['an error text', { error: 'the words', code: 'x' }, 'the words'],
    ['a flat object', { object: 'error', message: 'the words' }, 'the words'],
    ['a list of one', [{ error: { message: 'the words' } }], 'the words'],
    ['a detail', { detail: 'the words' }, 'the words'],
    ['an API front door', { statusCode: 404, message: 'the words' }, 'the words'],
    ['a list of errors', { success: false, errors: [{ code: 8007, message: 'the words' }] }, 'the words'],
    ['details in the place of the words', { object: 'error', message: { detail: [{ msg: 'x' }] } }, '[{"msg":"x"}]'],
    [
      'another provider inside',
      { error: { message: 'Provider returned error', metadata: { raw: '{"error":{"message":"the words"}}' } } },
      'Provider returned error: the words',
    ],
    [
      'text of another provider inside',
      { error: { message: 'Provider returned error', metadata: { raw: 'the words', provider_name: 'Acme' } } },
      'Provider returned error: the words',
    ],
    ['an envelope in an envelope', { error: { error: { message: 'the words' } } }, 'the words'],
    [
      'what FastAPI refuses',
      {
        detail: [
          { loc: ['body', 'n'], msg: 'too small' },
          { loc: ['query', 'v'], msg: 'missing' },
        ],
      },
      'n: too small; query.v: missing',
    ],
    ['JSON that is cut', '{"error":{"type":"x","message":"the \\"words\\" a\\u00', 'the "words" a'],
    ['JSON that is too long to be read', `{"error":{"message":"the words","x":"${'y'.repeat(70_000)}"}}`, 'the words'],
    ['text for a terminal', 'the \u001b[31mwords\u0000\u0007', 'the  [31mwords'],
    ['several lines', said('the\n  words'), 'the\n  words'],
    ['plain text', 'the words', 'the words'],
    ['a page', '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>', '502 Bad Gateway'],
    ['nothing', '', 'The provider answered with status 500.'],
    ['an empty object', {}, 'The provider answered with status 500.'],
  ])('is read from %s', (_, body, message) => {
    expect(failure(500, body).message).toBe(message)
  })

  test('keeps what the model wrote in place of a call', () => {
    const refused = failure(400, said('x', { code: 'tool_use_failed', failed_generation: 'maybe' }))

    expect(errorBody(errorOf(refused)).error).toMatchObject({
      type: 'invalid_request_error',
      code: 'tool_use_failed',
      failed_generation: 'maybe',
    })
    expect(errorOf(refused).status).toBe(400)
  })

  test('keeps code, param and request id', () => {
    expect(failure(400, said('x', { code: 'c', param: 'p' }), { 'x-request-id': 'req_9' })).toMatchObject({
      code: 'c',
      param: 'p',
      upstreamRequestId: 'req_9',
    })
  })

  test('keeps the field that FastAPI refuses', () => {
    expect(failure(422, { detail: [{ loc: ['body', 'messages', 0, 'role'], msg: 'x' }] }).param).toBe('messages.0.role')
  })

  test.each(['request-id', 'apim-request-id', 'x-amzn-requestid', 'cf-ray'])('keeps the id in %s', (name) => {
    expect(failure(500, '', { [name]: 'id-1' }).upstreamRequestId).toBe('id-1')
  })

  test('shows no keys and no addresses', () => {
    const { message } = failure(
      401,
      said(
        'Incorrect key sk-proj-abc***wxyz, bearer Bearer abcdefghijkl, at https://my-res.openai.azure.com/openai?x=1.',
      ),
    )

    expect(message).not.toMatch(/sk-proj|abcdefghijkl|my-res/)
    expect(message).toContain('Incorrect key ***')
  })

  test.each([
    [
      'Error while downloading https://images.example.com/8xznAGy4HcY/800x400.',
      'https://images.example.com/8xznAGy4HcY',
    ],
    ['Failed to fetch image from URL: "https://images.example.com/a.png"', 'https://images.example.com/a.png'],
  ])('names the address that its host could not read: %s', (message, address) => {
    expect(failure(400, said(message)).message).toContain(address)
  })

  test('says all that is wrong with a schema', () => {
    const message = `Invalid schema: ${'a field is missing, '.repeat(60)}and that is all.`

    expect(failure(400, said(message)).message).toBe(message)
  })

  test('of two megabytes is cut to 2000 characters', () => {
    expect(failure(500, 'word '.repeat(400_000)).message).toHaveLength(2000)
    expect(failure(500, said('word '.repeat(5000))).message).toHaveLength(2000)
  })
})

const wait = (headers: Record<string, string>, status = 429) => failure(status, '', headers).retryAfterMs

describe('the wait that a provider asks for', () => {
  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '1' }, 120],
    [{ 'retry-after': '34.4s' }, 34_400],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 0],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [
      {
        'x-ratelimit-remaining-tokens': '900',
        'x-ratelimit-reset-tokens': '6m0s',
        'x-ratelimit-reset-requests': '20ms',
      },
      20,
    ],
    [{}, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '99999999' }, 86_400_000],
  ])('%j', (headers, expected) => {
    expect(wait(headers)).toBe(expected)
  })

  test('is not read from limits where the reply is no rate limit', () => {
    expect(wait({ 'x-ratelimit-reset-tokens': '6m0s' }, 500)).toBeUndefined()
    expect(wait({ 'retry-after': '3' }, 503)).toBe(3000)
  })
})
