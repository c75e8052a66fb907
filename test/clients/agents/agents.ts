import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Coding agents as people start them, told to say something (`ok`), and made to use a tool of theirs and go on (`form`).
const bin = new URL('node_modules/.bin/', import.meta.url).pathname
const { BASE_URL: url = '', API_KEY: key = '', HOSTS = '' } = process.env
const prompt = 'Say words.'

type Started = { program: string; args: string[]; env: Record<string, string> }

const agents: Record<string, (model: string, home: string) => Started> = {
  codex: (model, home) => {
    const provider = { name: 'Purser', base_url: `${url}/v1`, env_key: 'API_KEY', wire_api: 'responses' }
    const settings = Object.entries(provider).map(([name, value]) => `${name} = "${value}"`)
    writeFileSync(
      join(home, 'config.toml'),
      [
        `model = "${model}"`,
        'model_provider = "purser"',
        '[model_providers.purser]',
        ...settings,
        'request_max_retries = 0',
        'stream_max_retries = 0',
      ].join('\n'),
    )
    return {
      program: 'codex',
      args: ['exec', '--skip-git-repo-check', '--sandbox', 'read-only', prompt],
      env: { CODEX_HOME: home, API_KEY: key },
    }
  },
  claude: (model) => ({
    program: 'claude',
    args: ['--print', '--model', model, prompt],
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: key,
      ANTHROPIC_SMALL_FAST_MODEL: model,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  }),
}

/** What an agent said to the end. It gets an environment, a home and a folder of its own. */
async function said(agent: string, model: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'purser-agent-'))
  const work = join(home, 'work')
  mkdirSync(work)
  const started = agents[agent]?.(model, home)
  if (!started) throw new Error(`no agent ${agent}`)
  const child = spawn(join(bin, started.program), started.args, {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: home, ...started.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  return output
}

let [passed, failed] = [0, 0]
const only = process.argv.slice(2)
for (const agent of Object.keys(agents).filter((name) => only.length === 0 || only.includes(name)))
  for (const host of HOSTS.split(','))
    for (const [script, wanted] of [
      ['ok', 'w0 w1 w2 w3 w4 w5 w6 w7'],
      ['form', 'Results: '],
    ] as const) {
      const output = await said(agent, `${host}:${script}`)
      if (output.includes(wanted)) passed++
      else {
        failed++
        console.log(`FAILED ${agent} in front of ${host}:${script}\n${output.slice(-2000)}`)
      }
    }
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
