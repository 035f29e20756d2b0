/** "1 bit", "3 bits", "2 indices": numbers of things in messages. */
export function counted(n: number | bigint, noun: string, plural = `${noun}s`): string {
  return `${n} ${BigInt(n) === 1n ? noun : plural}`
}
