/**
 * Habits from other languages, and marks that are easily forgotten: what stands where the parser stopped, and what is
 * said about it. The first that fits is taken; hints.ts asks this table before all else.
 */

/**
 * One habit. `before` must match the text up to the failure, `at` the text from there. The caret stands under the
 * match of the last group named `here`, or else under what `at` matched.
 */
export interface Habit {
  readonly before?: RegExp
  readonly at?: RegExp
  readonly message: string
  readonly help?: string | ((here: string, at: string) => string)
}

export const habits: readonly Habit[] = [
  { at: /^:=/, message: 'assignment is `=`', help: '=' },
  {
    at: /^(\+|-|\*|\/|%|&|\||\^|<<|>>)=/,
    before: /(?<here>[\w.']+(\[[^\]\n]*\])?)\s*$/,
    message: 'there is no compound assignment',
    help: (place, operator) => `${place} = ${place} ${operator.slice(0, -1)} …`,
  },
  { at: /^&&/, message: '`&&` is written `and`', help: 'and' },
  { at: /^\|\|/, message: '`||` is written `or`', help: 'or' },
  { at: /^!(?!=)/, message: '`!` is written `not`', help: 'not' },
  { at: /^\?/, message: 'a choice is written with `if`', help: 'if CONDITION { a } else { b }' },
  { at: /^===?/, before: /=\s*$|==$/, message: 'comparison is `==`', help: '==' },
  { at: /^>>>/, message: '`>>` shifts in zeros, `>>s` the sign', help: '>>s' },
  { at: /^\*\*/, message: 'there is no power operator', help: '1 << n' },
  {
    before: /(?<here>(<=|>=|>>|<|>|\/|%)u)\s+$/,
    at: /^[\w(~-]/,
    message: 'operators without a mark are unsigned',
    help: (found) => found.slice(0, -1),
  },
  {
    before: /(?<here>\b(elif|elsif|elseif))\s+$/,
    message: 'a further condition is `else if`',
    help: 'else if',
  },
  { at: /^(elif|elsif|elseif)\b/, message: 'a further condition is `else if`', help: 'else if' },
  {
    before: /(?<here>\bwhile)\s+[^;\n{}]*$/,
    message: 'there is no `while`: what repeats has a bound',
    help: 'for i in 0..16 { … }',
  },
  { before: /\bif\b[^;\n{}]*$/, at: /^(then|:)/, message: 'what `if` does stands in { }', help: 'if CONDITION { … }' },
  {
    before: /\b(if|match|when)\b[^;\n{}]*$/,
    at: /^=(?![=>])/,
    message: '`=` assigns; comparison is `==`',
    help: '==',
  },
  { at: /^->/, before: /\)\s*$/, message: 'the type of a result follows `:`', help: ': b8' },
  { at: /^->/, message: '`->` is written `=>`', help: '=>' },
  { at: /^:/, before: /\bmatch\b[^;]*[{;\n]\s*[^;{}\n]+$/, message: 'an arm is written with `=>`', help: '=>' },
  { at: /^\/\*/, message: 'a comment starts with `//` and ends with its line', help: '//' },
  { at: /^#/, message: 'a comment starts with `//`', help: '//' },
  { at: /^@/, message: '`@` has no meaning here' },
  {
    before: /\b(asm|name|is|names|also)\s*$/,
    at: /^[^"\s]/,
    message: 'a template stands in quotes',
    help: '"{rd}, {rs1}"',
  },
  {
    before: /\b(alias|pseudo|fuse|test)\s*$/,
    at: /^[^"\s]/,
    message: 'an instruction stands in quotes',
    help: '"nop"',
  },
  { before: /\b(exec|read|missing)\s*$/, at: /^[^{]/, message: 'code stands in { }', help: '{ … }' },
  { at: /^0[bB]\w*/, message: 'this is not a binary number', help: '0b101' },
  { at: /^0[xX]\w*/, message: 'this is not a hexadecimal number', help: '0xFF' },
  {
    at: /^[0-9a-fA-F]+[hH]\b/,
    message: 'a hexadecimal number starts with 0x',
    help: (found) => `0x${found.slice(0, -1)}`,
  },
  { at: /^\$[0-9a-fA-F]+/, message: 'a hexadecimal number starts with 0x', help: (found) => `0x${found.slice(1)}` },
  { at: /^\+\+/, message: 'there is no `++`', help: 'a = a + 1' },
  {
    before: /\bfor\s+(?<here>\w+\s*)$/,
    at: /^=/,
    message: 'a loop runs over a range',
    help: (name) => `for ${name.trim()} in 0..16 { … }`,
  },
  { before: /\bin\b[^;\n{}]*$/, at: /^(to|until|upto)\b/, message: 'a range is written with `..`', help: '0..16' },
  {
    before: /\bif\s*\([^;\n{}]*\)\s*$/,
    at: /^\w/,
    message: 'what `if` does stands in { }',
    help: 'if CONDITION { … }',
  },
  { before: /^on\s+\w+\s*$/, at: /^if\b/, message: 'the condition of an event follows `when`', help: 'when' },
  { before: /^vectors\b[\s\S]*$/, at: /^:/, message: 'a key and its place are joined by `=`', help: 'KEY = PLACE' },
  { before: /=>[^;\n]*$/, at: /^,/, message: 'arms are separated by `;` or the end of a line', help: ';' },
  {
    before: /:\s*$/,
    at: /^\d+\b/,
    message: 'a type is `b` and its width in bits',
    help: (_here, digits) => `b${digits}`,
  },
  {
    before: /^(override\s+)?fn\b[^{]*[(,]\s*(?<here>[\w']+\s+)$/,
    at: /^[\w(]/,
    message: 'the type of a parameter follows `:`',
    help: (name) => `${name.trim()} : b8`,
  },
  {
    before: /^(override\s+)?operand\b[^{=]*[(,]\s*(?<here>[\w']+\s+)$/,
    at: /^\d+/,
    message: 'the width of a field follows `:`',
    help: (name, width) => `${name.trim()}:${width}`,
  },
  {
    before: /\benc\b[^;\n{}]*\s(?<here>(asm|exec|name|when|value|cycles|rows|let|is)\s+)$/,
    at: /^["{\w]/,
    message: 'a clause ends with `;` or its line',
    help: (clause) => `; ${clause.trim()}`,
  },
  {
    before: /["}]\s+$/,
    at: /^(enc|asm|exec|name|when|value|cycles|rows|is|read|write|test|bits|reset)\b/,
    message: 'a clause ends with `;` or its line',
    help: (_here, clause) => `; ${clause}`,
  },
  { at: /^\n\s*\{/, message: 'an opening bracket stands on the line of what it belongs to', help: '{' },
  {
    before: /(\b(jump|call|return|cycles|if|match|when|value|in|and|or|not)|[-+*/%&|^=<>])\s*$/,
    at: /^([)\]},;]|$)/,
    message: 'a value is missing here',
  },
  { before: /\btrap\s*$/, at: /^[};\n]/, message: 'a trap is named', help: 'trap illegal' },
  {
    before: /[{;\n][^{};\n]*[\w)\]}'][ \t]+$/,
    at: /^[A-Za-z]\w*\s*([.=([]|$)/,
    message: 'a statement ends with `;` or its line',
    help: ';',
  },
]
