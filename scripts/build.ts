#!/usr/bin/env tsx
// Builds dist/: few large files instead of the sources' many small ones, of which each costs a start of the command time.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** A file for each module, which is found by its name and loaded only where a playbook names it. */
const modules = readdirSync('src/modules', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .flatMap(({ name }) =>
    readdirSync(`src/modules/${name}`)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `src/modules/${name}/${file}`),
  )

const bundle = async (folder: string): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: ['src/cli/main.ts', 'src/index.ts', ...modules],
    outdir: folder,
    outbase: 'src',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
    // What has parts in another language, and what users' own scripts import too.
    external: ['ssh2', 'cpu-features', 'zx'],
    // Some libraries are CommonJS, and ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);",
    },
  })
  return metafile
}

/** load.ts finds the modules from where it is. */
const checkPlaceOfLoad = ({ outputs }: Metafile): void => {
  const [place] = Object.entries(outputs).find(([, { inputs }]) => 'src/modules/load.ts' in inputs) ?? []
  if (!place?.includes('/chunks/')) throw new Error(`src/modules/load.ts went to ${place}, not beside the modules`)
}

/** The licences of the libraries whose code is in the files. */
const licences = ({ inputs }: Metafile): string => {
  const folders = Object.keys(inputs).flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [])
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
      return `${folder.replace(/^.*node_modules\//, '')}\n\n${file ? readFileSync(`${folder}/${file}`, 'utf8') : 'see its package.json'}`
    })
    .join(`\n${'-'.repeat(60)}\n\n`)
}

const fresh = mkdtempSync('dist.')
const old = `${fresh}.old`
try {
  const metafile = await bundle(fresh)
  checkPlaceOfLoad(metafile)
  writeFileSync(`${fresh}/LICENCES.txt`, licences(metafile))
  const types = spawnSync('tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh], { stdio: 'inherit' })
  if (types.status !== 0) throw new Error('the types cannot be written')
  // A temporary folder is its owner's alone.
  chmodSync(fresh, 0o755)
  if (existsSync('dist')) renameSync('dist', old)
  renameSync(fresh, 'dist')
} finally {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true })
}
