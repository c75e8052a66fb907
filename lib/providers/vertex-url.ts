import { isObject, stringOf, tryParse } from '../core/json.ts'

/** What Vertex's addresses and credentials are made of. */
export type VertexTarget = {
  /** With `{project}` and `{location}` in it. */
  path: string
  location: string
  /** Absent: the key says it, or there is none (an API key in express mode). */
  project?: string
  base?: URL
  key?: string
}

/**
 * Vertex's address: the location is in the host and in the path. A base of one's own (a proxy, a private endpoint) stands for
 * the host, and may hold version and project already. Undefined where the project is not known.
 */
export function vertexUrl({ path, location, project, base, key }: VertexTarget): URL | undefined {
  const own = project ?? projectOf(key)
  const express = own === undefined && isApiKey(key)
  if (own === undefined && !express && !base?.pathname.includes('/projects/')) return undefined
  const host = express ? hostOf('global') : hostOf(location)
  const url = new URL(base ?? `https://${host}`)
  const front = url.pathname.replace(/\/+$/, '')
  const whole = tuned(
    express
      ? path.replace('/projects/{project}/locations/{location}', '')
      : path.replace('{project}', encodeURIComponent(own ?? '')).replace('{location}', encodeURIComponent(location)),
  )
  url.pathname = front + rest(front, whole)
  return url
}

/** Numbers are endpoints of one's own: tuned models. */
const tuned = (path: string): string =>
  path.replace(/\/publishers\/google\/models\/(?:endpoints\/)?(?=\d+:)/, '/endpoints/')

function rest(front: string, path: string): string {
  if (front.includes('/projects/')) return path.replace(/^\/v\d\w*\/projects\/[^/]*\/locations\/[^/]*/, '')
  return /\/v\d\w*$/.test(front) ? path.replace(/^\/v\d\w*/, '') : path
}

/** Multi-region and global hosts are called otherwise than those of one region. */
function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com'
  if (location === 'us' || location === 'eu') return `aiplatform.${location}.rep.googleapis.com`
  return `${location}-aiplatform.googleapis.com`
}

/** Google's API keys begin like this; all else is the file of an account, or its path. */
export const isApiKey = (key: string | undefined): boolean => /^(?:AIza|AQ\.)[\w.-]+$/.test(key ?? '')

/** An access token that somebody else keeps fresh. */
export const isAccessToken = (key: string | undefined): boolean => key?.startsWith('ya29.') ?? false

function projectOf(key: string | undefined): string | undefined {
  const file = key?.startsWith('{') ? tryParse(key) : undefined
  return isObject(file) ? (stringOf(file.project_id) ?? stringOf(file.quota_project_id)) : undefined
}
