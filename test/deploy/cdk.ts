import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { account, awsEnvironment, root, run } from './places.ts'

export const stackName = 'Purser'
export type Outputs = Record<string, string>

/** The CDK's own command line, on our own app. */
export type Cdk = {
  bootstrap: () => Promise<void>
  /** Resolves with the stack's outputs. */
  deploy: (context?: Record<string, string>) => Promise<Outputs>
  destroy: () => Promise<void>
}

export function cdk(endpoint: string): Cdk {
  const out = join(run, 'cdk.out')
  const outputs = join(run, 'outputs.json')
  const call = (args: string[]) => command(endpoint, args)
  return {
    // Without an app: bootstrapping does not need one, and making it takes seconds.
    bootstrap: () => call(['bootstrap', `aws://${account.id}/${account.region}`, '--app', '']),
    async deploy(context = {}) {
      const said = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      const flags = ['--require-approval', 'never', '--progress', 'events', '--output', out, '--outputs-file', outputs]
      await call(['deploy', stackName, ...flags, ...said])
      return (JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Outputs>)[stackName] ?? {}
    },
    destroy: () => call(['destroy', stackName, '--force', '--app', out]),
  }
}

function command(endpoint: string, args: string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...awsEnvironment(endpoint),
      CDK_DEFAULT_ACCOUNT: account.id,
      CDK_DEFAULT_REGION: account.region,
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_HOME: join(run, 'cdk'),
      CI: 'true',
      NO_COLOR: '1',
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`cdk ${args[0]} ended with ${code}:\n${said.slice(-6000)}`)),
    )
  })
}
