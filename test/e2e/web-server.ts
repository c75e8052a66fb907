import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { isObject, tryParse } from '../../lib/core/json.ts'
import { eachLine, type FunctionOptions } from './runtime.ts'

export type WebServer = {
  url: string
  /** Asks it to end, as Lambda does; resolves to its exit code. */
  terminate(): Promise<number | null>
  stop(): Promise<void>
}

/** An environment of a Lambda web function: one process that listens where it is told to. */
export async function startWebServer(options: Omit<FunctionOptions, 'timeoutMs'>): Promise<WebServer> {
  const child = spawn(process.execPath, ['index.js'], {
    cwd: options.codeDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, AWS_LAMBDA_HTTP_ENDPOINT: '127.0.0.1:0', ...options.env },
  })
  // Not `exit`, which may come before the last that it said.
  const exited = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  const up = Promise.withResolvers<number>()
  let said = ''
  const hear = (line: string) => {
    said += `${line}\n`
    options.onLine(line)
    const fields = tryParse(line)
    if (isObject(fields) && typeof fields.port === 'number') up.resolve(fields.port)
  }
  eachLine(child.stdout, hear)
  eachLine(child.stderr, hear)
  void exited.then((code) => up.reject(new Error(`the server exited with ${code}: ${said}`)))
  const port = await up.promise
  return {
    url: `http://127.0.0.1:${port}`,
    terminate() {
      child.kill('SIGTERM')
      return exited
    },
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
