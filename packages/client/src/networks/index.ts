export {
  contractsDigest,
  loadDescriptor,
  NetworkError,
  parseDescriptor,
  type NetworkDescriptor,
} from './descriptor.ts'
export { connect, takeFromFaucet, type Network } from './network.ts'
