#!/usr/bin/env tsx
// Builds dist/: few large files instead of the sources' many small ones, of which each costs a start of the command time.
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const top = fileURLToPath(new URL('..', import.meta.url))
process.chdir(top)

/** A file for each module, which is found by its name and loaded only where a playbook names it. */
const modules = readdirSync('src/modules', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .flatMap(({ name }) =>
    readdirSync(`src/modules/${name}`)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `src/modules/${name}/${file}`),
  )

const fresh = mkdtempSync('dist.')
try {
  await build({
    entryPoints: ['src/cli/main.ts', 'src/index.ts', ...modules],
    outdir: fresh,
    outbase: 'src',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    legalComments: 'linked',
    logLevel: 'warning',
    // What has parts in another language, and what users' own scripts import too.
    external: ['ssh2', 'cpu-features', 'zx'],
    // Some libraries are CommonJS, and ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);",
    },
  })
  rmSync('dist', { recursive: true, force: true })
  renameSync(fresh, 'dist')
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
