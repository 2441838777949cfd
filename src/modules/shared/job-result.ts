import type { ActionResult, KeptForResult, ResultFields } from '../contract.ts'
import { commandResult, type Ended } from './command-result.ts'

/** What a task leaves where the host runs it on its own and there was nothing to do. */
export const UNCHANGED: KeptForResult = { form: { kind: 'unchanged' }, shown: {} }

/** Whether a job has started and ended, as Ansible's users know it. */
export const jobFields = (id: string, folder: string, finished: boolean): ResultFields => ({
  ansible_job_id: id,
  started: 1,
  finished: finished ? 1 : 0,
  results_file: folder,
})

/** What is said of a job that left no status. */
export const diedWords = (id: string): string =>
  `job ${id} ended without a status: it was killed, or the host was restarted`

/** The result of a task from the script that the host ran on its own. Nothing is looked at again. */
export const jobResult = ({ form, shown }: KeptForResult, ended: Ended): ActionResult => {
  const { status, stdout, stderr } = ended.result
  switch (form.kind) {
    case 'command': {
      const { cmd = 'hidden by no_log', ...others } = shown
      return commandResult(
        { ...others, cmd: cmd as string | readonly string[] },
        { token: String(form.token), strip: form.strip === true },
        ended,
      )
    }
    case 'unchanged':
      return { changed: false }
  }
  const fields = { rc: status, stdout, stderr }
  if (status === 0) return { changed: true, fields }
  const said = (stderr.trim() || stdout.trim() || `exit status ${status}`).split('\n').at(-1) ?? ''
  return { changed: true, failed: true, msg: said, fields }
}
