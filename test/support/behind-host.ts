import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { config } from './configuration.ts'
import { type Answer, type Host, startHost } from './host.ts'
import { type Machine, startMachine } from './machine.ts'

/** What a suite says and sees: `answer` is the host's next. */
export type Scene = { answer: Answer; readonly host: Host; readonly machine: Machine }

/**
 * A gateway in front of one host, from before a suite's first test to behind its last; what they remember is forgotten between
 * tests. Deployments without a base of their own have the host's, with `path` behind it.
 */
export function behindHost(path: '' | '/v1', deployments: (url: string) => Deployment[]): Scene {
  let [host, machine]: [Host | undefined, Machine | undefined] = [undefined, undefined]
  const scene: Scene = {
    answer: {},
    get host() {
      return started(host)
    },
    get machine() {
      return started(machine)
    },
  }
  beforeAll(async () => {
    host = await startHost(() => scene.answer)
    const apiBase = { value: host.url + path }
    machine = await startMachine(config({ deployments: deployments(host.url).map((one) => ({ apiBase, ...one })) }))
  })
  afterAll(async () => {
    await machine?.stop()
    await host?.stop()
  })
  beforeEach(() => {
    scene.machine.published.length = 0
    scene.host.asked.length = 0
  })
  return scene
}

function started<T>(one: T | undefined): T {
  if (one === undefined) throw new Error('the scene is ready when the tests are: not before')
  return one
}
