import { asPostgres, shell } from '../../host.ts'
import type { RestoreSteps } from '../contender.ts'
import { type Stage, shared } from '../stage.ts'

/** The archive that the seed's recipe fills with cp. */
export const CP_ARCHIVE = `${shared('cp')}/archive`

/** Takes a backup with pg_basebackup into a new folder; gives the folder. */
export const baseBackup = async ({ db, bin }: Stage, folder: string, flags: string): Promise<{ folder: string }> => {
  const made = await asPostgres(
    db,
    `cd ${folder} && new=$PWD/$(date +%s.%N) &&
    ${bin}/pg_basebackup -D "$new" -F tar -X fetch -c fast ${flags} && echo "$new"`,
  )
  return { folder: made.split('\n').at(-1) ?? made }
}

/** The manual's own steps: unpack, say where the WAL is, start. */
export const restoreTar = (folder: string, unpack: string): RestoreSteps => ({
  unpack: async ({ spare, data }) => {
    await asPostgres(spare, `newest=$(ls -d ${folder}/* | tail -n 1) && cd ${data} && ${unpack}`)
    return undefined
  },
  verify: async (stage) =>
    void (await asPostgres(
      stage.spare,
      `newest=$(ls -d ${folder}/* | tail -n 1) &&
      ${stage.bin}/pg_verifybackup -q -n -m "$newest/backup_manifest" ${stage.data}`,
    )),
  start: async ({ spare, data, unit }) => {
    const line = `restore_command = 'cp ${CP_ARCHIVE}/%f %p'`
    await asPostgres(spare, `cd ${data} && echo "${line}" >> postgresql.auto.conf && : > recovery.signal`)
    await shell(spare, `systemctl start --no-block ${unit}`)
  },
})
