import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FunctionConfiguration, GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { GetFunctionUrlConfigCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { type RunningFunction, startFunction } from '../e2e/front.ts'
import { account, run } from './places.ts'
import { assumeRole } from './signed-query.ts'

type Served = { name: string; revision: string; running: Promise<RunningFunction> }

export type FunctionUrls = {
  /** Where the deployed function behind this URL answers now; undefined where there is none. */
  addressOf(urlId: string): Promise<string | undefined>
  stop(): Promise<void>
}

export type FunctionUrlsOptions = {
  lambda: LambdaClient
  /** AWS, as the functions reach it. */
  endpoint: string
  /** Told of every role that was taken on. */
  assumed: (accessKeyId: string, roleName: string) => void
}

/**
 * Function URLs: runs the very zip that was deployed under Lambda's own runtime client, with its role's credentials, and streams, as
 * the emulator's worker does not. Whatever is changed of the function gets new environments, as on AWS.
 */
export function functionUrls(options: FunctionUrlsOptions): FunctionUrls {
  const served = new Map<string, Served>()

  async function nameOf(urlId: string): Promise<string | undefined> {
    const known = served.get(urlId)
    if (known) return known.name
    const { Functions = [] } = await options.lambda.send(new ListFunctionsCommand({}))
    for (const { FunctionName } of Functions) {
      const url = await options.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName })).catch(() => undefined)
      if (url?.FunctionUrl?.includes(urlId)) return FunctionName
    }
    return undefined
  }

  return {
    async addressOf(urlId) {
      const name = await nameOf(urlId)
      if (name === undefined) return undefined
      const { Configuration, Code } = await options.lambda.send(new GetFunctionCommand({ FunctionName: name }))
      const revision = `${Configuration?.RevisionId} ${Configuration?.CodeSha256}`
      const had = served.get(urlId)
      if (had?.revision === revision) return (await had.running).url
      const running = start(options, Configuration ?? {}, Code?.Location ?? '')
      served.set(urlId, { name, revision, running })
      await (await had?.running)?.stop()
      return (await running).url
    },
    async stop() {
      await Promise.all([...served.values()].map(async ({ running }) => (await running).stop()))
    },
  }
}

async function start(
  { endpoint, assumed }: FunctionUrlsOptions,
  { FunctionName = '', Role = '', Timeout = 3, Environment }: FunctionConfiguration,
  location: string,
): Promise<RunningFunction> {
  const dir = mkdtempSync(join(run, 'tmp/url-'))
  const tmp = join(dir, 'tmp')
  mkdirSync(tmp)
  writeFileSync(join(dir, 'code.zip'), Buffer.from(await (await fetch(location)).arrayBuffer()))
  execFileSync('python3', ['-m', 'zipfile', '-e', join(dir, 'code.zip'), join(dir, 'code')])
  const credentials = await assumeRole(endpoint, Role, FunctionName)
  assumed(credentials.accessKeyId, Role.split('/').at(-1) ?? '')
  return startFunction({
    name: FunctionName,
    codeDir: join(dir, 'code'),
    timeoutMs: Timeout * 1000,
    onLine: (line) => process.env.DEPLOY_VERBOSE && process.stderr.write(`${FunctionName} ${line}\n`),
    env: {
      ...Environment?.Variables,
      TMPDIR: tmp,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: account.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    },
  })
}
