/** `squid shim install DIR`: puts a `nix` there that understands `sui:` references. */
import { access, chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { findProgram } from '@squid/host/nix'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { isShim, shimFolders } from '../shim/folders.ts'
import { shimScript } from '../shim/script.ts'

export const shimInstall: Command = defineCommand({
  name: 'shim install',
  summary: 'Install a nix that understands sui: references',
  arguments: 'DIR',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: `Put DIR first in PATH. Then every command of Nix takes sui:@alice:hello#hello where it takes a flake, options such as
--override-input too, and there is nix flake run; calls without such a reference go to the real Nix untouched.`,
  async run({ values, positionals }, { env, cwd, stdout }) {
    const dir = resolve(cwd, positionals[0] ?? '.')
    const file = join(dir, 'nix')
    if ((await exists(file)) && !(await isShim(file))) {
      throw new SquidError(
        'SHIM_OTHER',
        `${file} is something else than a shim of squid; choose another folder`,
      )
    }
    await mkdir(dir, { recursive: true })
    const squid = resolve(import.meta.dirname, '../../../../bin/squid')
    const temporary = `${file}.${process.pid}`
    await writeFile(temporary, shimScript(squid))
    await chmod(temporary, 0o755)
    await rename(temporary, file)
    const real = findProgram('nix', env['PATH'], [dir, ...(await shimFolders(env['PATH']))])
    const isFirst = findProgram('nix', env['PATH']) === file
    stdout.write(
      values.json
        ? jsonLine({ shim: file, nix: real ?? null, first: isFirst })
        : `${file}\n${isFirst ? '' : `put it first in PATH: export PATH=${dir}${delimiter}$PATH\n`}`,
    )
  },
})

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}
