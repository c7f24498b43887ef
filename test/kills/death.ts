/**
 * Death by SIGKILL at a chosen step of a process: before or after a request, before, in the middle of or after a change
 * of its files, or as it goes on after an `await`. Imported before everything that is to be killed.
 * @module
 */
import fs, { type FileHandle } from 'node:fs/promises'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { promiseHooks } from 'node:v8'

/** `middle`: half of what is written is. For changes of files that are no writes it is as `after`. */
export interface Moment {
  readonly kind: 'request' | 'file' | 'await'
  /** Counted from 1. */
  readonly at: number
  readonly when: 'before' | 'middle' | 'after'
}

/** What happened until now. */
export interface Steps {
  /** Last path segment of every request; slivers are not counted. */
  readonly requests: string[]
  /** Every change below the watched folder: `write journal.jsonl`. */
  readonly files: string[]
  awaits: number
  /** Requests that carry blobs or their slivers. */
  uploads: number
}

const steps: Steps = { requests: [], files: [], awaits: 0, uploads: 0 }
let moment: Moment | undefined
/** Only changes below it are counted; undefined counts nothing. */
let folder: string | undefined

/** Begins to count, and to die at `death`. @param home folder whose changes count */
export function watch(home: string, death: Moment | undefined): Steps {
  folder = home
  moment = death
  steps.requests.length = 0
  steps.files.length = 0
  steps.uploads = 0
  promiseHooks.onBefore(() => {
    if (isNow('await', ++steps.awaits)) void die()
  })
  return steps
}

function isNow(kind: Moment['kind'], at: number): boolean {
  return moment?.kind === kind && moment.at === at
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

/** Counts a request. @returns whether the process is to die after its answer */
function count(url: URL, method: string): boolean {
  if (folder === undefined) return false
  const isUpload = method === 'PUT' || url.pathname.endsWith('blob-upload-relay')
  if (isUpload && !url.pathname.endsWith('/metadata')) steps.uploads++
  if (url.pathname.includes('/slivers/')) return false
  steps.requests.push(url.pathname.split('/').at(-1) ?? '')
  const now = isNow('request', steps.requests.length)
  if (now && moment?.when === 'before') void die()
  return now
}

const { fetch: send } = globalThis

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  const isMoment = count(url, init?.method ?? 'GET')
  const response = await send(input, init)
  if (!isMoment) return response
  await response.arrayBuffer()
  return die()
}

// Storage nodes are spoken to through node:http.
const { request } = http
const counted = (
  url: string,
  options: http.RequestOptions,
  answered: (response: unknown) => void,
): unknown => {
  const isMoment = count(new URL(url), options.method ?? 'GET')
  return request(url, options, response => {
    if (!isMoment) return answered(response)
    response.resume()
    response.on('end', () => void die())
  })
}
Object.assign(http, { request: counted })

/** A change of a file: counted, and died in. @param half does half of it */
async function change<T>(name: string, whole: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
  steps.files.push(name)
  if (!isNow('file', steps.files.length)) return await whole()
  if (moment?.when === 'before') return await die()
  await (moment?.when === 'middle' && half !== undefined ? half() : whole())
  return await die()
}

function isWatched(path: unknown): path is string {
  return folder !== undefined && typeof path === 'string' && path.startsWith(folder)
}

const nameOf = (path: string): string => path.split('/').at(-1) ?? ''

type Call = (...args: unknown[]) => Promise<unknown>

/** Of `node:fs/promises`, with the path first. */
for (const name of ['mkdir', 'rename', 'rm', 'unlink', 'link', 'writeFile'] as const) {
  const real = fs[name] as Call
  const watched: Call = async (...args) => {
    const [path] = args
    if (!isWatched(path)) return await real(...args)
    return await change(`${name} ${nameOf(path)}`, () => real(...args))
  }
  Object.assign(fs, { [name]: watched })
}

/** Handles of watched files, by name. */
const handles = new WeakMap<object, string>()
const { open } = fs
const openWatched = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
  const [path, flags] = args
  if (!isWatched(path)) return await open(...args)
  const handle =
    flags === undefined || flags === 'r'
      ? await open(...args)
      : await change(`open ${nameOf(path)}`, () => open(...args))
  handles.set(handle, nameOf(path))
  return handle
}
Object.assign(fs, { open: openWatched })

{
  await using probe = await open('/dev/null')
  const prototype = Object.getPrototypeOf(probe) as Record<string, Call>
  for (const name of ['write', 'writeFile', 'datasync', 'sync', 'truncate']) {
    const real = prototype[name]
    if (real === undefined) throw new Error(`file handles have no ${name}`)
    prototype[name] = async function (this: object, ...args) {
      const file = handles.get(this)
      if (file === undefined) return await Reflect.apply(real, this, args)
      const half = async (): Promise<unknown> => await Reflect.apply(real, this, halved(args))
      return await change(`${name} ${file}`, () => Reflect.apply(real, this, args), half)
    }
  }
}

/** Arguments of a write, of the first half of the bytes only. */
function halved([data, offset, length, ...rest]: unknown[]): unknown[] {
  if (typeof length === 'number') return [data, offset, Math.floor(length / 2), ...rest]
  if (data instanceof Uint8Array) return [data.subarray(0, data.length / 2), offset, length, ...rest]
  if (typeof data === 'string') return [data.slice(0, data.length / 2), offset, length, ...rest]
  return [data, offset, length, ...rest]
}

syncBuiltinESMExports()
