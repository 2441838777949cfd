import { z } from 'zod'
import { parameterTypes } from '../../shared/params.ts'

/** The parameter `cluster`, the same in every `postgresql_*` module. */
export const clusterParam = z
  .union([z.string(), z.number()], { error: 'must be the name, the data directory or the port of a cluster' })
  .transform(String)
  .register(parameterTypes, { type: 'str' })
  .optional()
  .describe(
    "Which cluster on the host: its name in Debian's layout (`15/main`), its data directory, or its port. Default: the only one.",
  )
