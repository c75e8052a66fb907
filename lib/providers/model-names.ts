/** A release date, or `latest`, behind a model's name: `-2024-07-18`, `-20250514`, `@20250514`, `-latest`. */
const date = /(?:-\d{4}-\d{2}-\d{2}|-\d{8}|@\d{8}|[-@]latest|@default)$/
/** Bedrock's revision behind a name: `-v1:0`, `-v2:0:200k`, `-v1`. */
const revision = /-v\d+(?::\d+(?::\w+)?)?$/
/** Bedrock's regions in front of a name. `global.` is none of them: it has prices of its own. */
const region = /^(?:us|us-gov|eu|apac|ap|au|jp|ca|sa|uk|mx)\./
/** The ARN of a model or of a profile; the name is its last part. */
const arn = /^arn:.*\//

/**
 * The names a table may have a model under, most telling first. A date of its own entry wins over its family's, a region's
 * price over that of no region.
 */
export function namesOf(model: string): string[] {
  const names = new Set([model])
  for (const ending of [arn, revision, date, region]) for (const name of names) names.add(name.replace(ending, ''))
  names.delete('')
  return [...names]
}

/** Without the maker in front of it, as hosts of several makers write it: `anthropic/claude-...`, `anthropic.claude-...`. */
export const withoutMaker = (name: string): string =>
  name.replace(/^(?:global\.)?(?:[a-z0-9_-]+\/|[a-z0-9-]+\.(?=[a-z]))/i, '')
