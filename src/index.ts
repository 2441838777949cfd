/** What a module of your own is made of: `import { defineModule, z } from 'lifeboat'`. See docs/own-modules.md. */
export { z } from 'zod'
export type { Change } from './base/change.ts'
export { LifeboatError } from './base/errors.ts'
export { quote, raw, sh } from './base/quote.ts'
export {
  type ActionModule,
  type ActionResult,
  type ControlContext,
  type ControlModule,
  type ControlResult,
  defineAction,
  defineControl,
  defineModule,
  defineReader,
  type Fault,
  type Module,
  type ModuleContext,
  type Progress,
  type ReadModule,
  type ResultFields,
  type Rule,
  type StateModule,
} from './modules/contract.ts'
export { atMostOne, fault, givenOf, refusal } from './modules/rules.ts'
export {
  account,
  anything,
  bool,
  integer,
  integerFrom,
  list,
  mapping,
  number,
  path,
  text,
} from './modules/shared/params.ts'
export { duration, size, understood } from './modules/shared/understood.ts'
