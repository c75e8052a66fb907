/** Dead letters of one queue, and where they came from. `receive` hides what it gives for `hideSeconds`. */
export type DeadQueue = {
  /** For people. */
  name: string
  count: () => Promise<number>
  receive: (hideSeconds: number) => Promise<Letter[]>
  /** Makes a letter visible again at once. */
  show: (letter: Letter) => Promise<void>
  /** Puts it back where it is handled. */
  send: (letter: Letter) => Promise<void>
  remove: (letter: Letter) => Promise<void>
}

/** `receives`: how often anybody has received it from the dead letters. */
export type Letter = { id: string; body: string; handle: string; receives: number }

/** A dead-letter queue of SQS in front of the queue its letters failed in. */
export function sqsDeadQueue(name: string, deadUrl: string, queueUrl: string): DeadQueue {
  let made: Promise<{ client: import('@aws-sdk/client-sqs').SQS }> | undefined
  const sqs = async () => {
    // An endpoint that was named is meant, wherever the queue's URL leads; without one both are the same.
    const options = { useQueueUrlAsEndpoint: false }
    made ??= import('@aws-sdk/client-sqs').then(({ SQS }) => ({ client: new SQS(options) }))
    return (await made).client
  }
  return {
    name,
    async count() {
      const asked = { QueueUrl: deadUrl, AttributeNames: ['ApproximateNumberOfMessages' as const] }
      const { Attributes } = await (await sqs()).getQueueAttributes(asked)
      return Number(Attributes?.ApproximateNumberOfMessages ?? 0)
    },
    async receive(hideSeconds) {
      const { Messages = [] } = await (
        await sqs()
      ).receiveMessage({
        QueueUrl: deadUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: hideSeconds,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      })
      return Messages.map((message) => ({
        id: message.MessageId ?? '',
        body: message.Body ?? '',
        handle: message.ReceiptHandle ?? '',
        receives: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
      }))
    },
    async show({ handle }) {
      await (await sqs()).changeMessageVisibility({ QueueUrl: deadUrl, ReceiptHandle: handle, VisibilityTimeout: 0 })
    },
    async send({ body }) {
      await (await sqs()).sendMessage({ QueueUrl: queueUrl, MessageBody: body })
    },
    async remove({ handle }) {
      await (await sqs()).deleteMessage({ QueueUrl: deadUrl, ReceiptHandle: handle })
    },
  }
}

const hideSeconds = 120

/** Up to `most` letters, each once, all visible again afterwards. */
export async function peek(queue: DeadQueue, most: number): Promise<Letter[]> {
  const seen = new Map<string, Letter>()
  while (seen.size < most) {
    const letters = (await queue.receive(hideSeconds)).filter(({ id }) => !seen.has(id))
    if (!letters.length) break
    for (const letter of letters) seen.set(letter.id, letter)
  }
  await Promise.all([...seen.values()].map((letter) => queue.show(letter)))
  return [...seen.values()].slice(0, most)
}

/**
 * Moves up to `most` letters back, or the one called `id`. Each is sent before it is removed: whoever is killed in between
 * leaves a copy, never a gap, and a copy changes nothing (the ledger has every attempt once). Not by SQS's own redrive:
 * what EventBridge could not deliver lies here too, and came from no queue that it could go back to.
 */
export async function redrive(queue: DeadQueue, { most, id }: { most: number; id?: string }): Promise<number> {
  let moved = 0
  const others = new Map<string, Letter>()
  while (moved < most) {
    const letters = (await queue.receive(hideSeconds)).filter((letter) => !others.has(letter.id))
    if (!letters.length) break
    for (const letter of letters) {
      if (moved >= most || (id !== undefined && letter.id !== id)) {
        others.set(letter.id, letter)
        continue
      }
      await queue.send(letter)
      await queue.remove(letter)
      moved++
    }
    if (id !== undefined && moved) break
  }
  await Promise.all([...others.values()].map((letter) => queue.show(letter)))
  return moved
}
