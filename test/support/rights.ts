import type { Statement } from './iam.ts'

/** A right by its name: the action, and the partition it is for where a condition says so. */
export type Right = string

const leading = 'dynamodb:LeadingKeys'

/** Statements of one action, one resource and one partition each: what can be taken away alone. */
export function rightsOf(statements: readonly Statement[]): { right: Right; statement: Statement }[] {
  return statements.flatMap(({ actions, resources, conditions }) => {
    const keyed = conditions.find(({ key }) => key === leading)
    return actions.flatMap((action) =>
      resources.flatMap((resource) => {
        const one = { actions: [action], resources: [resource], conditions }
        const many = resources.length > 1 ? ` on ${resource}` : ''
        if (!keyed) return [{ right: action + many, statement: one }]
        return keyed.values.map((value) => ({
          right: `${action} ${value}${many}`,
          statement: { ...one, conditions: conditions.map((c) => (c === keyed ? { ...c, values: [value] } : c)) },
        }))
      }),
    )
  })
}

/**
 * What is left without some rights. Partitions of one action and resource are joined again: a request that names two is
 * allowed by one statement with both, not by two with one each.
 */
export function without(statements: readonly Statement[], removed: readonly Right[]): Statement[] {
  const joined = new Map<string, Statement>()
  for (const { right, statement } of rightsOf(statements)) {
    if (removed.includes(right)) continue
    const others = statement.conditions.filter(({ key }) => key !== leading)
    const name = JSON.stringify([statement.actions, statement.resources, others])
    const had = joined.get(name)
    joined.set(
      name,
      had ? { ...had, conditions: had.conditions.map((c, i) => join(c, statement.conditions[i])) } : statement,
    )
  }
  return [...joined.values()]
}

type Condition = Statement['conditions'][number]

const join = (one: Condition, other: Condition | undefined): Condition =>
  one.key === leading && other ? { ...one, values: [...one.values, ...other.values] } : one
