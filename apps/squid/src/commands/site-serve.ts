/** `squid site serve`: a portal of Walrus Sites on this machine. */
import { homeFrom } from '@squid/client/home'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession, startPortal } from '../compose.ts'
import { parsePort } from './port-option.ts'

/** As `DEFAULT_PORTAL` has it. */
const PORT = 7879

export const siteServe: Command = defineCommand({
  name: 'site serve',
  summary: 'Serve the Walrus Sites of the network on this machine, in the foreground',
  options: {
    port: { type: 'string', value: 'N', summary: `port on loopback (default ${PORT}, 0 = any free one)` },
    json: { type: 'boolean', summary: 'print one line of JSON when ready' },
  },
  details: `Every site is at http://LABEL.localhost:${PORT}, where LABEL is its id in base 36 or a name that stands for it. Bytes are read
from the storage nodes and served only when they are what the site says. Public networks have portals of their own.`,
  async run({ values }, { env, stdout, stderr, signal }) {
    await using session = await openSession(homeFrom(env), signal)
    const port = parsePort(values.port, PORT, 'port')
    await using portal = await startPortal(session, port, line => void stderr.write(`${line}\n`))
    stdout.write(values.json ? jsonLine({ origin: portal.origin }) : `portal     ${portal.origin}\n`)
    await new Promise<void>(stopped => {
      if (signal.aborted) stopped()
      else signal.addEventListener('abort', () => stopped(), { once: true })
    })
  },
})
