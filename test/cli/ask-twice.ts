// Run by prompt.test.ts on a terminal of its own.
import { askPassword } from '../../src/cli/prompt.ts'

const first = await askPassword('First')
const second = await askPassword('Second')
process.stdout.write(`[${first}] [${second}]\n`)
