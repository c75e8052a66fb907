import { doorContract } from '../contracts/door.ts'
import { homeOf, masterKey, startServer } from './server.ts'

doorContract('the local server', async (configText) => {
  const at = homeOf(configText)
  const server = await startServer(at)
  const stop = async () => {
    await server.stop('SIGTERM')
    await at.remove()
  }
  return { url: server.url, masterKey, stop }
})
