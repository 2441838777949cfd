import { describe, expect, it } from 'vitest'
import { answersFor, type GivenAnswers, type Login } from '../../../src/host/openssh/answers.ts'

const login: Login = { user: 'admin', hosts: ['db1', '10.0.0.5'], password: 'of login', passphrase: undefined }

describe('answersFor', () => {
  it('gives the password to the login alone, and once', async () => {
    const answer = answersFor(login, new Map(), undefined)
    expect(await answer("admin@db1's password: ")).toBe('of login')
    expect(await answer("admin@db1's password: ")).toBeUndefined()
    expect(await answer('(admin@10.0.0.5) Password: ')).toBe('of login')
    expect(await answer("admin@bastion's password: ")).toBeUndefined()
    expect(await answer("root@db1's password: ")).toBeUndefined()
    expect(await answer('(admin@bastion) Password: ')).toBeUndefined()
  })

  it('gives the passphrase of the inventory, and asks nobody for it', async () => {
    const answer = answersFor({ ...login, passphrase: 'of key' }, new Map(), async () => 'of person')
    expect(await answer("Enter passphrase for key '/k': ")).toBe('of key')
    expect(await answer("Enter passphrase for key '/k': ")).toBeUndefined()
  })

  it('asks a person once for all hosts, and again where that was wrong', async () => {
    const given: GivenAnswers = new Map()
    const asked: string[] = []
    const ask = async (question: string): Promise<string> => {
      asked.push(question)
      return `answer ${asked.length}`
    }
    const [first, second] = [answersFor(login, given, ask), answersFor(login, given, ask)]
    expect(await first("Enter passphrase for key '/k': ")).toBe('answer 1')
    expect(await second("Enter passphrase for key '/k': ")).toBe('answer 1')
    expect(await second("Enter passphrase for key '/k': ")).toBe('answer 2')
    expect(asked).toEqual(["Enter passphrase for key '/k'", "Enter passphrase for key '/k'"])
  })

  it('lets nobody decide about host keys', async () => {
    const answer = answersFor(login, new Map(), async () => 'yes')
    expect(await answer('Are you sure you want to continue connecting (yes/no/[fingerprint])? ')).toBeUndefined()
  })
})
