const GONE = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/**
 * Lets a run go on when nobody reads its output any more (`| head`, a pager that was left, a closed terminal): a restore
 * must not die half-way because of it. What is written from then on is lost; the journal has it.
 */
export const outliveReaders = (streams: readonly NodeJS.WriteStream[]): void => {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code ?? '')) throw error
    })
  }
}
