import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folders of this suite. Everything it writes lies in `run` (made anew each time) and `venv`, both ignored by git. */
export const root = fileURLToPath(new URL('../..', import.meta.url))
export const here = join(root, 'test/deploy')
export const run = join(here, '.run')
export const venv = join(here, '.venv')

/** The account that the emulator has for everybody. Its keys are no secret. */
export const account = { id: '000000000000', region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' }

/** This Node first, so that whatever starts `node` gets it and not another one of the machine. */
export const path = [dirname(process.execPath), process.env.PATH].join(delimiter)

/** What AWS's SDKs and the CDK read, with nothing of the caller's own account left in it. */
export const awsEnvironment = (endpoint: string): Record<string, string> => ({
  PATH: path,
  HOME: run,
  TMPDIR: join(run, 'tmp'),
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: account.region,
  AWS_ACCESS_KEY_ID: account.accessKeyId,
  AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
})
