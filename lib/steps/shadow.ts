import type { Deployment } from '../core/deployment.ts'
import type { Reply } from '../core/http.ts'
import type { Job } from './job.ts'
import type { Answered } from './send.ts'

/**
 * The reply of a request and, where the deployment that answered has a shadow, a copy of some of its requests to that group, sent
 * once the caller has its answer and the money is settled. It can neither delay nor fail the caller: by then there is nobody.
 */
export async function copying(
  job: Job,
  answer: (told: (answered: Answered) => void) => Promise<Reply>,
): Promise<Reply> {
  let by: Deployment | undefined
  const reply = await answer(({ attempt }) => (by = attempt.deployment))
  if (!job.config.deployments.some(({ shadow }) => shadow) || reply.error || endsWithReply(job)) return reply
  const after = async () => {
    const shadow = by?.shadow
    if (!shadow || job.call.left?.aborted || job.ports.random() >= shadow.share) return
    const { sendCopy } = await import('./shadow-copy.ts')
    await sendCopy(job, shadow.model)
  }
  return { ...reply, after }
}

/** A platform that counts a request as over once its reply has ended may end the process with it: a copy would be lost, and its hold left. */
const endsWithReply = ({ ports, call }: Job): boolean => ports.publishBeforeEnd && call.deadline !== undefined
