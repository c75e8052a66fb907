export type Post = { url: string; headers: Record<string, string>; body: string }

const patienceMs = 10_000

/**
 * Posts JSON to an address of the operator's (a webhook) and resolves with the HTTP status. Redirects are not followed: it
 * goes to the address that was configured and to no other. Errors never show the address, which is a secret with most webhooks.
 */
export async function postJson({ url, headers, body }: Post): Promise<number> {
  const answer = fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(patienceMs),
  })
  const response = await answer.catch(reasonOf)
  // Without the cause, which has the address in it.
  if (typeof response === 'string') throw new Error(response)
  await response.body?.cancel()
  return response.status
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'TimeoutError') return `no answer within ${patienceMs / 1000} seconds`
  const cause: unknown = error.cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code === 'ERR_INVALID_URL' ? 'its address is no URL' : `no connection${code ? ` (${code})` : ''}`
}
