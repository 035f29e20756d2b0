/** TypeScript text as JavaScript, for tests that run generated code without writing it to disk. */

import { ts } from 'ts-morph'

export function javascript(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  return outputText
}
