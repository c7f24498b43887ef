/** From the bytecode of walrus-site::site; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import {
  address,
  option,
  u64,
  u256,
  valueArgument,
  vecMap,
  vector,
  type ObjectArgument,
  type ValueArgument,
} from '../../codecs/index.ts'

export interface Site {
  readonly id: string
  readonly name: string
  readonly link: string | null
  readonly imageUrl: string | null
  readonly description: string | null
  readonly projectUrl: string | null
  readonly creator: string | null
}
export const Site: BcsType<Site, Site> = bcs.struct('Site', {
  id: address,
  name: bcs.string(),
  link: option(bcs.string()),
  imageUrl: option(bcs.string()),
  description: option(bcs.string()),
  projectUrl: option(bcs.string()),
  creator: option(bcs.string()),
})
export interface Range {
  readonly start: bigint | null
  readonly end: bigint | null
}
export const Range: BcsType<Range, Range> = bcs.struct('Range', { start: option(u64), end: option(u64) })
export interface Resource {
  readonly path: string
  readonly headers: { readonly key: string; readonly value: string }[]
  readonly blobId: bigint
  readonly blobHash: bigint
  readonly range: Range | null
}
export const Resource: BcsType<Resource, Resource> = bcs.struct('Resource', {
  path: bcs.string(),
  headers: vecMap(bcs.string(), bcs.string()),
  blobId: u256,
  blobHash: u256,
  range: option(Range),
})
export interface ResourcePath {
  readonly path: string
}
export const ResourcePath: BcsType<ResourcePath, ResourcePath> = bcs.struct('ResourcePath', {
  path: bcs.string(),
})
export interface Routes {
  readonly routeList: { readonly key: string; readonly value: string }[]
}
export const Routes: BcsType<Routes, Routes> = bcs.struct('Routes', {
  routeList: vecMap(bcs.string(), bcs.string()),
})
/** Calls `site::new_site(String, Metadata, &mut TxContext)`. */
export function newSite(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::new_site`,
    arguments: [valueArgument<string>(transaction, bcs.string(), value1), transaction.object(metadata)],
  })
}
/** Calls `site::update_name(&mut Site, String)`. */
export function updateName(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::update_name`,
    arguments: [transaction.object(site), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `site::update_metadata(&mut Site, Metadata)`. */
export function updateMetadata(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::update_metadata`,
    arguments: [transaction.object(site), transaction.object(metadata)],
  })
}
/** Calls `site::burn(Site)`. */
export function burn(transaction: Transaction, packageId: string, site: ObjectArgument): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::site::burn`, arguments: [transaction.object(site)] })
}
/** Calls `site::set_suins_reverse_lookup(&mut Site, &mut SuiNS, String)`. */
export function setSuinsReverseLookup(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  suiNS: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::set_suins_reverse_lookup`,
    arguments: [
      transaction.object(site),
      transaction.object(suiNS),
      valueArgument<string>(transaction, bcs.string(), value1),
    ],
  })
}
/** Calls `site::new_range_option(Option<u64>, Option<u64>)`. */
export function newRangeOption(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<bigint | null>,
  value2: ValueArgument<bigint | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::new_range_option`,
    arguments: [
      valueArgument<bigint | null>(transaction, option(u64), value1),
      valueArgument<bigint | null>(transaction, option(u64), value2),
    ],
  })
}
/** Calls `site::new_range(Option<u64>, Option<u64>)`. */
export function newRange(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<bigint | null>,
  value2: ValueArgument<bigint | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::new_range`,
    arguments: [
      valueArgument<bigint | null>(transaction, option(u64), value1),
      valueArgument<bigint | null>(transaction, option(u64), value2),
    ],
  })
}
/** Calls `site::new_resource(String, u256, u256, Option<Range>)`. */
export function newResource(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
  value2: ValueArgument<bigint>,
  value3: ValueArgument<bigint>,
  value4: ValueArgument<Range | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::new_resource`,
    arguments: [
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<bigint>(transaction, u256, value2),
      valueArgument<bigint>(transaction, u256, value3),
      valueArgument<Range | null>(transaction, option(Range), value4),
    ],
  })
}
/** Calls `site::add_header(&mut Resource, String, String)`. */
export function addHeader(
  transaction: Transaction,
  packageId: string,
  resource: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::add_header`,
    arguments: [
      transaction.object(resource),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<string>(transaction, bcs.string(), value2),
    ],
  })
}
/** Calls `site::add_resource(&mut Site, Resource)`. */
export function addResource(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  resource: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::add_resource`,
    arguments: [transaction.object(site), transaction.object(resource)],
  })
}
/** Calls `site::remove_resource(&mut Site, String)`. */
export function removeResource(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::remove_resource`,
    arguments: [transaction.object(site), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `site::remove_resource_if_exists(&mut Site, String)`. */
export function removeResourceIfExists(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::remove_resource_if_exists`,
    arguments: [transaction.object(site), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `site::move_resource(&mut Site, String, String)`. */
export function moveResource(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::move_resource`,
    arguments: [
      transaction.object(site),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<string>(transaction, bcs.string(), value2),
    ],
  })
}
/** Calls `site::create_routes(&mut Site)`. */
export function createRoutes(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::create_routes`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::fill_routes(&mut Site, vector<String>, vector<String>)`. */
export function fillRoutes(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string[]>,
  value2: ValueArgument<string[]>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::fill_routes`,
    arguments: [
      transaction.object(site),
      valueArgument<string[]>(transaction, vector(bcs.string()), value1),
      valueArgument<string[]>(transaction, vector(bcs.string()), value2),
    ],
  })
}
/** Calls `site::remove_all_routes_if_exist(&mut Site)`. */
export function removeAllRoutesIfExist(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::remove_all_routes_if_exist`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::insert_route(&mut Site, String, String)`. */
export function insertRoute(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::insert_route`,
    arguments: [
      transaction.object(site),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<string>(transaction, bcs.string(), value2),
    ],
  })
}
/** Calls `site::remove_route(&mut Site, &String)`. */
export function removeRoute(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::remove_route`,
    arguments: [transaction.object(site), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `site::redirects(&Site)`. */
export function redirects(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::redirects`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::create_redirects(&mut Site)`. */
export function createRedirects(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::create_redirects`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::set_redirects(&mut Site, Redirects)`. */
export function setRedirects(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  redirects: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::set_redirects`,
    arguments: [transaction.object(site), transaction.object(redirects)],
  })
}
/** Calls `site::fill_redirects(&mut Site, vector<String>, vector<String>, vector<u16>)`. */
export function fillRedirects(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string[]>,
  value2: ValueArgument<string[]>,
  value3: ValueArgument<number[]>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::fill_redirects`,
    arguments: [
      transaction.object(site),
      valueArgument<string[]>(transaction, vector(bcs.string()), value1),
      valueArgument<string[]>(transaction, vector(bcs.string()), value2),
      valueArgument<number[]>(transaction, vector(bcs.u16()), value3),
    ],
  })
}
/** Calls `site::take_redirects(&mut Site)`. */
export function takeRedirects(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::take_redirects`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::take_redirects_if_exist(&mut Site)`. */
export function takeRedirectsIfExist(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::take_redirects_if_exist`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::insert_redirect(&mut Site, String, String, u16)`. */
export function insertRedirect(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<string>,
  value3: ValueArgument<number>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::insert_redirect`,
    arguments: [
      transaction.object(site),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<string>(transaction, bcs.string(), value2),
      valueArgument<number>(transaction, bcs.u16(), value3),
    ],
  })
}
/** Calls `site::remove_redirect(&mut Site, &String)`. */
export function removeRedirect(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::remove_redirect`,
    arguments: [transaction.object(site), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `site::get_site_name(&Site)`. */
export function getSiteName(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::get_site_name`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::get_site_link(&Site)`. */
export function getSiteLink(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::get_site_link`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::get_site_image_url(&Site)`. */
export function getSiteImageUrl(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::get_site_image_url`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::get_site_description(&Site)`. */
export function getSiteDescription(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::get_site_description`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::get_site_project_url(&Site)`. */
export function getSiteProjectUrl(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::get_site_project_url`,
    arguments: [transaction.object(site)],
  })
}
/** Calls `site::get_site_creator(&Site)`. */
export function getSiteCreator(
  transaction: Transaction,
  packageId: string,
  site: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::site::get_site_creator`,
    arguments: [transaction.object(site)],
  })
}
