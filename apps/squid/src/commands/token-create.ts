/** `squid token create @NAME/FLAKE`: lets Nix upload to this machine, for one flake. */
import { homeFrom } from '@squid/client/home'
import { parseUploadPlace, uploadTokens } from '@squid/daemon/uploads'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'

export const tokenCreate: Command = defineCommand({
  name: 'token create',
  summary: 'Make a token with which Nix may upload for a flake',
  arguments: '@NAME/FLAKE',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: `Prints a line for the file that Nix's setting netrc-file names (by default netrc beside nix.conf); the token is not
shown again. With it, nix copy --to http://squid.localhost:7878/upload/@NAME/FLAKE stages store paths, which
squid publish --staged @NAME/FLAKE releases. A token by itself releases nothing.`,
  async run({ values, positionals }, { env, stdout, stderr }) {
    const [text = ''] = positionals
    const place = parseUploadPlace(text)
    const { id, token } = await uploadTokens(homeFrom(env).state).create(place.text)
    if (values.json) return void stdout.write(jsonLine({ id, place: place.text, token }))
    stderr.write(`token ${id} for ${place.text}; to end it: squid token revoke ${id}\n`)
    stdout.write(`machine squid.localhost login squid password ${token}\n`)
  },
})
