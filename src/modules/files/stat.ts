import { z } from 'zod'
import { raw, sh } from '../../base/quote.ts'
import { defineReader } from '../contract.ts'
import { formatMode } from '../shared/file-mode.ts'
import { assignPath, type FileStat, type FileState, LOOK, readFileStates } from '../shared/file-state.ts'
import { hostPath } from '../shared/host-path.ts'
import { bool, path } from '../shared/params.ts'
import { PUT, readPairs, succeed } from '../shared/script.ts'

const params = z.strictObject({
  path: path.describe('The file, folder or other thing to look at.'),
  follow: bool.default(false).describe('Looks at what a link points to, not at the link.'),
  get_checksum: bool.default(true).describe('Computes the checksum of a file; reads all of it.'),
  checksum_algorithm: z
    .enum(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'])
    .default('sha1')
    .describe('Kind of the checksum.'),
  get_mime: bool.default(false).describe('Asks `file` on the host for the MIME type and the character set.'),
  get_attributes: bool.default(false).describe('Asks `lsattr` on the host for the attributes of the file system.'),
})

const scriptOf = (given: z.output<typeof params>): string =>
  sh`${PUT}
${LOOK}
${assignPath('path', hostPath(given.path))}
link=$path
${raw(given.follow ? 'look_through "$path"' : 'look "$path"')}
if [ -L "$path" ]; then put source "$(readlink -f "$path")"; fi
for right in r w x; do if [ "-$right" "$path" ]; then put "may_$right" yes; fi; done
${raw(given.get_checksum ? checksum(given.checksum_algorithm) : '')}
${raw(given.get_mime ? 'put mime "$(file -b --mime-type "$path" 2>/dev/null)"\nput charset "$(file -b --mime-encoding "$path" 2>/dev/null)"' : '')}
${raw(given.get_attributes ? 'put attributes "$(lsattr -d "$path" 2>/dev/null | cut -d" " -f1)"' : '')}
exit 0`.text

const checksum = (algorithm: string): string =>
  `if [ -f "$path" ] && [ -r "$path" ]; then sum=$(${algorithm}sum <"$path") && put sum "\${sum%% *}"; fi`

/** The dictionary as Ansible gives it. */
const describeStat = (
  state: FileState,
  stat: FileStat,
  fields: ReadonlyMap<string, string>,
): Record<string, unknown> => {
  const { type, mode } = stat
  const has = (bit: number): boolean => (mode & bit) !== 0
  return {
    exists: true,
    path: state.path,
    mode: formatMode(mode),
    isreg: type === 'file',
    isdir: type === 'directory',
    islnk: type === 'link',
    ischr: type === 'char',
    isblk: type === 'block',
    isfifo: type === 'fifo',
    issock: type === 'socket',
    uid: stat.uid,
    gid: stat.gid,
    pw_name: stat.owner,
    gr_name: stat.group,
    size: stat.size,
    inode: stat.inode,
    dev: stat.device,
    nlink: stat.links,
    blocks: stat.blocks,
    block_size: stat.blockSize,
    device_type: stat.deviceType,
    atime: stat.accessed,
    mtime: stat.modified,
    ctime: stat.statusChanged,
    ...{ rusr: has(0o400), wusr: has(0o200), xusr: has(0o100), rgrp: has(0o040), wgrp: has(0o020), xgrp: has(0o010) },
    ...{ roth: has(0o004), woth: has(0o002), xoth: has(0o001), isuid: has(0o4000), isgid: has(0o2000) },
    readable: fields.has('may_r'),
    writeable: fields.has('may_w'),
    executable: fields.has('may_x'),
    ...(type === 'link' ? { lnk_source: fields.get('source'), lnk_target: state.target } : {}),
    ...(fields.has('sum') ? { checksum: fields.get('sum') } : {}),
    ...(fields.has('mime')
      ? { mimetype: fields.get('mime') || 'unknown', charset: fields.get('charset') || 'unknown' }
      : {}),
    ...(fields.has('attributes') ? { attr_flags: fields.get('attributes')?.replaceAll('-', '') } : {}),
  }
}

export default defineReader({
  kind: 'read',
  summary: 'Tells what is in a place on the host: whether it exists, its kind, mode, owner, size, times, checksum.',
  examples: [
    {
      title: 'Is the data directory there?',
      yaml: '- stat:\n    path: /var/lib/postgresql/15/main/PG_VERSION\n  register: version_file\n- fail:\n    msg: no cluster here\n  when: not version_file.stat.exists',
    },
  ],
  params,
  aliases: {
    dest: 'path',
    name: 'path',
    checksum_algo: 'checksum_algorithm',
    mime: 'get_mime',
    attributes: 'get_attributes',
  },
  returns: {
    'stat.exists': 'Whether there is anything; where not, nothing else is given.',
    'stat.isreg, isdir, islnk, ischr, isblk, isfifo, issock': 'What it is.',
    'stat.mode': 'Mode, as octal text.',
    'stat.pw_name, gr_name, uid, gid': 'Owner and group.',
    'stat.size, blocks, block_size, inode, dev, nlink, device_type': 'Bytes and numbers of the file system.',
    'stat.atime, mtime, ctime': 'Seconds since 1970.',
    'stat.rusr … xoth, isuid, isgid': 'Single bits of the mode.',
    'stat.readable, writeable, executable': 'What the user of the task may do.',
    'stat.checksum': 'Checksum of a file that can be read.',
    'stat.lnk_source, lnk_target': 'Of a link: the place it leads to in the end, and its text.',
  },
  async read(ctx, given) {
    const { pairs } = readPairs(succeed(await ctx.run(scriptOf(given)), `look at ${given.path}`))
    const [state] = readFileStates(pairs)
    if (state?.stat === undefined) return { stat: { exists: false } }
    return { stat: describeStat(state, state.stat, new Map(pairs)) }
  },
})
