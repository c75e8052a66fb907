import type { Deployment } from '../../lib/core/deployment.ts'
import { publishedOf } from '../../lib/providers/catalogue.ts'
import { deployment } from './configuration.ts'

/** A deployment with what is published of its model: prices and limits. */
export const published = (over: Partial<Deployment> & { group: string }): Deployment => {
  const read = deployment(over)
  return { ...read, ...publishedOf(read) }
}
