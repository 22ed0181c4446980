import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { root } from './load-pipeline.ts'
import { copiesOf } from './natives.ts'
import type { Settings } from './setting-table.ts'
import { allSteps, type Step } from './steps.ts'

/**
 * Bundles every step into a folder that Lambda can run: `index.js` and, where the step needs them, trimmed native packages.
 *
 * The same sources give the same bytes, so an unchanged step is not sent again. Answers where a step's folder is.
 *
 * @throws MillraceError PREREQUISITE_MISSING where a native package of the wanted processor is not installed
 * @example (await bundleSteps('flights', settings))('infer') // …/.local/bundles/flights/infer
 */
export async function bundleSteps(
  pipeline: string,
  { pipelineFile, architecture }: Pick<Settings, 'pipelineFile' | 'architecture'>,
): Promise<(step: string) => string> {
  const folder = resolve(root, '.local/bundles', pipeline)
  const bundle = build({
    absWorkingDir: root,
    entryPoints: allSteps.map(({ name }) => ({ in: `functions/${name}/handler.ts`, out: `${name}/index` })),
    outdir: folder,
    bundle: true,
    format: 'cjs', // native packages are loaded by require
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'], // the AWS SDK's ES modules lose what is not called
    minify: true,
    keepNames: true,
    legalComments: 'none',
    external: ['onnxruntime-node', '@duckdb/*'],
    define: { 'import.meta.dirname': '__dirname' }, // where addFiles puts what a step reads at run time
    plugins: [choosePipeline(resolve(root, pipelineFile)), oneLanguage],
    logLevel: 'error',
  })
  await Promise.all([bundle, ...allSteps.map(step => addFiles(step, join(folder, step.name), architecture))])
  return step => join(folder, step)
}

/** zod speaks fifty languages, a sixth of infer's bundle to read at each start; its English is imported by itself. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      /\/node_modules\/zod\//.test(importer) ? { path: 'zod/locales', namespace: 'empty' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export {}' }))
  },
}

/** Every import of the pipeline reads the chosen definition. */
function choosePipeline(path: string): Plugin {
  return {
    name: 'choose-pipeline',
    setup: ({ onResolve }) => onResolve({ filter: /^#models\/pipeline\.ts$/ }, () => ({ path })),
  }
}

/**
 * Says what kind of module the folder holds, copies the step's queries beside it, and copies native packages once: a note among them,
 * written last, says which.
 */
async function addFiles(step: Step, folder: string, architecture: Settings['architecture']): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
  const sources = join(root, 'functions', step.name)
  const queries = (await readdir(sources)).filter(file => file.endsWith('.sql'))
  await Promise.all(queries.map(file => copyFile(join(sources, file), join(folder, file))))
  const copies = (await Promise.all(step.natives.map(name => copiesOf(name, architecture)))).flat()
  const packages = join(folder, 'node_modules')
  const note = join(packages, 'copies.json')
  const wanted = JSON.stringify(copies.map(({ to, version }) => `${to} ${version}`))
  if ((await readFile(note, 'utf8').catch(() => undefined)) === wanted) return
  await rm(packages, { recursive: true, force: true })
  for (const { from, to } of copies) {
    await cp(from, join(folder, to), { recursive: true, filter: source => !/\.(map|d\.ts)$/.test(source) })
  }
  if (copies.length > 0) await writeFile(note, wanted)
}
