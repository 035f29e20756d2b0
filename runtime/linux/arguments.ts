/**
 * Arguments of system calls: registers arrive as unsigned bigints of the guest's word; these read them as the C types of the kernel's prototypes.
 * Addresses and sizes become numbers: what does not fit in memory fails later with EFAULT whatever its exact value.
 */

export type Arguments = readonly [bigint, bigint, bigint, bigint, bigint, bigint]

/** int. */
export const int = (value: bigint): number => Number(BigInt.asIntN(32, value))
/** unsigned int, and flags. */
export const uint = (value: bigint): number => Number(BigInt.asUintN(32, value))
/** A pointer or a size_t, unsigned. Not exact above 2^53, where nothing can be. */
export const word = (value: bigint): number => Number(value)
/** loff_t and the like on a 64-bit architecture. */
export const signed = (value: bigint): number => Number(BigInt.asIntN(64, value))
/** A loff_t in two registers of a 32-bit architecture, low half first. */
export const pair = (low: bigint, high: bigint): number => Number(BigInt.asIntN(64, (high << 32n) | low))
