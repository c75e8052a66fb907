import { type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { type Command, wordsOf } from './admin-command.ts'
import { listIn } from './admin-management.ts'
import { json, table } from './admin-table.ts'

const head = [
  'model',
  'side',
  'deployments',
  'share',
  'calls',
  'errors',
  'first token p50/p95',
  'whole p50/p95',
  'per call',
]

/** Canaries and shadows against their baselines, and the way back for one that was rolled back. */
export const canaryCommands: readonly Command[] = [
  {
    name: 'canary reset',
    words: '<id>',
    summary: 'gives a canary that was rolled back its share again',
    prepare: (given) => {
      const [id = ''] = wordsOf(given, 'canary reset', 'an id')
      return async (world) => {
        const answer = objectOf(await (await world.management()).post('/canary/reset', { id }))
        if (given.json) return json(answer)
        return `${id} gets ${percent(answer.share)} of ${stringOf(answer.model) ?? 'its model'} again.`
      }
    },
  },
  {
    name: 'canary',
    summary: 'canaries against their baselines, shadows against whom they copy; the last 24 hours where no day is said',
    options: ['from', 'to'],
    prepare: (given) => {
      wordsOf(given, 'canary')
      const { from, to } = given.options
      const today = new Date().toISOString().slice(0, 10)
      const range =
        from === undefined && to === undefined ? {} : { start_date: from ?? to ?? today, end_date: to ?? today }
      return async (world) => {
        const answer = await (await world.management()).get('/canary/report', range)
        if (given.json) return json(answer)
        const trials = listIn(answer, 'trials')
        if (!trials.length) return 'Nothing is on trial: no deployment has `canary` or `silent_model`.'
        return [table(head, trials.flatMap(rowsOf)), ...trials.flatMap(notesOf)].join('\n')
      }
    },
  },
]

const rowsOf = (trial: JsonObject): string[][] =>
  listOf(trial.sides)
    .map(objectOf)
    .map((side) => [
      stringOf(trial.model) ?? '-',
      stringOf(side.side) ?? '-',
      listOf(side.deployments)
        .flatMap((id) => stringOf(id) ?? [])
        .join(' '),
      side.side === 'canary' ? percent(objectOf(trial.canary).share) : '-',
      String(numberOf(side.calls) ?? 0),
      `${numberOf(side.errors) ?? 0} (${percent(side.error_rate)})`,
      times(side.first_token_p50_ms, side.first_token_p95_ms),
      times(side.whole_p50_ms, side.whole_p95_ms),
      numberOf(side.cost_per_call) === undefined ? '-' : `$${numberOf(side.cost_per_call)}`,
    ])

function notesOf({ canary }: JsonObject): string[] {
  const { id, state, reason } = objectOf(canary)
  return state === 'rolled back' ? [`${stringOf(id)} was rolled back: ${stringOf(reason)}.`] : []
}

const percent = (share: unknown): string => {
  const number = numberOf(share)
  return number === undefined ? '-' : `${Math.round(number * 1000) / 10}%`
}

const times = (middle: unknown, late: unknown): string => {
  const [p50, p95] = [numberOf(middle), numberOf(late)]
  return p50 === undefined || p95 === undefined ? '-' : `${p50} / ${p95} ms`
}
