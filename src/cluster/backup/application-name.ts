/** Name under which the walsender of a backup shows itself in pg_stat_activity. */
export const applicationName = (runId: string): string => `lifeboat backup ${runId}`.slice(0, 63)
