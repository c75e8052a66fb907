import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endProcess, processesWith } from '../../../infra/local/processes.ts'
import { type Agent, agents } from './programs.ts'

// Coding agents on real work: they run two commands at once, twice, and tell what came of it. Those that are asked most also say
// words, use a tool with strict arguments, and are to notice an answer that is cut and a prompt that is too long.
const bin = fileURLToPath(new URL('node_modules/.bin/', import.meta.url))
const { BASE_URL: url = '', MASTER_KEY: masterKey = '', HOSTS = '', PATH = '' } = process.env
const prompt = 'Say words.'
/** An agent that finds no end is killed. */
const patienceMs = 300_000
/** Most of an agent's time is its start. */
const atOnce = 2

type Said = { output: string; code: number | null }

/** A key each: the scripted models call their calls alike, and thoughts are kept by key and call. */
async function newKey(): Promise<string> {
  const headers = { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' }
  const reply = await fetch(`${url}/key/generate`, { method: 'POST', headers, body: '{"max_budget": 100}' })
  return ((await reply.json()) as { key: string }).key
}

/** What an agent said to the end. It gets an environment, a home and a folder of its own, and leaves no process behind. */
async function run({ start }: Agent, model: string): Promise<Said> {
  const home = mkdtempSync(join(tmpdir(), 'purser-agent-'))
  const work = join(home, 'work')
  mkdirSync(work)
  const { program, args, env } = start({ url, key: await newKey(), masterKey, model, home, prompt })
  const child = spawn(program, args, {
    cwd: work,
    env: { PATH: `${bin}:${PATH}`, HOME: home, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const end = () => {
    // A program that is not there has no process, and -0 would be this one's own group.
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nobody of its group is left.
    }
  }
  const late = setTimeout(end, patienceMs)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.on('error', (error) => (output += error.message))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(late)
  end()
  // Some start a process of their own group, which stays.
  await Promise.all(processesWith([home]).map((pid) => endProcess(pid, 0)))
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  return { output, code }
}

const includes =
  (words: string) =>
  ({ output }: Said) =>
    output.includes(words)

/** Commands that run at once may end in any order. */
const worked =
  (kept: boolean) =>
  ({ output }: Said) => {
    const [, told = '', thoughts] = /Results: (.*); thoughts kept: (\d)/.exec(output) ?? []
    const pings = told.split(', ').toSorted().join(' ')
    return pings === 'ping-40-0 ping-40-1 ping-41-0 ping-41-1' && (!kept || thoughts === '2')
  }

const refusedWith =
  (words: RegExp) =>
  ({ output, code }: Said) =>
    code !== 0 && words.test(output)

/** What is asked of those that are used most, besides work. */
const more: [script: string, holds: (said: Said) => boolean][] = [
  ['ok', includes('w0 w1 w2 w3 w4 w5 w6 w7')],
  ['form', includes('Results: ')],
  ['cut,after=3', refusedWith(/connection to the provider broke/)],
  ['context', refusedWith(/ran out of room|Prompt is too long/)],
]

type Case = { name: string; agent: Agent; model: string; holds: (said: Said) => boolean }

const only = process.argv.slice(2)
const cases = Object.entries(agents)
  .filter(([name]) => only.length === 0 || only.some((word) => name.startsWith(word)))
  .flatMap(([name, agent]) =>
    HOSTS.split(',')
      .filter((host) => agent.hosts?.includes(host) ?? true)
      .flatMap((host): Case[] => [
        { name, agent, model: `${host}:work,kept=1`, holds: worked(agent.keeps?.includes(host) ?? false) },
        ...(name === 'codex' || name === 'claude' ? more : []).map(([script, holds]) => ({
          name,
          agent,
          model: `${host}:${script}`,
          holds,
        })),
      ]),
  )

let [passed, failed] = [0, 0]
const open = cases.values()
async function worker(): Promise<void> {
  for (const { name, agent, model, holds } of open) {
    const said = await run(agent, model)
    if (holds(said)) passed++
    else {
      failed++
      console.log(`FAILED ${name} in front of ${model}, which ended with ${said.code}\n${said.output.slice(-2000)}`)
    }
  }
}
await Promise.all(Array.from({ length: atOnce }, worker))
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
