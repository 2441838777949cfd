import { asPostgres, shell } from '../../host.ts'
import type { Contender } from '../contender.ts'
import { type Stage, shared } from '../stage.ts'

/** pgBackRest with its defaults for a compression, a process a core, asynchronous archiving. */
export const pgbackrest = (compression: 'zst' | 'lz4'): Contender => {
  const name = `pgbackrest-${compression}`
  const repository = shared(name)
  const command = `pgbackrest --config=/etc/pgbackrest/${compression}.conf --stanza=main`
  return {
    name,
    title: `pgBackRest, ${compression}`,
    programs: ['pgbackrest'],
    walFolder: `${repository}/archive`,
    pushes: true,
    prepare: async (stage) => {
      for (const host of [stage.db, stage.spare]) {
        await shell(
          host,
          `install -d -o postgres -g postgres ${repository} /var/spool/${name} /run/${name}
          mkdir -p /etc/pgbackrest && cat > /etc/pgbackrest/${compression}.conf <<'END'
${configuration(stage, compression)}END`,
        )
      }
      await asPostgres(stage.db, `${command} stanza-create`)
    },
    archiveCommand: async () => `${command} archive-push %p`,
    backup: async ({ db }) => {
      await asPostgres(db, `${command} --type=full backup`)
      const newest = `ls -d ${repository}/backup/main/*F | tail -n 1`
      return { folder: await asPostgres(db, newest) }
    },
    restore: {
      unpack: async ({ spare, unit }) => {
        await asPostgres(spare, `${command} restore`)
        await shell(spare, `systemctl start --no-block ${unit}`)
        return undefined
      },
    },
  }
}

const configuration = ({ cores, data }: Stage, compression: string): string => `[global]
repo1-path=${shared(`pgbackrest-${compression}`)}
repo1-retention-full=100
compress-type=${compression}
process-max=${cores}
archive-async=y
spool-path=/var/spool/pgbackrest-${compression}
lock-path=/run/pgbackrest-${compression}
start-fast=y
log-level-console=warn

[main]
pg1-path=${data}
`
