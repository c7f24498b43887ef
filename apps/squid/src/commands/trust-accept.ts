/** `squid trust accept @NAME`: believes what a name stands for now. */
import { homeFrom } from '@squid/client/home'
import { setPin } from '@squid/client/trust'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'

export const trustAccept: Command = defineCommand({
  name: 'trust accept',
  summary: 'Believe what a name stands for now',
  arguments: '@NAME',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values, positionals }, { env, stdout, signal }) {
    const name = (positionals[0] ?? '').replace(/^@/, '')
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const space = await session.resolver.currentSpace(name, signal)
    await setPin(home, session.network.descriptor.chainId, name, space)
    stdout.write(values.json ? jsonLine({ name: `@${name}`, space }) : `@${name} is ${space} from now on\n`)
  },
})
