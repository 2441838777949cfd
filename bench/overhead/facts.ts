import { $ } from 'zx/core'

/** The versions of the programs that race, those that are there. */
export const programFacts = async (): Promise<readonly string[]> => {
  const script = `ssh -V 2>&1 | cut -d, -f1
ansible-playbook --version 2>/dev/null | head -n 1
dpkg-query -W -f 'ansible-mitogen \${Version}\\n' ansible-mitogen 2>/dev/null || true`
  const { stdout } = await $({ quiet: true })`sh -c ${script}`
  return [stdout.trim().split('\n').join(', ')]
}
