import type { Contender } from '../stage.ts'
import { ansible, mitogen } from './ansible.ts'
import { floorA, floorB } from './floors.ts'
import { lifeboat } from './lifeboat.ts'

export const CONTENDERS: readonly Contender[] = [lifeboat, ansible, mitogen, floorA, floorB]
