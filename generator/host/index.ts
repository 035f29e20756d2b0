/** What a Linux guest needs of the world, from Node: `isagen/node`. */

export { hostFolder } from './folder.ts'
export { type Mapping, type NodeHostOptions, nodeHost } from './node-host.ts'
