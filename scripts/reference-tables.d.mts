/** The text of docs/language-reference.md with its tables made anew. */
export function withTables(): string
