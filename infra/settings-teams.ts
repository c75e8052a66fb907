import { readFileSync } from 'node:fs'
import * as z from 'zod/mini'

const text = z.string().check(z.minLength(1))
const team = z.union([
  z.strictObject({ team: text, email: z.string().check(z.regex(/^[^\s@]+@[^\s@]+$/)) }),
  z.strictObject({ team: text, https: z.string().check(z.regex(/^https:\/\/\S+$/)) }),
])

/** A team by its `team_id`, and where its alerts and those of its keys go. */
export type TeamSubscription = z.infer<typeof team>

export const teamsAllowed =
  'a JSON file such as [{"team": "TEAM_ID", "email": "team@example.com"}, {"team": "OTHER_ID", "https": "https://example.com/hook"}]'

/** What the file says; undefined where it is not there or says something else. */
export function readTeams(file: string): TeamSubscription[] | undefined {
  try {
    const { data } = z.safeParse(z.array(team), JSON.parse(readFileSync(file, 'utf8')))
    return data
  } catch {
    return undefined
  }
}
