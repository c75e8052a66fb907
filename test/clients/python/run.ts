import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hosts, startClients } from '../server.ts'

// Starts scripted providers and a local server in front of them, then runs the Python suite against that.
const python = process.argv[2] ?? 'python3'
const { server, stop } = await startClients(['ok', 'agent', 'cut,after=3', 'context', 'status,status=429,retry-after=7'])
const child = spawn(python, [new URL('messages.py', import.meta.url).pathname], {
  stdio: 'inherit',
  env: {
    ...process.env,
    HOSTS: hosts.join(','),
    BASE_URL: server.url,
    API_KEY: await server.makeKey({ max_budget: 1 }),
    EMPTY_KEY: await server.makeKey({ max_budget: 0 }),
  },
})
const [code] = (await once(child, 'exit')) as [number | null]
await stop()
process.exit(code ?? 1)
