/** The style of the reference manual (manual.ts): one column of text beside its contents, light or dark as the reader's system is, and fit for paper. */

export const manualStyle = `
:root { color-scheme: light dark; --line: #8885; --soft: #8881; --all: #3a7d4433; --part: #c7922033; --held: #a0405033; --link: light-dark(#0b57a4, #8ec2ff); }
* { box-sizing: border-box; }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); font: 16px/1.55 system-ui, sans-serif; }
header { grid-column: 1 / -1; padding: 1.5rem 2rem 1rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.8rem; } header p { margin: .3rem 0 0; opacity: .75; }
nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 1rem 1rem 2rem 2rem; font-size: .9rem; }
nav ul { list-style: none; margin: 0; padding: 0; } nav li { margin: .25rem 0; } nav small { opacity: .65; }
main { padding: 0 2rem 4rem; max-width: 62rem; min-width: 0; }
h2 { margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); } h3 { margin: 1.6rem 0 .4rem; font-size: 1.05rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre, .encoding, .map { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .88em; }
pre { background: var(--soft); padding: .7rem 1rem; border-radius: 6px; overflow-x: auto; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; vertical-align: top; }
.wide { overflow-x: auto; } .encoding { width: 100%; max-width: 48rem; text-align: center; }
.encoding td { text-align: center; padding: .1rem .3rem .3rem; white-space: nowrap; } .encoding span { display: block; font-size: .75em; opacity: .6; }
.encoding .fixed { background: var(--soft); }
.map td { width: 6.2%; min-width: 4rem; padding: .1rem .25rem; font-size: .8em; } .map th { padding: .1rem .25rem; }
.all { background: var(--all); } .part { background: var(--part); } .reserved { background: var(--held); }
.key { border: 1px solid var(--line); border-radius: 4px; padding: 0 .4rem; font-size: .85em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; font-size: .93rem; } dt { opacity: .7; } dd { margin: 0; }
@media (max-width: 60rem) { body { display: block; } nav { position: static; max-height: 14rem; } }
@media print { nav { display: none; } body { display: block; } article { break-inside: avoid; } }
`
