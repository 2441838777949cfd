import { LifeboatError } from '../../../base/errors.ts'
import { sh } from '../../../base/quote.ts'
import type { Session } from '../../../host/connection.ts'
import type { Cluster } from '../../locate.ts'
import { FRAME_FUNCTION, parseFrames } from '../../repository/frames.ts'

/** The configuration that a stopped cluster would start with. */
export interface Configuration {
  /** Values by name, in the unit of the setting; a setting that this version does not know is missing. */
  readonly effective: ReadonlyMap<string, string>
  /** Text of postgresql.auto.conf. */
  readonly auto: string
}

/**
 * Asks the server's own binary for settings, as it would have them from the files of this host; nothing is started.
 *
 * @param session of the cluster's owner
 * @throws restore/step-failed where the configuration cannot be read
 */
export const readConfiguration = async (
  session: Session,
  cluster: Cluster,
  names: readonly string[],
): Promise<Configuration> => {
  const { dataDirectory: data, binDirectory, configFile } = cluster
  const ask = sh`${`${binDirectory}/postgres`} -D ${data} -c ${`config_file=${configFile}`} -C`.text
  const result = await session.run(`LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for name in ${names.join(' ')}; do
  if ${ask} "$name" > "$scratch/value" 2> "$scratch/error" < /dev/null; then frame "$name" "$scratch/value"
  elif ! grep -q 'unrecognized configuration parameter' "$scratch/error"; then cat "$scratch/error" >&2; exit 1
  fi
done
if [ -f ${sh`${`${data}/postgresql.auto.conf`}`.text} ]; then frame auto ${sh`${`${data}/postgresql.auto.conf`}`.text}; fi
`)
  if (result.status !== 0) {
    throw new LifeboatError('restore/step-failed', `the configuration of ${cluster.name} cannot be read`, {
      hints: result.stderr.trim().split('\n').slice(-5),
    })
  }
  const frames = parseFrames(result.stdoutBytes).map(({ name, content }) => [name, content.toString()] as const)
  const all = new Map(frames)
  return {
    effective: new Map(
      frames.filter(([name]) => name !== 'auto').map(([name, text]) => [name, text.replace(/\n$/, '')]),
    ),
    auto: all.get('auto') ?? '',
  }
}
