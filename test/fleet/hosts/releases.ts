import { postgresOf, type Suite } from './roots.ts'

/** The releases and the major version of PostgreSQL in each, from the oldest on. */
export const RELEASES = Object.entries(postgresOf) as [Suite, number][]

/** A host of each release, by the name `db13` and so on. */
export const HOSTS = RELEASES.map(([suite, major]): [string, Suite, number] => [`db${major}`, suite, major])
