import type { RestoreHost } from './restore-fleet.ts'

/** Does something while a file is changed by a script that has its path, a word of sh, as $1; puts the file back. */
export const damaged = async <T>(
  host: RestoreHost,
  file: string,
  script: string,
  work: () => Promise<T>,
): Promise<T> => {
  await host.sh(`cp -p ${file} kept; set -- ${file}; ${script}`)
  try {
    return await work()
  } finally {
    await host.sh(`cp -p kept ${file}`)
  }
}

/** sh: a byte in the middle of the segment in $1 is another one. */
export const FLIP =
  'zstd -dq "$1" -o raw && printf X | dd of=raw bs=1 seek=60 conv=notrunc 2>/dev/null && zstd -q -f raw -o "$1" && rm raw'
