import { GatewayError } from '../../core/errors.ts'
import { jsonReply } from '../../core/http.ts'
import type { Json } from '../../core/json.ts'
import type { TeamRecord } from '../../core/records.ts'
import { edit } from './edit.ts'
import { type TeamFields, teamFields } from './fields.ts'
import { invalid, missing, parseFields } from './input.ts'
import { texts } from './key-edit.ts'
import { rowsOf } from './key-read.ts'
import type { AdminRequest, Desk, Handler } from './request.ts'
import { standingOf } from './standing.ts'
import { editedMetadata, editedOther, editedTerms, newTerms, patched, withBlocked } from './terms.ts'
import { teamRow } from './views.ts'

const rowOf = async (desk: Desk, team: TeamRecord) => teamRow(team, await standingOf(desk, team))

/** POST /team/new. */
export const newTeam: Handler = async (request) => {
  const { given, other } = parseFields(request.body, teamFields)
  const team = teamOf(request, given, other)
  const exists = `Team id = ${team.id} already exists. Please use a different team id, or /team/update.`
  if ((await request.ports.directory.create(team)) === 'conflict') throw invalid('team_id', exists)
  return jsonReply(200, await rowOf(request, team))
}

function teamOf({ ports, by }: AdminRequest, given: TeamFields, other: Record<string, Json>): TeamRecord {
  const now = ports.clock.now()
  return {
    kind: 'team',
    id: given.team_id ?? Buffer.from(ports.randomBytes(12)).toString('base64url'),
    ...(typeof given.team_alias === 'string' && { alias: given.team_alias }),
    terms: newTerms(given, now),
    models: given.models ?? [],
    aliases: given.model_aliases ?? {},
    metadata: editedMetadata({}, given),
    createdAt: now,
    updatedAt: now,
    createdBy: by,
    other: editedOther({}, other),
  }
}

/** POST /team/update. */
export const updateTeam: Handler = async (request) => {
  const { given, other } = parseFields(request.body, teamFields)
  const change = (before: TeamRecord) =>
    patched(before, {
      alias: given.team_alias,
      terms: editedTerms(before.terms, given, request.ports.clock.now()),
      models: given.models === undefined ? undefined : (given.models ?? []),
      aliases: given.model_aliases === undefined ? undefined : (given.model_aliases ?? {}),
      metadata: editedMetadata(before.metadata, given),
      other: editedOther(before.other, other),
    })
  const team = await edit(request, { kind: 'team', id: requiredTeam(given), change })
  const row = await rowOf(request, team)
  return jsonReply(200, { ...row, data: row })
}

/** POST /team/block and /team/unblock. */
export const blockTeam =
  (blocked: boolean): Handler =>
  async (request) => {
    const id = requiredTeam(parseFields(request.body, teamFields).given)
    const team = await edit(request, { kind: 'team', id, change: (before) => withBlocked(before, blocked) })
    return jsonReply(200, await rowOf(request, team))
  }

/** GET /team/info?team_id=. */
export const infoOfTeam: Handler = async (request) => {
  const id = request.query['team_id']
  if (!id) throw missing('query', 'team_id', 'give the id that /team/new answered with')
  const team = await findTeam(request, id)
  const keys = (await request.ports.directory.list('key')).filter((key) => key.teamId === id)
  const [team_info, rows] = await Promise.all([rowOf(request, team), rowsOf(request, keys)])
  return jsonReply(200, { team_id: id, team_info, keys: rows, team_memberships: [] })
}

/** GET /team/list: a bare list, as LiteLLM has it. */
export const listTeams: Handler = async (request) => {
  const teams = await request.ports.directory.list('team')
  const rows = await Promise.all(teams.map((team) => rowOf(request, team)))
  return jsonReply(
    200,
    rows.map((row) => ({ ...row, team_memberships: [] })),
  )
}

/** POST /team/delete: the teams and their keys. Keys go first: one without its team would have no team budget over it. */
export const deleteTeams: Handler = async (request) => {
  const ids = texts(request.body, 'team_ids')
  if (!ids.length) throw missing('body', 'team_ids', 'give a list of team ids')
  const teams = await Promise.all(ids.map((id) => findTeam(request, id)))
  const { directory } = request.ports
  const keys = (await directory.list('key')).filter((key) => key.teamId !== undefined && ids.includes(key.teamId))
  for (const record of [...keys, ...teams]) await directory.remove(record)
  return jsonReply(200, { deleted_teams: ids, deleted_keys: keys.map((key) => key.hash) })
}

async function findTeam({ ports }: Desk, id: string): Promise<TeamRecord> {
  const team = await ports.directory.scope('team', id)
  if (team) return team
  throw new GatewayError('not_found', {
    message: `Team not found, passed team id: ${id}. /team/list has them all.`,
    param: 'team_id',
  })
}

function requiredTeam(given: TeamFields): string {
  if (typeof given.team_id !== 'string') throw missing('body', 'team_id', 'give the id that /team/new answered with')
  return given.team_id
}
