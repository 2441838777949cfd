import { quote } from '../../base/quote.ts'
import type { Cluster } from '../locate.ts'

/**
 * Shell that defines `as_owner COMMAND…`: runs it as the owner of the cluster, from root's session or the owner's own.
 * The arguments pass through untouched.
 */
export const defineAsOwner = (cluster: Cluster): string => `
as_owner() {
  if [ "$(id -un)" = ${quote(cluster.owner)} ]; then "$@"
  elif command -v runuser >/dev/null 2>&1; then runuser -u ${quote(cluster.owner)} -- "$@"
  elif command -v setpriv >/dev/null 2>&1; then
    setpriv --reuid ${quote(cluster.owner)} --regid "$(id -g ${quote(cluster.owner)})" --init-groups "$@"
  else
    words=
    for word; do words="$words '$(printf %s "$word" | sed "s/'/'\\\\\\\\''/g")'"; done
    su -s /bin/sh -c "exec$words" ${quote(cluster.owner)}
  fi
}`
