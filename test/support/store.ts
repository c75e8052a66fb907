import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { embeddedEngine, startEmbedded } from '../../infra/local/engine.ts'
import { tableDefinition } from '../../lib/aws/schema.ts'

/** A fresh engine with an empty table, for one test file. `client` is the SDK's; nothing is retried. */
export async function freshStore() {
  const dir = mkdtempSync(join(tmpdir(), 'purser-store-'))
  const program = embeddedEngine()
  if (!program) throw new Error('tests need the embedded DynamoDB engine (@dynoxide/linux-x64)')
  const engine = await startEmbedded(program, join(dir, 'store.db'))
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
