/** Used where neither the entry nor `AZURE_API_VERSION` names one: the last dated version before the `/openai/v1` paths. */
const defaultAzureVersion = '2025-04-01-preview'

/** `api_version` values that mean the version-less `/openai/v1` paths (LiteLLM's list). */
const versionless = new Set(['v1', 'latest', 'preview'])

type Target = { path: string; model: string; version: string | undefined }

/**
 * Azure OpenAI's two addresses: `{base}/openai/v1{path}`, where the body names the deployment, and
 * `{base}/openai/deployments/{deployment}{path}?api-version=...`. A base that has part of this already is completed, and
 * a query that names an api-version keeps it.
 */
export function azureUrl(base: URL, { path, model, version }: Target): URL {
  const url = new URL(base)
  const front = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/completions|embeddings|responses)$/, '')
  const root = front.replace(/\/openai(?:\/.*)?$/, '')
  const v1 = front.endsWith('/openai/v1') || (version !== undefined && versionless.has(version))
  // This endpoint is the resource's; the body names the deployment.
  if (path === '/responses' && !v1) url.pathname = `${root}/openai${path}`
  else if (/\/deployments\/[^/]+$/.test(front)) url.pathname = front + path
  else if (v1) url.pathname = `${root}/openai/v1${path}`
  else url.pathname = `${root}/openai/deployments/${encodeURIComponent(model)}${path}`
  const query = v1 ? (version === 'preview' ? version : undefined) : (version ?? defaultAzureVersion)
  if (query !== undefined && !url.searchParams.has('api-version')) url.searchParams.set('api-version', query)
  return url
}
