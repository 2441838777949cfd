/**
 * Bytes that stay free on the database host when what a backup needs meanwhile lies on its own disks, as for a repository
 * on another host.
 */
export const SCRATCH_RESERVE = 1 << 30
