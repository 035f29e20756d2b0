/**
 * Takes the types off a generated file, and makes './x.ts' './x.js' in its imports: TypeScript's own transpiler, which ts-morph brings. In: TypeScript.
 * Out: the JavaScript that tsc would write for it.
 */

export async function stripTypes(text: string): Promise<string> {
  const { ts } = await import('ts-morph')
  return ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText
}
