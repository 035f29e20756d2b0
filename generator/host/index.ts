/** What engines and Linux guests need of the world, from Node: `isagen/node`. */

export { hostFolder } from './folder.ts'
export { type Mapping, parseMapping } from './mapping.ts'
export { createNodeHost, type NodeHostOptions } from './node-host.ts'
export { enableWasmFeatures } from './wasm-features.ts'
