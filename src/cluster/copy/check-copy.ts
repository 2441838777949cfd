import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import type { Identity } from '../repository/identity.ts'
import { controlOf } from '../restore/control-of.ts'
import { type Amcheck, type AmcheckOptions, runAmcheck } from './amcheck.ts'
import { checkPages, type PageChecksums } from './page-checksums.ts'

/** What is known of the pages of a cluster that was restored from a repository. */
export interface CopyCheck {
  readonly cluster: string
  readonly running: boolean
  readonly checksums: PageChecksums
  readonly amcheck: Amcheck
}

/**
 * Checks a restored cluster: its pages with pg_checksums where it is shut down, its structures with pg_amcheck where it
 * runs. What cannot be done as it is says why.
 *
 * @param session of the cluster's owner
 * @throws archive/identity-mismatch for a cluster that does not come from there
 */
export const checkCopy = async (
  session: Session,
  cluster: Cluster,
  identity: Identity,
  options: AmcheckOptions,
): Promise<CopyCheck> => {
  const control = await controlOf(session, cluster.dataDirectory, cluster)
  if (control.systemIdentifier !== identity.system_identifier) {
    throw new LifeboatError(
      'archive/identity-mismatch',
      `${cluster.name} is no copy of this repository's cluster: its system identifier is ${control.systemIdentifier}, not ${identity.system_identifier}`,
    )
  }
  return {
    cluster: cluster.name,
    running: cluster.running,
    checksums: await checkPages(session, cluster, control, options.signal),
    amcheck: await runAmcheck(session, cluster, options),
  }
}

/** Everything that is wrong with a copy, a sentence each. */
export const problemsOfCopy = ({ cluster, checksums, amcheck }: CopyCheck): readonly string[] => [
  ...checksums.problems.map((problem) => `${cluster}, pg_checksums: ${problem}`),
  ...amcheck.problems.map((problem) => `${cluster}, pg_amcheck: ${problem}`),
]
