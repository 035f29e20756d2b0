/**
 * The generator as a library, `isagen`: from the texts of spec files to checked machines and the files of their engines. Node only.
 *
 *   const { session, isas, sources } = compile([{ file: 'mycpu.isa', text }])
 *   if (session.errors > 0) throw new Error(render(session.diagnostics, sources))
 *   for (const isa of isas) for (const { path, text } of await emitIsa(isa)) …
 */

export { compile } from './compile.ts'
export { type Code, codes } from './diagnostics/codes.ts'
export { type JsonDiagnostic, type RenderOptions, render, renderJson } from './diagnostics/render.ts'
export type { Diagnostic, Label, Session } from './diagnostics/session.ts'
export { type EmittedFile, emitIsa } from './emit/index.ts'
export type { Expr } from './ir/expr.ts'
export type { Instruction, Isa } from './ir/isa.ts'
export type { Body, Stmt } from './ir/stmt.ts'
