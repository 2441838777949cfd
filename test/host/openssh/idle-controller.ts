// Run by openssh.processes.test.ts: connects to the host that its arguments describe, says so, and stays.
import { hostOpener } from '../../../src/host/open.ts'

const session = await hostOpener()('db1', JSON.parse(process.argv[2] ?? '{}')).session()
process.stdout.write((await session.run('echo connected')).stdout)
setInterval(() => {}, 1000)
