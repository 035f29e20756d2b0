/** The package's version, as package.json has it, for what is kept from one run for the next: runtimes of other versions may compile otherwise. */

export const VERSION = '0.1.0'
