import { listOf, objectOf, stringOf } from '../../lib/core/json.ts'

/** One statement of a policy of ours, its references resolved: identity policies that allow, without `Not...` elements. */
export type Statement = {
  actions: string[]
  resources: string[]
  /** Operator, key, values. */
  conditions: { operator: string; key: string; values: string[] }[]
}

export type Access = { action: string; resource: string; context?: Record<string, readonly string[]> }

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)])

/** Reads a policy document. Throws on what is not evaluated here, because passing over it would say yes where AWS says no. */
export function statementsOf(document: unknown): Statement[] {
  return listOf(objectOf(document).Statement).map((value) => {
    const { Effect, Action, Resource, Condition, Sid: _sid, ...more } = objectOf(value)
    if (stringOf(Effect) !== 'Allow' || Object.keys(more).length > 0)
      throw new Error(`only Allow with Action, Resource and Condition is evaluated: ${JSON.stringify(value)}`)
    const conditions = Object.entries(objectOf(Condition)).flatMap(([operator, keys]) =>
      Object.entries(objectOf(keys)).map(([key, values]) => ({ operator, key, values: texts(values) })),
    )
    return { actions: texts(Action), resources: texts(Resource), conditions }
  })
}

/** The document that `statementsOf` would read again. */
export const documentOf = (statements: readonly Statement[]) => ({
  Version: '2012-10-17',
  Statement: statements.map(({ actions, resources, conditions }) => ({
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(conditions.length > 0 && { Condition: conditionsOf(conditions) }),
  })),
})

function conditionsOf(conditions: Statement['conditions']): Record<string, Record<string, string[]>> {
  const made: Record<string, Record<string, string[]>> = {}
  for (const { operator, key, values } of conditions) made[operator] = { ...made[operator], [key]: values }
  return made
}

/** IAM's answer to a role with these statements: everything not allowed is denied (IAM User Guide, policy evaluation logic). */
export const allows = (statements: readonly Statement[], { action, resource, context = {} }: Access): boolean =>
  statements.some(
    (statement) =>
      statement.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      statement.resources.some((pattern) => matches(pattern, resource)) &&
      statement.conditions.every(({ operator, key, values }) => holds(operator, values, context[key])),
  )

function holds(operator: string, values: readonly string[], given: readonly string[] | undefined): boolean {
  const [set, name] = operator.startsWith('ForAllValues:') ? ['all', operator.slice(13)] : ['one', operator]
  const equal = comparisons[name]
  if (!equal) throw new Error(`condition operator ${operator} is not evaluated here`)
  const found = (one: string) => values.some((value) => equal(value, one))
  // "For all values" holds for none at all; every other operator wants the key to be there.
  if (set === 'all') return (given ?? []).every(found)
  return given !== undefined && given.some(found)
}

const comparisons: Record<string, (pattern: string, value: string) => boolean> = {
  StringEquals: (pattern, value) => pattern === value,
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
}

/** `*` is any text, `?` any one character. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(value)
}
