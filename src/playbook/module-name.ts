/** Actions that the playbook itself carries out; every other name is a module's. */
export const INCLUDES = ['include_tasks', 'include_role', 'import_tasks', 'import_role'] as const
export type IncludeName = (typeof INCLUDES)[number]

const OURS = /^(?:ansible\.builtin|ansible\.legacy|lifeboat\.postgresql)\.(\w+)$/

/** The short name of a module: `copy` for `ansible.builtin.copy`. Names of other collections stay whole. */
export const shortName = (name: string): string => OURS.exec(name)?.[1] ?? name

export const isInclude = (name: string): name is IncludeName => INCLUDES.some((known) => known === name)

/** What to say of a name in full whose last part is a module of ours: it is not the same module. */
export const hintForCollection = (name: string, isModule: (name: string) => boolean): string[] => {
  const last = /^\w+\.\w+\.(\w+)$/.exec(name)?.[1]
  if (last === undefined || !isModule(last)) return []
  return [
    `the collection's module is not there; Lifeboat's own "${last}" may differ in its parameters: see lifeboat doc ${last}`,
  ]
}
