import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'

/** Code and circumstances of one function, as Lambda knows them. */
export type FunctionOptions = {
  name: string
  /** Holds index.mjs. */
  codeDir: string
  env: Record<string, string>
  timeoutMs: number
  /** Lines that the function prints. */
  onLine: (line: string) => void
}

/** One invocation. `reply` gets the live body of what the function answers, and must read it to its end. */
export type Job = {
  id: string
  event: unknown
  reply: (body: IncomingMessage) => Promise<void>
  failed: (error: string) => void
}

/** One environment: a process with Lambda's own runtime client in it, which takes one invocation at a time. */
export type LambdaEnvironment = {
  /** Resolves once it waits for work; rejects with what it said where it stopped instead. */
  ready: Promise<void>
  invoke(job: Job): void
  /** Waits for work: whatever the last invocation had to do after its answer is done. */
  idle(): boolean
  /** Stops and goes on, as Lambda does to a process between two invocations. */
  freeze(): void
  thaw(): void
  kill(): Promise<void>
}

/** Looked up when it is needed: what else these files offer can be used without it. */
function ricProgram(): string {
  const ric = createRequire(import.meta.url).resolve('aws-lambda-ric/package.json')
  return new URL('index.mjs', pathToFileURL(ric)).pathname
}

/** Serves the Runtime API on loopback and starts the runtime client against it. */
export async function lambdaEnvironment(options: FunctionOptions, onExit: () => void): Promise<LambdaEnvironment> {
  const up = Promise.withResolvers<void>()
  let waiting: ServerResponse | undefined
  let queued: Job | undefined
  let current: Job | undefined

  const give = (response: ServerResponse, job: Job) => {
    current = job
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': job.id,
      'lambda-runtime-deadline-ms': String(Date.now() + options.timeoutMs),
      'lambda-runtime-invoked-function-arn': `arn:aws:lambda:us-east-1:000000000000:function:${options.name}`,
    })
    response.end(JSON.stringify(job.event))
  }
  const next = (response: ServerResponse) => {
    current = undefined
    up.resolve()
    const job = queued
    queued = undefined
    if (job) give(response, job)
    else waiting = response
  }
  // Idle connections stay open, as Lambda's do: the client there would write to one that is just being closed.
  const api = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    const path = request.url ?? ''
    if (path.endsWith('/next')) return next(response)
    const job = current
    if (path.endsWith('/response') && job) return void job.reply(request).finally(() => response.writeHead(202).end())
    void textOf(request).then((error) => {
      response.writeHead(202).end()
      if (path.endsWith('/init/error')) up.reject(new Error(error))
      else job?.failed(error)
    })
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  const address = api.address()
  const child = start(options, typeof address === 'object' && address ? address.port : 0)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.once('exit', (code, signal) => {
    api.closeAllConnections()
    api.close()
    const error = `${options.name} exited with ${signal ?? code}`
    up.reject(new Error(error))
    current?.failed(error)
    onExit()
  })
  return {
    ready: up.promise,
    idle: () => waiting !== undefined,
    invoke(job) {
      if (!waiting) return void (queued = job)
      const response = waiting
      waiting = undefined
      give(response, job)
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

function start(options: FunctionOptions, port: number): ChildProcess {
  const child = spawn(process.execPath, [ricProgram(), 'index.handler'], {
    cwd: options.codeDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_NAME: options.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${options.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'loopback',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      LAMBDA_TASK_ROOT: options.codeDir,
      _HANDLER: 'index.handler',
      ...options.env,
    },
  })
  eachLine(child.stdout, options.onLine)
  eachLine(child.stderr, options.onLine)
  return child
}

/** Whole lines: what a pipe gives at once may end in the middle of one. */
export function eachLine(from: Readable, onLine: (line: string) => void): void {
  createInterface({ input: from }).on('line', (line) => line && onLine(line))
}

export async function textOf(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
