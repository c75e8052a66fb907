import { doorContract } from '../contracts/door.ts'
import { startAccount } from './account.ts'

const masterKey = 'sk-master-of-the-loopback'

doorContract("the bundled gateway under Lambda's runtime client", async (configText) => {
  const account = await startAccount({ configText, masterKey })
  const gateway = await account.start('gateway')
  return { url: gateway.url, masterKey, stop: () => account.stop() }
})
