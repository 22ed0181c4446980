const light = `
  --ground: #ffffff; --panel: #f6f7f9; --ink: #1b1f24; --quiet: #59636e; --line: #d8dde3; --grid: #e8ebef;
  --model: #0b62c4; --first: #8a5a00; --second: #6b4fa0; --layer: #b0296b; --promotion: #11764a; --good: #11764a; --bad: #b3261e;`
const dark = `
  --ground: #14171b; --panel: #1c2126; --ink: #e4e8ec; --quiet: #9aa5b1; --line: #343c45; --grid: #262c33;
  --model: #6cb2ff; --first: #e0ad4e; --second: #bda3f2; --layer: #ff8fc2; --promotion: #5fd09a; --good: #5fd09a; --bad: #ff8a80;`

/** The page's one style sheet: system fonts, colours by the reader's scheme, dark ones never printed. */
export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
@media print { :root { color-scheme: light; font-size: 11.5px; ${light} } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; -webkit-text-size-adjust: 100% }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line) }
h3 { font-size: .95rem; margin: 1.25rem 0 .25rem } h3 .quiet { font-weight: 400; margin-left: .35rem }
p { margin: .25rem 0 .75rem; max-width: 46rem }
.quiet { color: var(--quiet) }
.verdict { font-size: 1.05rem; margin: 1rem 0 }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .5rem 1rem; margin: 1rem 0 }
dl.facts dt { color: var(--quiet); font-size: .8rem }
dl.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .75rem }
.tile { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem .9rem }
.tile b { display: block; font-size: 1.9rem; line-height: 1.15; font-weight: 600; font-variant-numeric: tabular-nums }
.tile .name { color: var(--quiet); font-size: .85rem }
.tile table { margin: .4rem 0 0; font-size: .85rem }
.tile td { border: 0; padding: 0 .5rem 0 0; color: var(--quiet); white-space: nowrap }
.tile td + td { text-align: right; padding: 0 0 0 .5rem }
.good { color: var(--good) } .bad { color: var(--bad) }
.scroll { overflow-x: auto; max-width: 100% }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
.scroll > table { font-size: .85rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--grid) }
th { color: var(--quiet); font-weight: 500; white-space: nowrap; border-bottom-color: var(--line) }
td.number, th.number { text-align: right; white-space: nowrap }
td.nowrap { white-space: nowrap }
td.reason { min-width: 18rem }
tfoot td { border-bottom: 0; color: var(--quiet) }
figure { margin: .5rem 0 1rem }
figcaption { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; font-size: .85rem; color: var(--quiet); margin-bottom: .2rem }
.key { white-space: nowrap } .key svg { width: 26px; height: 10px; vertical-align: middle; margin-right: .35rem }
svg { display: block; width: 100%; height: auto; overflow: visible }
.key svg { display: inline-block }
.narrow { display: none }
svg text { fill: var(--quiet); font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-variant-numeric: tabular-nums }
svg text.ink { fill: var(--ink) }
.grid { stroke: var(--grid) } .axis { stroke: var(--line) }
.series { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.model { stroke: var(--model) } .dot.model, .fill.model { fill: var(--model) }
.layer { stroke: var(--layer); stroke-width: 1.5 } .dot.layer { fill: var(--layer) }
.first { stroke: var(--first); stroke-dasharray: 6 4; stroke-width: 1.5 } .dot.first { fill: var(--first) }
.second { stroke: var(--second); stroke-dasharray: 2 4; stroke-width: 1.5 } .dot.second { fill: var(--second) }
.dot { stroke: none }
.promotion { stroke: var(--promotion); stroke-width: 1; stroke-opacity: .6 } text.promotion { fill: var(--promotion); stroke: none; font-size: 11px }
.retrain { stroke: var(--quiet); stroke-width: 1.5 }
.before { fill: var(--panel) }
.hover { fill: transparent } .hover:hover { fill: var(--quiet); fill-opacity: .12 }
.loss { fill: var(--bad) }
details { margin: .75rem 0 } summary { cursor: pointer; color: var(--quiet); font-size: .9rem }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 2rem }
footer { margin-top: 2.5rem; color: var(--quiet); font-size: .85rem }
@media (max-width: 36rem) { .wide { display: none } .narrow { display: block } .tiles { grid-template-columns: 1fr 1fr } .tile b { font-size: 1.5rem } .tile { padding: .6rem .7rem } }
@media (max-width: 24rem) { .tiles { grid-template-columns: 1fr } }
@media print {
  main { max-width: none; padding: 0 } body { font-size: 11px } h2 { break-after: avoid }
  figure, .tile, tr { break-inside: avoid } .scroll { overflow: visible } td.reason { min-width: 0 }
  .wide { display: block } .narrow { display: none }
}
`
