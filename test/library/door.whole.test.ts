import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type ConfigFile, createGateway, type Gateway } from '../../lib/library/index.ts'
import { doorContract, type RunningDoor } from '../contracts/door.ts'

const env = { PURSER_MASTER_KEY: 'sk-master-of-tests' }

const doorOf = (gateway: Gateway, clean: () => void = () => undefined): RunningDoor => ({
  url: gateway.clientOptions.baseURL,
  masterKey: env.PURSER_MASTER_KEY,
  fetch: gateway.fetch,
  async stop() {
    await gateway.close()
    clean()
  },
})

doorContract('the library without a store', async (text) =>
  doorOf(await createGateway({ config: parse(text) as ConfigFile, env })),
)

doorContract('the library on a data directory', async (text) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'purser-library-'))
  const gateway = await createGateway({ config: parse(text) as ConfigFile, env, dataDir })
  return doorOf(gateway, () => rmSync(dataDir, { recursive: true, force: true }))
})
