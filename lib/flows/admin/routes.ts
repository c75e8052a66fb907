import { reportOfCanaries, resetCanary } from './canary.ts'
import { blockKey, deleteKeys, regenerateKey, updateKey } from './key-edit.ts'
import { generateKey } from './key-new.ts'
import { infoOfKey, listAliases, listKeys } from './key-read.ts'
import { infoOfGroups, infoOfModels } from './models.ts'
import type { Handler } from './request.ts'
import { spendLogs } from './spend.ts'
import { blockTeam, deleteTeams, infoOfTeam, listTeams, newTeam, updateTeam } from './teams.ts'
import { deleteUsers, infoOfUser, listUsers, newUser, updateUser } from './users.ts'

export type Route = { method: 'GET' | 'POST'; handle: Handler }

/** LiteLLM's management paths that are answered. `{}` stands for one segment of any text. */
export const routes: Record<string, Route> = {
  '/key/generate': { method: 'POST', handle: generateKey },
  '/key/info': { method: 'GET', handle: infoOfKey },
  '/key/update': { method: 'POST', handle: updateKey },
  '/key/delete': { method: 'POST', handle: deleteKeys },
  '/key/list': { method: 'GET', handle: listKeys },
  '/key/aliases': { method: 'GET', handle: listAliases },
  '/key/block': { method: 'POST', handle: blockKey(true) },
  '/key/unblock': { method: 'POST', handle: blockKey(false) },
  '/key/regenerate': { method: 'POST', handle: regenerateKey },
  '/key/{}/regenerate': { method: 'POST', handle: regenerateKey },
  '/team/new': { method: 'POST', handle: newTeam },
  '/team/info': { method: 'GET', handle: infoOfTeam },
  '/team/update': { method: 'POST', handle: updateTeam },
  '/team/list': { method: 'GET', handle: listTeams },
  '/team/delete': { method: 'POST', handle: deleteTeams },
  '/team/block': { method: 'POST', handle: blockTeam(true) },
  '/team/unblock': { method: 'POST', handle: blockTeam(false) },
  '/user/new': { method: 'POST', handle: newUser },
  '/user/info': { method: 'GET', handle: infoOfUser },
  '/user/update': { method: 'POST', handle: updateUser },
  '/user/list': { method: 'GET', handle: listUsers },
  '/user/delete': { method: 'POST', handle: deleteUsers },
  '/spend/logs': { method: 'GET', handle: spendLogs },
  '/canary/report': { method: 'GET', handle: reportOfCanaries },
  '/canary/reset': { method: 'POST', handle: resetCanary },
  '/model/info': { method: 'GET', handle: infoOfModels },
  '/v1/model/info': { method: 'GET', handle: infoOfModels },
  '/model_group/info': { method: 'GET', handle: infoOfGroups },
}

/** First segments that belong to management as a whole: what is not answered below them is a 404 of ours. */
export const areas: ReadonlySet<string> = new Set([
  'key',
  'team',
  'user',
  'spend',
  'global',
  'model',
  'model_group',
  'canary',
])

/** Whether the management API answers this path; the data plane has the rest. */
export const isAdminPath = (path: string): boolean =>
  areas.has(path.split('/')[1] ?? '') || routes[trimmed(path)] !== undefined

const trimmed = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

/** The route of a path, and what stood in the place of `{}`. */
export function routeOf(path: string): { route: Route; path: string[] } | undefined {
  const exact = trimmed(path)
  const route = Object.hasOwn(routes, exact) ? routes[exact] : undefined
  if (route) return { route, path: [] }
  const [, first = '', middle = '', last = '', ...more] = exact.split('/')
  const open = `/${first}/{}/${last}`
  const found = !more.length && middle && Object.hasOwn(routes, open) ? routes[open] : undefined
  return found && { route: found, path: [decoded(middle)] }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
