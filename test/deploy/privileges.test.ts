import { describe, expect, it } from 'vitest'
import { coverage, forModels, type Need, notEnforced, type ScenarioName } from './coverage.ts'
import { rightsOf, without } from '../support/rights.ts'
import { type RolePolicy, rolePolicies, under } from './role-policies.ts'
import { scenarios } from './scenarios.ts'
import { deployedStack, until } from './stack.ts'

const stack = await deployedStack()
const policies = await rolePolicies(stack)

/** What happens takes less on any machine; what cannot happen is waited for in vain, but until it was refused. */
const [patienceMs, denialMs] = [30_000, 5_000]

const coveredOf = (id: string) => Object.entries(coverage).find(([role]) => id.startsWith(role))?.[1] ?? {}
const isExcused = (id: string, right: string) => notEnforced.some((one) => one.role.test(id) && one.right === right)

/** The function of a role bears its name. */
const functionOf = ({ id }: RolePolicy) => id.slice(0, id.indexOf('Role'))
const scenarioOf = (need: Need): ScenarioName => (typeof need === 'string' ? need : need.scenario)
const alsoWithout = (need: Need): string[] => (typeof need === 'string' ? [] : [need.without])

/** Runs a scenario with fewer rights, from a new environment of the function, and says what was refused: `action`, however late. */
async function run(
  policy: RolePolicy,
  need: Need,
  { removed, waitMs, action }: { removed: string[]; waitMs: number; action?: string },
) {
  const denied = async () => (await stack.denials()).filter(({ role }) => role === policy.role)
  return under(stack, policy, {
    instead: without(policy.statements, removed),
    async work() {
      await stack.renew(functionOf(policy))
      await stack.denials(true)
      const failure = await scenarios[scenarioOf(need)](stack, waitMs).then(
        () => undefined,
        (error: unknown) => String(error),
      )
      const isThere = async () => (await denied()).some((one) => one.action === action)
      if (action !== undefined) await until(isThere, patienceMs).catch(() => undefined)
      return { failure, denials: await denied() }
    },
  })
}

describe('the roles of the stack', () => {
  it('have no right that is not accounted for, and no account is of a right that is gone', () => {
    const rights = policies.flatMap(({ id, statements }) => rightsOf(statements).map(({ right }) => ({ id, right })))
    const unaccounted = rights.filter(({ id, right }) => !(right in coveredOf(id)) && !isExcused(id, right))
    const gone = Object.entries(coverage).flatMap(([role, needs]) =>
      Object.keys(needs).filter((right) => !rights.some((one) => one.id.startsWith(role) && one.right === right)),
    )
    const always = notEnforced.filter((one) => !forModels.includes(one))
    const excusesGone = always.filter(
      ({ role, right }) => !rights.some((one) => role.test(one.id) && one.right === right),
    )

    expect(unaccounted).toEqual([])
    expect(gone).toEqual([])
    expect(excusesGone).toEqual([])
  })
})

const used = new Set(
  Object.values(coverage).flatMap((needs) => Object.values(needs).filter((need) => typeof need === 'string')),
)

describe.each([...used])('%s', (name) => {
  it('happens with all rights, and nothing is refused', async () => {
    await stack.denials(true)

    await scenarios[name](stack, patienceMs)

    expect(await stack.denials()).toEqual([])
  })
})

describe.each(policies.filter(({ id }) => Object.keys(coveredOf(id)).length > 0))('$id', (policy) => {
  const needs = Object.entries(coveredOf(policy.id))

  const special = needs.filter(([, need]) => typeof need !== 'string')
  if (special.length > 0)
    it.each(special)('does, but for %s, what it should where another right is gone', async (_, need) => {
      const { failure } = await run(policy, need, { removed: alsoWithout(need), waitMs: patienceMs })

      expect(failure).toBeUndefined()
    })

  it.each(needs)('needs %s', async (right, need) => {
    const [action] = right.split(' ')
    const removed = [right, ...alsoWithout(need)]
    const { failure, denials } = await run(policy, need, { removed, waitMs: denialMs, ...(action && { action }) })

    expect(failure).toBeDefined()
    // What it failed with is said too: it may have failed of something else, before it came to the right.
    expect(
      denials.map((one) => one.action),
      failure,
    ).toContain(action)
  })
})
