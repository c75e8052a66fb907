import { createInterface } from 'node:readline'
import { isObject, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { type LambdaEnvironment, lambdaEnvironment, textOf } from '../e2e/runtime.ts'

/**
 * Stands in for the emulator's worker: the same JSON lines on standard input and output, but the function runs under Lambda's
 * own runtime client. The first line describes the function, each other one is an invocation; the end of the input is the end.
 */
const say = (message: unknown): void => void process.stdout.write(`${JSON.stringify(message)}\n`)

let environment: LambdaEnvironment | undefined
const stop = async (code: number): Promise<never> => {
  await environment?.kill()
  process.exit(code)
}
process.on('SIGTERM', () => void stop(0))

for await (const line of createInterface({ input: process.stdin })) {
  const message = objectOf(tryParse(line))
  if (environment) invoke(environment, message)
  else await start(message)
}
await stop(0)

async function start(message: Record<string, unknown>): Promise<void> {
  const { NODE_OPTIONS: _none, ...inherited } = process.env
  const env = Object.fromEntries(
    Object.entries({ ...inherited, ...objectOf(message.env) }).map(([k, v]) => [k, stringOf(v) ?? JSON.stringify(v)]),
  )
  environment = await lambdaEnvironment(
    {
      name: String(message.function_name),
      codeDir: String(message.code_dir),
      env,
      timeoutMs: 1000 * Number(env['_LAMBDA_TIMEOUT'] ?? 3),
      onLine: (text) => process.stderr.write(`${text}\n`),
    },
    () => void stop(1),
  )
  await environment.ready.then(
    () => say({ status: 'ready', cold: true }),
    (error: unknown) => say({ status: 'error', error: String(error) }),
  )
}

function invoke(target: LambdaEnvironment, message: Record<string, unknown>): void {
  target.invoke({
    id: stringOf(objectOf(message.ctx).request_id) ?? 'none',
    event: message.event,
    async reply(body) {
      const text = await textOf(body)
      say({ status: 'ok', result: text === '' ? null : tryParse(text) })
    },
    failed(error) {
      const parsed = tryParse(error)
      say({ status: 'error', error: isObject(parsed) ? parsed.errorMessage : error, trace: error })
    },
  })
}
