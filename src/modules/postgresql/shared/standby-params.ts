import { bool, integer, text } from '../../shared/params.ts'

/** Parameters of a restore that ends in a standby. */
export const standbyParams = {
  primary: text
    .optional()
    .describe(
      'For `target_action: standby`: connection string of the primary that it streams from, `host=db1 port=5432 user=replicator`. A password in it goes into a password file of the owner. Default: none, it replays the archive alone.',
    ),
  primary_slot: text.optional().describe('Physical replication slot on the primary, through which it streams.'),
  create_slot: bool
    .default(false)
    .describe('Whether the slot is made where the primary has none of that name. It keeps WAL from then on.'),
  streaming_timeout: integer
    .default(60)
    .describe('Seconds without any progress after which a standby that does not stream has failed.'),
  successor: bool
    .optional()
    .describe(
      "Whether it archives into the source's folder once it is promoted, for it is meant to take the primary's place. Default: only where that folder is this cluster's own; else it archives nowhere.",
    ),
}
