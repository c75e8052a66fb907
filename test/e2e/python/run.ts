import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startUpstream } from '../../support/upstream.ts'
import { home, startServer } from '../../whole/server.ts'

// Starts a scripted provider and a local server in front of it, then runs the Python suite against that.
const python = process.argv[2] ?? 'python3'
const upstream = await startUpstream()
const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 }
const model = (name: string, script: string) => ({
  name,
  params: { model: script, api_base: upstream.url, api_key: 'sk-up', ...prices },
})
const at = home(
  [
    ...['openai', 'azure', 'anthropic', 'ollama'].flatMap((kind) => [
      model(kind, `${kind}/ok`),
      model(`${kind}-tool`, `${kind}/tool,parallel=2`),
    ]),
    model('cut', 'openai/cut,after=3'),
    model('limited', 'openai/status,status=429,retry-after=7'),
  ],
  { litellm_settings: { num_retries: 0 } },
)
const server = await startServer(at)
const suite = fileURLToPath(new URL('suite.py', import.meta.url))
const child = spawn(python, [suite], {
  stdio: 'inherit',
  env: {
    ...process.env,
    BASE_URL: `${server.url}/v1`,
    API_KEY: await server.makeKey({ max_budget: 1 }),
    EMPTY_KEY: await server.makeKey({ max_budget: 0 }),
  },
})
const [code] = (await once(child, 'close')) as [number | null]
await server.stop()
await at.remove()
await upstream.stop()
process.exit(code ?? 1)
