/** A file or folder below a listed folder. */
export interface ListedFile {
  /** Path below the folder that was listed, without `./`. */
  readonly path: string
  readonly type: 'file' | 'folder' | 'other'
  /** Bytes. */
  readonly size: number
}

/** Command that lists the current folder and all below it; POSIX, so that it is one for GNU and busybox. */
export const LIST_COMMAND = 'ls -lnAR .'

/** Reads what `ls -lnAR .` printed in the C locale. Names with a newline in them are not ours and come out wrong. */
export const parseListing = (text: string): ListedFile[] => {
  const files: ListedFile[] = []
  let folder = ''
  for (const line of text.split('\n')) {
    const header = /^\.(?:\/(.*))?:$/.exec(line)
    if (header) {
      folder = header[1] === undefined ? '' : `${header[1]}/`
      continue
    }
    const entry = /^(.)\S+\s+\d+\s+\d+\s+\d+\s+(\d+)\s+\S+\s+\S+\s+\S+ (.*)$/.exec(line)
    if (!entry) continue
    const type = entry[1] === '-' ? 'file' : entry[1] === 'd' ? 'folder' : 'other'
    files.push({ path: folder + entry[3], type, size: Number(entry[2]) })
  }
  return files
}
