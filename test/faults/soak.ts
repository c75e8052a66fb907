import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringOf } from '../../lib/core/json.ts'
import { tools } from '../support/fault-rows.ts'
import { type Client, clients } from '../support/faults.ts'
import type { ScriptedUpstream, SeenRequest } from '../support/upstream.ts'
import { ask, type Gateway, type Host, type Outcome, owedFor } from './gateway.ts'

/** A mix of what providers do: most answer, and every way to fail is there all the time. Each answer takes a second or two. */
const paced = 'tokens=40,gap=30'
export const mix: { script: string; ends: 'whole' | 'broken'; share: number }[] = [
  { script: `ok,${paced}`, ends: 'whole', share: 10 },
  { script: `ok,${paced},size=400`, ends: 'whole', share: 2 },
  { script: `gzip,${paced}`, ends: 'whole', share: 2 },
  { script: `malformed,after=10,${paced}`, ends: 'whole', share: 2 },
  { script: `no-done,${paced}`, ends: 'whole', share: 2 },
  { script: `finish-stall,${paced}`, ends: 'whole', share: 1 },
  { script: 'tool', ends: 'whole', share: 2 },
  { script: `cut,after=20,${paced}`, ends: 'broken', share: 2 },
  { script: `clean-cut,after=20,${paced}`, ends: 'broken', share: 2 },
  { script: `stall,after=20,${paced}`, ends: 'broken', share: 2 },
  { script: `error-late,after=20,${paced}`, ends: 'broken', share: 2 },
  { script: 'tool-cut', ends: 'broken', share: 1 },
  { script: 'silent', ends: 'broken', share: 1 },
  { script: 'comments', ends: 'broken', share: 1 },
  { script: 'reset', ends: 'broken', share: 1 },
  { script: 'error-first', ends: 'broken', share: 1 },
  { script: 'status,status=500', ends: 'broken', share: 1 },
  { script: 'status,status=429', ends: 'broken', share: 1 },
  { script: 'html,size=200000', ends: 'broken', share: 1 },
  { script: 'context', ends: 'broken', share: 1 },
]
export const hosts: Host[] = ['openai', 'anthropic']
const named = Object.keys(clients) as Client[]
const drawn = mix.flatMap((one) => Array.from({ length: one.share }, () => one))
const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)] as T

/** What became of the requests: how many clients left, who was left hanging or got half an answer as a whole, and who was refused. */
export type Tally = { asked: number; left: number; wrong: string[]; refused: string[] }

/** `lanes` requests at a time, over and over. One in twelve clients leaves in the middle; one in five has its answer held back. */
export async function drive(gateway: Gateway, keys: readonly string[], until: { at: number; lanes: number }) {
  const tally: Tally = { asked: 0, left: 0, wrong: [], refused: [] }
  const lane = async () => {
    while (Date.now() < until.at) await one()
  }
  async function one(): Promise<void> {
    const { script, ends } = pick(drawn)
    const client = pick(named)
    const leaves = Math.random() < 1 / 12
    const held = Math.random() < 1 / 5
    tally.asked++
    const body = { stream: true, ...(script.startsWith('tool') && tools[client]) }
    const headers = held ? { 'x-purser-stream-recovery': 'hold' } : {}
    const asking = { client, key: pick(keys), model: `${pick(hosts)} ${script}`, body, headers }
    const outcome = await ask(gateway.url, asking, leaves ? 200 + Math.random() * 800 : 60_000)
    if (leaves) tally.left++
    else if (isWrong(outcome, ends)) tally.wrong.push(words(asking.model, outcome))
    else if (outcome.kind === 'error' && ends === 'whole') tally.refused.push(words(asking.model, outcome))
    if (outcome.kind === 'error' && outcome.tookMs < 50) await sleep(50)
  }
  await Promise.all(Array.from({ length: until.lanes }, lane))
  return tally
}

const isWrong = ({ kind, told }: Outcome, ends: (typeof mix)[number]['ends']): boolean =>
  kind === 'hang' || (kind === 'answer' && (ends === 'broken' || !told.ended))

const words = (model: string, { kind, status, text, tookMs }: Outcome): string =>
  `${model}: ${kind} ${status} after ${tookMs} ms: ${text.slice(-200)}`

/** Resident memory of a process in megabytes, and its open files, sockets among them. */
export function footprint(pid: number): { megabytes: number; files: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  return { megabytes: kilobytes / 1024, files: readdirSync(`/proc/${pid}/fd`).length }
}

/** States of /proc/net/tcp in which a socket is no socket any more, or none yet: waiting for its port to be free, listening. */
const idleStates = new Set(['06', '0A'])

/** Connections that are open to a port of this machine, as the end that listens there has them. */
export function connectionsTo(url: string): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0')
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  return lines.filter((line) => {
    const [, local = '', , state = ''] = line.trim().split(/\s+/)
    return local.endsWith(`:${port}`) && !idleStates.has(state)
  }).length
}

/** What the provider counted, by script. What is over is folded in and forgotten: hours of requests would not fit here. */
export function counter(upstream: ScriptedUpstream) {
  const counts = new Map<string, { billable: number; owed: number }>()
  const isOver = ({ ended, left, at }: SeenRequest) => (ended || left) && at < Date.now() - 20_000
  return {
    counts,
    fold(all = false): void {
      const over = upstream.seen.filter((one) => all || isOver(one))
      const rest = upstream.seen.filter((one) => !over.includes(one))
      upstream.seen.splice(0, upstream.seen.length, ...rest)
      for (const one of over) {
        const script = stringOf(one.body.model) ?? ''
        const { billable, owed } = counts.get(script) ?? { billable: 0, owed: 0 }
        counts.set(script, { billable: billable + (one.billable ? 1 : 0), owed: owed + owedFor([one]) })
      }
    },
  }
}

export const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0
