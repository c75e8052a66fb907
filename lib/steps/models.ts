import { hinted } from '../config/model.ts'
import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import { providerOf } from '../providers/rows.ts'
import type { Caller } from './authenticate.ts'

/** A model group as a request names it: the deployments that can serve it, each with the model it is to be asked for. */
export type Group = { name: string; deployments: { deployment: Deployment; model: string }[] }

/** `openai/*` against `openai/gpt-4o`: what the star stands for, or undefined. */
function starOf(pattern: string, name: string): string | undefined {
  const at = pattern.indexOf('*')
  if (at < 0) return pattern === name ? '' : undefined
  const [head, tail] = [pattern.slice(0, at), pattern.slice(at + 1)]
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return undefined
  return name.slice(head.length, name.length - tail.length)
}

/** The group of that name: by exact name, by a deployment's id, else by the most specific wildcard. Undefined: no such model. */
export function groupOf(config: Config, name: string): Group | undefined {
  const exact = config.deployments.filter((d) => d.group === name && !d.group.includes('*'))
  if (exact.length) return { name, deployments: exact.map((deployment) => ({ deployment, model: deployment.model })) }
  const one = config.deployments.find((d) => d.id === name)
  if (one) return { name: one.group, deployments: [{ deployment: one, model: one.model }] }
  const wild = config.deployments
    .filter((d) => d.group.includes('*') && starOf(d.group, name) !== undefined)
    .toSorted((a, b) => b.group.length - a.group.length)
  const best = wild.filter((d) => d.group === wild[0]?.group)
  if (!best.length) return undefined
  return {
    name,
    deployments: best.map((deployment) =>
      // A function, since a name that a caller makes up may hold `$&`, which would stand for something else.
      asAsked(
        deployment,
        deployment.model.replace('*', () => starOf(deployment.group, name) ?? name),
      ),
    ),
  }
}

/** What a wildcard stands for may begin with a hint, as the model of an entry may (`bedrock/invoke/MODEL`). */
function asAsked(deployment: Deployment, asked: string): Group['deployments'][number] {
  const provider = deployment.model.startsWith('*') ? providerOf(deployment.provider) : undefined
  const { model, dialect } = provider ? hinted(provider, asked) : { model: asked }
  if (!model) return { deployment, model: asked }
  return { deployment: dialect === undefined ? deployment : speaking(deployment, dialect), model }
}

/** The same object each time: whether a deployment was asked already is told by its identity. */
const spoken = new WeakMap<Deployment, Map<string, Deployment>>()

function speaking(deployment: Deployment, dialect: NonNullable<Deployment['dialect']>): Deployment {
  const known = spoken.get(deployment) ?? new Map<string, Deployment>()
  spoken.set(deployment, known)
  const made = known.get(dialect) ?? { ...deployment, dialect }
  known.set(dialect, made)
  return made
}

/** What the caller's and the router's aliases make of a requested name. */
export function resolveAlias(config: Config, caller: Caller, requested: string): string {
  const own = caller.key?.aliases[requested] ?? caller.team?.aliases[requested] ?? requested
  return config.aliases[own]?.model ?? own
}

/** Throws unless the key (and its team, and its user) may use the model under either name. */
export function checkAccess(caller: Caller, names: { requested: string; resolved: string }): void {
  const { key, team, user } = caller
  const keyModels = key?.models ?? []
  const ofTeam = keyModels.includes('all-team-models')
  if (!ofTeam && !allows(keyModels, names))
    throw denied(
      'key',
      'key not allowed to access model.',
      `This key can only access models=${list(keyModels)}.`,
      names.requested,
    )
  if (team && !allows(team.models, names))
    throw denied(
      'team',
      'Team not allowed to access model.',
      `Team=${team.id}, Allowed team models = ${list(team.models)}.`,
      names.requested,
    )
  if (user && !team && !allows(user.models, names))
    throw denied(
      'user',
      'User not allowed to access model.',
      `Allowed user models = ${list(user.models)}.`,
      names.requested,
    )
}

/** Like `checkAccess`, for lists and fallbacks: an answer instead of an error. */
export function mayUse(caller: Caller, name: string): boolean {
  try {
    checkAccess(caller, { requested: name, resolved: name })
    return true
  } catch {
    return false
  }
}

const list = (models: readonly string[]) => `[${models.map((m) => `'${m}'`).join(', ')}]`

function allows(models: readonly string[], names: { requested: string; resolved: string }): boolean {
  if (!models.length) return true
  return models.some(
    (m) =>
      m === 'all-proxy-models' || starOf(m, names.requested) !== undefined || starOf(m, names.resolved) !== undefined,
  )
}

const denied = (who: 'key' | 'team' | 'user', words: string, allowed: string, model: string) =>
  new GatewayError('model_access_denied', {
    message: `${words} ${allowed} Tried to access ${model}`,
    type: `${who}_model_access_denied`,
    param: 'model',
  })

/** The 400 for a name that nothing serves. */
export const unknownModel = (name: string) =>
  new GatewayError('invalid_model', {
    message: `Invalid model name passed in model=${name}. Call \`/v1/models\` to view available models for your key.`,
    param: 'model',
  })

/** The names a caller may ask for, in the config's order: groups and visible aliases, wildcards as they are written. */
export function visibleModels(config: Config, caller: Caller): string[] {
  const names = new Set(config.deployments.map((d) => d.group))
  for (const [alias, { hidden }] of Object.entries(config.aliases)) if (!hidden) names.add(alias)
  return [...names].filter((name) => mayUse(caller, name))
}
