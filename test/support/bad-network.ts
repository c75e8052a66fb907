import { type Dynamo, DynamoError, type DynamoOperations } from '../../lib/aws/dynamo.ts'

/**
 * What may become of one write: no answer, with the effect never, now or at any later time; done, and yet answered with
 * "condition failed" (the service retries inside); throttled.
 */
const kinds = ['lost before', 'lost after', 'lost, late', 'done but denied', 'throttled'] as const

/** A network between one gateway and the table that goes wrong `most` times, on writes chosen by `random`. */
export function badNetwork(options: {
  random: () => number
  most: number
  rate: number
  late: (() => Promise<unknown>)[]
}) {
  const { random, rate, late } = options
  let left = options.most
  return (real: Dynamo): Dynamo =>
    async <Op extends keyof DynamoOperations>(operation: Op, input: DynamoOperations[Op]['input']) => {
      if (late.length && random() < 0.3) await late.splice(Math.floor(random() * late.length), 1)[0]?.()
      const isWrite = operation === 'UpdateItem' || operation === 'PutItem'
      if (!isWrite || left <= 0 || random() >= rate) return real(operation, input)
      left--
      const effect = () => real(operation, input)
      switch (kinds[Math.floor(random() * kinds.length)] ?? 'throttled') {
        case 'lost before':
          throw lost()
        case 'lost after':
          await effect().catch(() => undefined)
          throw lost()
        case 'lost, late':
          late.push(() => effect().catch(() => undefined))
          throw lost()
        case 'throttled':
          throw new DynamoError('ThrottlingException', 'slow down')
        case 'done but denied': {
          const output = await effect()
          const item =
            'Attributes' in output && output.Attributes ? output.Attributes : 'Item' in input ? input.Item : undefined
          throw new DynamoError('ConditionalCheckFailedException', 'it was done before', item ? { item } : {})
        }
      }
    }
}

const lost = () => new DynamoError('lost', 'no answer', { lost: true })
