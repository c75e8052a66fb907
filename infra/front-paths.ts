import { areas, isAdminPath, routes } from '../lib/flows/admin/routes.ts'

/** A distribution may have 75 behaviours (CloudFront quotas, "Cache behaviors per distribution"), one of which is the default. */
const most = 74

/**
 * The management API's paths as patterns of CloudFront: one for everything below each of its areas, and one for each path
 * elsewhere, with or without a slash at its end. What matches none is the data plane's.
 */
export function adminPatterns(): string[] {
  const below = [...areas].map((area) => `/${area}/*`)
  const elsewhere = Object.keys(routes)
    .filter((path) => !areas.has(path.split('/')[1] ?? ''))
    .flatMap((path) => [path, `${path}/`])
    .map((path) => path.replaceAll('{}', '*'))
  const patterns = [...below, ...elsewhere].sort()
  const stray = elsewhere.find((pattern) => !isAdminPath(pattern))
  if (stray !== undefined) throw new Error(`${stray} would go to the management function, which does not answer it`)
  if (patterns.length > most) throw new Error(`${patterns.length} path patterns, and CloudFront takes ${most}`)
  return patterns
}
