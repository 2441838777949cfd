import { asPostgres, shell } from '../../host.ts'
import type { Contender } from '../contender.ts'
import { type Stage, shared } from '../stage.ts'

const HOME = shared('barman')
const STAGING = '/var/lib/postgresql/barman-staging'

/** Barman with its fastest way for PostgreSQL 15 and later, and its own program behind archive_command. */
export const barman: Contender = {
  name: 'barman',
  title: 'Barman, server-zstd:1, a worker a core',
  programs: ['barman', 'barman-wal-archive'],
  walFolder: `${HOME}/main/incoming`,
  pushes: true,
  prepare: async (stage) => {
    for (const host of [stage.db, stage.spare]) {
      await shell(
        host,
        `install -d -o postgres -g postgres ${HOME} ${STAGING}
        cat > /etc/barman.conf <<'END'
${configuration(stage)}END
        rm -f /etc/cron.d/barman`,
      )
    }
    // barman-wal-archive knows one way only, over ssh, though here its other end is the same host.
    await asPostgres(
      stage.db,
      `mkdir -p -m 700 .ssh && ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519 && cp .ssh/id_ed25519.pub .ssh/authorized_keys
      ssh -o StrictHostKeyChecking=accept-new localhost true && barman cron`,
    )
  },
  archiveCommand: async () => 'barman-wal-archive -U postgres localhost main %p',
  backup: async ({ db }) => {
    await asPostgres(db, 'barman -q backup main')
    return { folder: await asPostgres(db, `ls -d ${HOME}/main/base/* | tail -n 1`) }
  },
  settle: async ({ db }) => void (await asPostgres(db, 'barman -q archive-wal main')),
  restore: {
    unpack: async ({ spare, data }) => {
      await asPostgres(spare, `barman -q recover main latest ${data}`)
      return undefined
    },
    // It renames the manifest, edits one file and removes another; the rest is as it was backed up.
    verify: async ({ spare, data, bin }) =>
      void (await asPostgres(
        spare,
        `cd ${data} && ${bin}/pg_verifybackup -q -n -m backup_manifest.* -i postgresql.auto.conf \\
          -i postgresql.auto.conf.origin -i .barman-recover.info -i "$(echo backup_manifest.*)" \\
          -i tablespace_map -i pg_wal .`,
      )),
    start: async ({ spare, unit }) => void (await shell(spare, `systemctl start --no-block ${unit}`)),
  },
}

const configuration = ({ cores, bin }: Stage): string => `[barman]
barman_user = postgres
barman_home = ${HOME}
barman_lock_directory = /var/lib/postgresql
log_file = /var/log/postgresql/barman.log

[main]
conninfo = host=/var/run/postgresql user=postgres dbname=postgres
streaming_conninfo = host=/var/run/postgresql user=postgres
backup_method = postgres
backup_compression = zstd
backup_compression_level = 1
backup_compression_workers = ${cores}
backup_compression_location = server
backup_compression_format = tar
immediate_checkpoint = true
archiver = on
path_prefix = ${bin}
recovery_staging_path = ${STAGING}
`
