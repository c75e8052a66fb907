/** A release date, or `latest`, behind a model's name: `-2024-07-18`, `-20250514`, `@20250514`, `-latest`. */
const suffix = /(?:-\d{4}-\d{2}-\d{2}|-\d{8}|@\d{8}|-latest|@latest)$/

/** The names a table may have a model under, most telling first. A date of its own entry wins over its family's. */
export function namesOf(model: string): string[] {
  const family = model.replace(suffix, '')
  return family === model ? [model] : [model, family]
}
