import { z } from 'zod'
import { defineModule } from '../contract.ts'
import { accountName } from '../shared/account-name.ts'
import { account, bool, integer, list, path, text } from '../shared/params.ts'
import { applyUser, inspectUser, type UserState, userChanges } from '../shared/user-account.ts'

const params = z.strictObject({
  name: accountName.describe('The user.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether it is to exist.'),
  uid: integer.optional().describe('Its number.'),
  group: account.optional().describe('Its primary group.'),
  groups: list(text).optional().describe('Its other groups; those that are not named are taken away unless `append`.'),
  append: bool.default(false).describe('Only adds to the groups.'),
  comment: text.optional().describe('Full name or description.'),
  home: path.optional().describe('Home folder.'),
  move_home: bool.default(false).describe('Moves the home folder when it gets another name.'),
  create_home: bool.default(true).describe('Makes the home folder.'),
  shell: path.optional().describe('Login shell.'),
  system: bool.default(false).describe('A new user gets a number of those for the system.'),
  password: text.optional().describe('Hash of the password, as `password_hash` makes it.'),
  update_password: z.enum(['always', 'on_create']).default('always').describe('When the password is set.'),
  password_lock: bool.optional().describe('Whether the password is locked.'),
  remove: bool.default(false).describe('With `absent`: removes the home folder too.'),
  generate_ssh_key: bool.default(false).describe('Makes an SSH key without passphrase where there is none.'),
  ssh_key_file: path.optional().describe('The key, relative to the home folder. Default: `.ssh/id_TYPE`.'),
  ssh_key_type: z.enum(['rsa', 'ed25519', 'ecdsa']).default('ed25519').describe('Its type.'),
  ssh_key_bits: integer.optional().describe('Its size.'),
  ssh_key_comment: text.optional().describe('Its comment.'),
})

export default defineModule<typeof params, UserState>({
  kind: 'state',
  summary: 'Creates, changes and removes users.',
  description: 'Needs useradd and usermod on the host. A password hash is never an argument of a process.',
  examples: [
    {
      title: 'The owner of the backups, with a key',
      yaml: '- user:\n    name: backup\n    system: true\n    home: /var/backups/lifeboat\n    shell: /bin/sh\n    generate_ssh_key: true\n  register: backup_user',
    },
    { title: 'One more group', yaml: '- user:\n    name: postgres\n    groups: ssl-cert\n    append: true' },
  ],
  params,
  aliases: { user: 'name', createhome: 'create_home' },
  sensitive: ['password'],
  returns: {
    name: 'The user.',
    uid: 'Its number.',
    group: 'Number of its primary group.',
    home: 'Home folder.',
    shell: 'Login shell.',
    ssh_public_key: 'Text of the public key.',
    ssh_key_file: 'Path of the key.',
  },
  inspect: inspectUser,
  diff: userChanges,
  async apply(ctx, given, changes, state) {
    await applyUser(ctx, given, changes, state)
    return undefined
  },
  result: (state, given) => ({
    name: given.name,
    state: given.state,
    ...(state.exists
      ? { uid: state.uid, group: state.gid, home: state.home, shell: state.shell, comment: state.comment }
      : {}),
    ...(state.sshKey === undefined ? {} : { ssh_public_key: state.sshKey, ssh_key_file: state.sshKeyFile }),
  }),
})
