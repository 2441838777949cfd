import { LifeboatError } from '../../base/errors.ts'
import { hasMeaning, readSettings, type Setting } from './settings.ts'
import { splitWords } from './split-words.ts'

/** What ssh arguments of an inventory say. */
export interface SshArguments {
  readonly settings: readonly Setting[]
  /** The file to read instead of the user's and the machine's (`-F`); `none` for no file. */
  readonly configFile: string | undefined
}

/**
 * Options that are about something else than how the host is reached, and the values that are accepted since it works
 * like that anyway. Without values: all, as there is no effect here (the one connection is kept for the run, is not
 * compressed, and there is no chatter).
 */
const HARMLESS: Readonly<Record<string, readonly string[] | undefined>> = {
  batchmode: undefined,
  compression: undefined,
  controlmaster: undefined,
  controlpath: undefined,
  controlpersist: undefined,
  loglevel: undefined,
  numberofpasswordprompts: undefined,
  ipqos: undefined,
  checkhostip: ['no'],
  forwardagent: ['no'],
  forwardx11: ['no'],
  gssapiauthentication: ['no'],
  hostbasedauthentication: ['no'],
  requesttty: ['no', 'auto'],
  tcpkeepalive: ['yes'],
  updatehostkeys: ['no'],
  verifyhostkeydns: ['no'],
}

/** Flags with a value of their own, and the option that each stands for. */
const LETTERS: Readonly<Record<string, string>> = {
  i: 'identityfile',
  p: 'port',
  l: 'user',
  J: 'proxyjump',
  b: 'bindaddress',
  c: 'ciphers',
  m: 'macs',
}
/** Flags that stand for an option and its value. */
const FLAGS: Readonly<Record<string, Setting>> = { '-4': ['addressfamily', 'inet'], '-6': ['addressfamily', 'inet6'] }
/** Flags without meaning here: quiet, verbose, no terminal, no forwarding, compression. */
const SILENT = new Set(['-q', '-v', '-vv', '-vvv', '-T', '-x', '-a', '-k', '-C'])

/**
 * Reads ssh arguments as an inventory gives them (`ansible_ssh_common_args`).
 *
 * @throws host/unsupported-ssh-argument, naming the first that cannot be honoured
 */
export const parseSshArguments = (text: string, host: string, variable: string): SshArguments => {
  const refuse = (argument: string): never => {
    throw new LifeboatError(
      'host/unsupported-ssh-argument',
      `${variable} of ${host} has "${argument}", which cannot be honoured`,
      { hints: ['take it out, or set ansible_connection: openssh, which hands all arguments to the ssh program'] },
    )
  }
  const settings: Setting[] = []
  let configFile: string | undefined
  const words = splitWords(text) ?? refuse(text)
  const set = (option: string, value: string, argument: string): void => {
    const lower = option.toLowerCase()
    if (hasMeaning(lower) && !/[\r\n\0]/.test(value)) {
      settings.push([lower, value])
      readSettings([[lower, value]], () => refuse(argument))
    } else if (!(lower in HARMLESS) || HARMLESS[lower]?.includes(value.toLowerCase()) === false) {
      refuse(argument)
    }
  }
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const plain = FLAGS[word]
    if (plain) settings.push(plain)
    const letter = /^-([oiplFJbcm])/.exec(word)?.[1]
    if (letter === undefined) {
      if (!plain && !SILENT.has(word)) refuse(word)
      continue
    }
    const value = word.length > 2 ? word.slice(2) : (words.shift() ?? refuse(word))
    const argument = `-${letter} ${value}`
    if (letter === 'F') {
      configFile ??= value
    } else if (letter === 'o') {
      const [, option, rest] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(value) ?? []
      if (option === undefined || rest === undefined) refuse(argument)
      else set(option, rest.trim(), argument)
    } else {
      set(LETTERS[letter] ?? '', value, argument)
    }
  }
  return { settings, configFile }
}
