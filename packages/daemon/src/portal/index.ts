/**
 * A portal of Walrus Sites for networks that have none.
 * @module
 */
export { Portal, type PortalDeps, type PortalPage } from './portal.ts'
