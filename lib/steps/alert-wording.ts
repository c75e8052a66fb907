import type { AlarmMessage, Notice } from '../core/notice.ts'
import { chatNotification } from './alert-chat.ts'
import { levelOf, titleOf } from './alert-level.ts'

/** The same message as each kind of subscriber to the topic reads it. */
export const alertWording = (notice: Exclude<Notice, AlarmMessage>) => ({
  subject: `Purser: ${titleOf(notice)}`,
  email: `${notice.text.replaceAll('`', '')}\n\n(${notice.id})`,
  https: JSON.stringify(chatNotification(notice)),
  level: levelOf(notice),
})
