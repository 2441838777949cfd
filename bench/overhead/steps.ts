/** One of the playbook's tasks, as somebody writes it who has a shell alone. */
export interface Step {
  readonly user: 'root' | 'postgres'
  /** Changes only what differs. */
  readonly script: string
}

const app = '/srv/app'
const home = '/var/lib/postgresql/app'

const root = (script: string): Step => ({ user: 'root', script })
const postgres = (script: string): Step => ({ user: 'postgres', script })

/** Writes a file where there is none, whole or not at all. */
const content = (file: string, mode: string, text: string): string =>
  `[ -e ${file} ] || { printf '${text}' > ${file}.new && mv ${file}.new ${file}; }
chmod ${mode} ${file}`

const line = (file: string, pattern: string, text: string): string =>
  `grep -qx '${text}' ${file} || sed -i 's/${pattern}.*/${text}/' ${file}`

const link = (target: string, file: string): string =>
  `[ "$(readlink ${file})" = ${target} ] || ln -sfn ${target} ${file}`

/**
 * What playbook.yml does, a step a task: the floors. Tasks that only the controller has (assert, set_fact) are none.
 */
export const STEPS: readonly Step[] = [
  root(`mkdir -p ${app} && chown root:root ${app} && chmod 0755 ${app}`),
  root(`mkdir -p ${app}/releases && chmod 0750 ${app}/releases`),
  root(content(`${app}/app.conf`, '0640', '# written by a playbook\\nport=8080\\nworkers=1\\n')),
  root(line(`${app}/app.conf`, '^workers=', 'workers=4')),
  root(`grep -qx db1=10.0.0.1 ${app}/hosts.conf 2>/dev/null || echo db1=10.0.0.1 >> ${app}/hosts.conf`),
  root(link(`${app}/releases`, `${app}/current`)),
  root(`[ "$(stat -c '%F %a' ${app}/app.conf)" = 'regular file 640' ]`),
  root(`test -x ${app}/releases`),
  root(`[ "$(ls ${app} | wc -l)" -ge 4 ]`),
  root('systemctl is-active -q ssh || systemctl start ssh; systemctl is-enabled -q ssh || systemctl enable ssh'),
  root(`[ -e ${app}/stamp ] || touch ${app}/stamp`),
  postgres(`mkdir -p ${home} && chmod 0700 ${home}`),
  postgres(content(`${home}/settings.conf`, '0600', 'work_mem=4MB\\nuser=postgres\\n')),
  postgres(line(`${home}/settings.conf`, '^work_mem=', 'work_mem=8MB')),
  postgres(link(app, `${home}/app`)),
  postgres('[ "$(id -un)" = postgres ]'),
  postgres(`[ "$(wc -l < ${home}/settings.conf)" -eq 2 ]`),
]

/** What all of it leaves, for a comparison of who did it; and what is to go before a first run. */
export const FOLDERS: readonly string[] = [app, home]
