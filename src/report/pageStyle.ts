/** The page's look: one style sheet, light and dark, screen and paper. Colours of models: Okabe & Ito 2008. */
export const pageStyle = `
:root { color-scheme: light dark;
  --paper: #fcfcfa; --card: #ffffff; --ink: #1d2329; --quiet: #66707a; --line: #e2e4e3; --land: #10161c;
  --ensemble: #0072b2; --regression: #d55e00; --climatology: #767f87; --persistence: #009e73;
  --epistemic: #cc79a7; --aleatoric: #0072b2; --good: #00674b; --bad: #b04a00; --truth: #d55e00; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #12161a; --card: #191e23; --ink: #e4e7e9; --quiet: #97a1aa; --line: #2c333a; --land: #05080a;
  --ensemble: #56b4e9; --regression: #f0863a; --climatology: #a5aeb6; --persistence: #2fc79a;
  --epistemic: #e09cc2; --aleatoric: #56b4e9; --good: #4fd0a8; --bad: #f0a060; --truth: #f0863a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 72px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.015em; font-weight: 650; margin: 0 0 6px; }
h2 { font-size: 21px; letter-spacing: -0.01em; font-weight: 620; margin: 56px 0 4px; }
h3 { font-size: 16px; font-weight: 620; margin: 0; }
p { max-width: 72ch; margin: 6px 0 14px; }
.over { color: var(--quiet); font-size: 14px; margin: 0 0 10px; }
.key { font-size: 19px; line-height: 1.5; max-width: 66ch; margin: 18px 0 26px; padding-left: 16px; border-left: 3px solid var(--ensemble); }
.quiet, figcaption, caption, .ci { color: var(--quiet); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px 28px; margin: 0;
  padding: 18px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
.facts dt { color: var(--quiet); font-size: 13px; } .facts dd { margin: 0; font-size: 15px; overflow-wrap: anywhere; }
.field { margin: 26px 0 0; }
.field header { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: 4px 24px; margin-bottom: 8px; }
.field header p { margin: 0; font-size: 14px; }
.maps { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; }
.charts { display: grid; grid-template-columns: repeat(2, 1fr); gap: 20px; margin-top: 16px; }
.ranks { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px 18px; margin-top: 14px; }
figure { margin: 0; } figcaption { font-size: 13.5px; margin-bottom: 3px; }
.charts figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 16px 8px; display: flex; flex-direction: column; }
.charts svg.chart { margin-top: auto; }
.charts figure p { font-size: 14px; margin: 2px 0 6px; }
svg.map, svg.chart { display: block; width: 100%; height: auto; }
svg.chart { font-size: 11px; color: var(--ink); overflow: visible; }
svg.bar { width: 330px; max-width: 100%; height: auto; } svg.bar text { font-size: 10.5px; fill: var(--quiet); text-anchor: middle; font-variant-numeric: tabular-nums; }
svg.bar .unit { text-anchor: start; }
.map .coast { fill: none; stroke: #fff; stroke-opacity: 0.9; stroke-width: 0.9; stroke-linejoin: round; }
.map .graticule { fill: none; stroke: #fff; stroke-opacity: 0.16; stroke-width: 0.6; }
.map .outline { fill: none; stroke: var(--quiet); stroke-opacity: 0.55; stroke-width: 1; }
.map.lined .bands path { stroke: #0b0f14; stroke-opacity: 0.55; stroke-width: 0.55; }
.globe path { vector-effect: non-scaling-stroke; }
.globe .isolines { fill: none; stroke: #fff; stroke-opacity: 0.75; stroke-width: 0.8; }
.probability .isolines { stroke: #111; stroke-opacity: 0.95; stroke-width: 1.3; }
.globe .graticule { stroke: #888; stroke-opacity: 0.35; stroke-width: 0.5; } .pale .coast { stroke: #222; stroke-opacity: 0.6; }
.globe .member-mark { fill: #fff; fill-opacity: 0.35; stroke: #fff; stroke-width: 1.4; }
.globe .truth-mark { fill: none; stroke: #fff; stroke-width: 4; }
.strands path { fill: none; stroke: var(--ensemble); stroke-width: 0.7; stroke-opacity: 0.5; }
.truth-line { fill: none; stroke: var(--truth); stroke-width: 2; }
.cards { display: grid; grid-template-columns: repeat(2, 1fr); gap: 16px; margin: 26px 0 8px; }
.card-box { background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--ensemble); border-radius: 8px; padding: 16px 20px 8px; }
.card-box h2 { margin: 0 0 6px; font-size: 17px; } .card-box p { margin: 0 0 10px; font-size: 15px; line-height: 1.5; } .card-box p.quiet { font-size: 13px; }
.happened { color: var(--bad); } .happened::before { content: '→ '; }
.chooser { display: flex; flex-wrap: wrap; gap: 6px; }
.chooser input { position: absolute; opacity: 0; pointer-events: none; }
.chooser label { border: 1px solid var(--line); border-radius: 999px; padding: 2px 12px; font-size: 13.5px; cursor: pointer; background: var(--card); }
.chooser input:checked + label { background: var(--ensemble); border-color: var(--ensemble); color: var(--paper); }
.chooser input:focus-visible + label { outline: 2px solid var(--truth); outline-offset: 2px; }
.days { flex: 0 0 100%; margin-top: 8px; } .day { display: none; grid-template-columns: repeat(2, 1fr); gap: 14px; } .day.alone { grid-template-columns: 1fr; }
.fans { display: grid; grid-template-columns: repeat(4, 1fr); gap: 22px; margin-top: 12px; } .fans h3 { margin-bottom: 4px; } .fans h3 .quiet { font-weight: 400; font-size: 14px; }
.fans figcaption { margin: 8px 0 0; font-size: 12.5px; } .fans svg.chart { font-size: 10px; }
.above { margin-top: 34px; } .above + .charts { margin-top: 10px; }
.card td { text-align: center; padding: 5px 4px; border: 2px solid var(--paper); border-radius: 6px; min-width: 44px; } .card td.below { color: var(--bad); } .card thead th { text-align: center; } .card th[scope="row"] { padding-right: 18px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13.5px; margin: 0; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; margin-top: 10px; width: 100%; }
caption { text-align: left; padding-bottom: 8px; }
th, td { text-align: right; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th { font-weight: 500; } th[scope="row"], thead th:first-child, .metric th { text-align: left; }
thead th { color: var(--quiet); font-size: 13px; }
.metric th { padding-top: 16px; font-weight: 620; }
.scores td .ci { display: block; font-size: 11.5px; }
.differences .ci { font-size: 12.5px; } .differences th[colspan] { text-align: left; padding-left: 28px; }
.differences { width: auto; } .differences td.verdict { text-align: left; font-size: 13px; padding-right: 20px; } .differences th[scope="row"] { padding-right: 28px; }
.verdict.better { color: var(--good); font-weight: 600; } .verdict.worse { color: var(--bad); font-weight: 600; } .verdict.no-evidence { color: var(--quiet); }
.scroll { overflow-x: auto; }
details { margin-top: 18px; border-top: 1px solid var(--line); padding-top: 10px; } summary { cursor: pointer; font-weight: 620; }
pre { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-x: auto; }
dl.words { display: grid; grid-template-columns: minmax(130px, max-content) 1fr; gap: 6px 20px; font-size: 14.5px; } dl.words dt { font-weight: 600; } dl.words dd { margin: 0; max-width: 76ch; }
footer { margin-top: 56px; color: var(--quiet); font-size: 13.5px; }
@media (max-width: 860px) { main { padding: 28px 16px 48px; } h1 { font-size: 27px; } .key { font-size: 17px; }
  .maps, .fans { grid-template-columns: repeat(2, 1fr); } .charts, .cards, .day { grid-template-columns: 1fr; } dl.words { grid-template-columns: 1fr; gap: 0; } dl.words dd { margin-bottom: 8px; } }
@media print { @page { margin: 14mm; } :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #111; --quiet: #555; --line: #ddd;
  --ensemble: #0072b2; --regression: #d55e00; --climatology: #767f87; --persistence: #009e73; --epistemic: #cc79a7; --aleatoric: #0072b2; --good: #00674b; --bad: #b04a00; --truth: #d55e00; }
  main { padding: 0; max-width: none; } h2 { break-after: avoid; margin-top: 28px; } .field, figure, tbody { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .scroll { overflow: visible; } .chooser input:not(:checked) + label { display: none; } .chooser input:checked + label { background: none; border: 0; padding: 0; color: var(--quiet); }
  .chooser input:checked + label::before { content: 'shown: '; } table { font-size: 11px; } th, td { padding-right: 7px; } }
`;
