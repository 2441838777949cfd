import type { Position } from '../base/position.ts'
import type { Play, Task } from './types.ts'

/** A task that stands in no playbook: `gather_facts`, or the module of `lifeboat exec`. Nothing is set but this. */
export const bareTask = (part: Pick<Task, 'name' | 'module' | 'args' | 'directory'> & Partial<Task>): Task => ({
  kind: 'task',
  position: part.module.position,
  keywords: {},
  loop: undefined,
  register: undefined,
  notify: [],
  changedWhen: undefined,
  failedWhen: undefined,
  until: undefined,
  retries: undefined,
  delay: undefined,
  async: undefined,
  poll: undefined,
  listen: [],
  role: undefined,
  ...part,
})

/** A play of some tasks on a host pattern, without facts. */
export const barePlay = (name: string, pattern: string, tasks: readonly Task[], position: Position): Play => ({
  name,
  position,
  keywords: {},
  hosts: { value: pattern, position },
  gatherFacts: { value: false, position },
  gatherSubset: undefined,
  vars: {},
  varsFiles: [],
  serial: undefined,
  strategy: undefined,
  order: undefined,
  maxFailPercentage: undefined,
  forceHandlers: undefined,
  preTasks: [],
  roles: [],
  tasks,
  postTasks: [],
  handlers: [],
  directory: tasks[0]?.directory ?? '.',
})
