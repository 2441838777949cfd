import { defineConfig } from 'vitest/config'

// Three kinds of test: `unit` needs Node alone, `processes` the process fleet (PostgreSQL binaries, no root),
// `hosts` the Debian fleet (root and Linux). test/run.js decides which run here and says loudly which do not.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.processes.test.ts', 'test/**/*.hosts.test.ts', 'node_modules/**'],
          // They start real shells, on machines that may be busy.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'processes',
          include: ['test/**/*.processes.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'hosts',
          include: ['test/**/*.hosts.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
