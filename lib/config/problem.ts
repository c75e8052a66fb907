/** One thing that is wrong, or not done yet, with a config: where it is, and what to do about it. */
export type Problem = {
  severity: 'error' | 'warning'
  file: string
  /** From 1. */
  line: number
  column: number
  /** `model_list[1].litellm_params.model`; empty for the file as a whole. */
  key: string
  /** What was written there; never a secret. */
  value?: string
  message: string
  remedy: string
}

/** `config.yaml:12:7 error general_settings.master_keyy: unknown setting; did you mean master_key?` */
export function printProblem({ severity, file, line, column, key, value, message, remedy }: Problem): string {
  const what = [key, value === undefined ? '' : `(${value})`].filter(Boolean).join(' ')
  return `${file}:${line}:${column} ${severity} ${what ? `${what}: ` : ''}${message}; ${remedy}`
}
