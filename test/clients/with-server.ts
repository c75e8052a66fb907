import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { masterKey } from '../whole/server.ts'
import { hosts, startClients } from './server.ts'

// Runs a suite in another language (the command line says which) against a local server in front of scripted providers.
const [command = 'false', ...args] = process.argv.slice(2)
const { server, upstream, stop } = await startClients([
  ...[
    'ok',
    'agent',
    'agent,kept=1',
    'agent,woven=0',
    'form',
    'look',
    'tool,parallel=2',
    'cut,after=3',
    'error-late',
    'context',
    'work,kept=1',
  ],
  'status,status=429,retry-after=7',
])
const child = spawn(command, args, {
  stdio: 'inherit',
  env: {
    ...process.env,
    HOSTS: process.env.HOSTS ?? hosts.join(','),
    BASE_URL: server.url,
    MASTER_KEY: masterKey,
    API_KEY: await server.makeKey({ max_budget: 100 }),
    EMPTY_KEY: await server.makeKey({ max_budget: 0 }),
  },
})
const [code] = (await once(child, 'close')) as [number | null]
// What the providers saw of each call, for who looks for the fault.
if (process.env.SHOW_UPSTREAM !== undefined)
  for (const { path, body } of upstream.seen) console.error(path, JSON.stringify(body))
await stop()
process.exit(code ?? 1)
