/**
 * Writes a flake of Debian packages, or builds the large one that benches use. See nix/debian/README.md.
 *
 * Usage: npm run debian -- FOLDER [--package NAME ...] [--source NAME ...] [--add-to-store] [--update]
 *        npm run debian -- --closure
 */
import { parseArgs } from 'node:util'
import { type GenerateOptions, writeDebianFlake } from '@squid/host/debian'
import { SquidError } from '@squid/formats/errors'
import { Nix } from '@squid/host/nix'
import { addArchives, buildDebian, LARGE } from './debian-closure.ts'

const USAGE = `npm run debian -- FOLDER [--package NAME ...] [--source NAME ...] [--add-to-store] [--update]
npm run debian -- --closure`

/** Writes a flake into a folder. */
async function write(folder: string, options: GenerateOptions, addToStore: boolean): Promise<void> {
  const flake = await writeDebianFlake(folder, options)
  if (addToStore) await addArchives(await Nix.locate(), flake)
  const { units, packages } = flake.lock
  console.log(
    `${folder}: ${Object.keys(packages).length} packages in ${Object.keys(units).length} store paths`,
  )
}

/** Builds everything in the store that is kept beside the downloads, and says where it is. */
async function build(): Promise<void> {
  const started = performance.now()
  const { storeRoot, path, paths, narBytes } = await buildDebian({
    ...LARGE,
    onLine: line => {
      if (line.startsWith('building ')) console.error(line)
    },
  })
  const seconds = Math.round(performance.now() - started) / 1000
  const sizes = Object.fromEntries(paths.map(({ path, narSize }) => [path, Number(narSize)]))
  console.log(JSON.stringify({ storeRoot, path, count: paths.length, narBytes, seconds, sizes }, null, 1))
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    package: { type: 'string', multiple: true, default: [] },
    source: { type: 'string', multiple: true, default: [] },
    'add-to-store': { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    closure: { type: 'boolean', default: false },
  },
})

try {
  const [folder] = positionals
  const update = values.update ? { maxAgeMs: 0 } : {}
  if (values.closure) await build()
  else if (folder === undefined || positionals.length > 1) throw new SquidError('USAGE', USAGE)
  else
    await write(
      folder,
      { packages: values.package, sources: values.source, ...update },
      values['add-to-store'],
    )
} catch (error) {
  if (!(error instanceof SquidError)) throw error
  console.error(`debian: ${error.message}`)
  process.exitCode = 1
}
