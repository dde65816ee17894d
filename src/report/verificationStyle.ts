/** The look of verification figures: cards, panels, choosers and their data; joins the page's style sheet. */
import { divergingStyle } from './divergingSteps.js';

export const verificationStyle = `
:root { --second: #d55e00; --third: #009e73; --fourth: #cc79a7;
  --lead-0: #8fc1e3; --lead-1: #3f8fc4; --lead-2: #1d5c96; --lead-3: #0b2c56;
  --event-0: #1e5f9d; --event-1: #6aa6cc; --event-2: #dd8a5a; --event-3: #a63d00; }
@media (prefers-color-scheme: dark) { :root { --second: #f0863a; --third: #2fc79a; --fourth: #e09cc2;
  --lead-0: #2f6ea3; --lead-1: #5a9fd4; --lead-2: #95c8ec; --lead-3: #dcedfa;
  --event-0: #5aa5e0; --event-1: #a9cfea; --event-2: #f2bd98; --event-3: #ea7a3c; } }
figure, .views, .view, .day { min-width: 0; }
h4 { font-size: 15px; font-weight: 620; margin: 0; }
.plot h4 + p, .panel-row > p.quiet { font-size: 14px; margin: 2px 0 8px; }
p.data, .charts figure p.data { font-size: 12.5px; color: var(--quiet); margin: 6px 0 0; } .data a { color: inherit; text-underline-offset: 2px; }
.data a:hover, .data a:focus-visible { color: var(--ink); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--truth); outline-offset: 2px; }
.views { flex: 0 0 100%; min-width: 0; margin-top: 6px; } .view { display: none; }
.panel-row { margin: 22px 0 0; } .panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(235px, 1fr)); gap: 14px 18px; }
.squares { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 18px; margin-top: 22px; }
.squares figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 14px 8px; display: flex; flex-direction: column; }
.squares .scroll { margin-top: auto; } .squares .legend { flex-direction: column; margin-bottom: 6px; }
.charts figure.plot .scroll { margin-top: auto; }
.card { width: auto; border-collapse: separate; border-spacing: 2px; } .card td, .card th { border: 0; }
.card td { border-radius: 4px; padding: 4px 3px; min-width: 64px; } .card td, .card th[scope="row"] { vertical-align: middle; } .card thead th { padding: 0 3px 2px; } caption { max-width: min(76ch, calc(100vw - 40px)); white-space: normal; } .card { min-width: min(430px, 100%); }
.card .mark { display: inline-block; width: 1.1em; font-size: 10px; margin-left: 2px; vertical-align: 1px; }
.card .step-0 { background: var(--line); }
.steps { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; font-size: 12px; font-variant-numeric: tabular-nums; margin: 8px 0 0; color: var(--quiet); max-width: none; }
.steps span { padding: 1px 6px; border-radius: 3px; min-width: 40px; text-align: center; } .steps .side { padding: 0 6px; min-width: 0; }
${divergingStyle()}
.marks { font-size: 13.5px; margin: 8px 0 0; } .note { font-size: 14.5px; max-width: 80ch; }
.strip { display: flex; gap: 2px; font-size: 14px; } .strip span { flex-basis: 0; min-width: 64px; padding: 8px 10px; border-radius: 4px; overflow-wrap: anywhere; line-height: 1.3; }
.strip .train { background: var(--ensemble); color: var(--paper); } .strip .validate { background: var(--second); color: var(--paper); } .strip .test { background: var(--line); } .strip .unused { color: var(--quiet); border: 1px dashed var(--line); } .strip b { font-weight: 620; }
.recipe { width: auto; } .recipe td { text-align: left; white-space: normal; max-width: 30ch; padding-right: 24px; } .recipe th[scope="row"] { white-space: normal; padding-right: 24px; } .recipe thead th { text-align: left; }
.kept { width: auto; } .kept td, .kept thead th { padding-right: 20px; }
details.channel > summary h2 { display: inline; } details.channel { margin-top: 40px; }
section.channel > h2, details.channel > summary { scroll-margin-top: 12px; }
@media (max-width: 860px) { .panels { grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); } }
@media (max-width: 520px) { .charts .plot svg.chart { min-width: 420px; } .charts figure, .squares figure { padding: 12px 12px 8px; }
  .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; } .panels svg.chart { font-size: 16px; } .squares { grid-template-columns: minmax(0, 1fr); } .squares svg.chart { font-size: 12px; }
  .card td { min-width: 46px; } .card th[scope="row"] { white-space: normal; min-width: 92px; padding-right: 8px; } .steps span { min-width: 34px; padding: 1px 3px; } }
@media print { p.data, .charts figure p.data { display: none; } .charts, .panels, .squares { gap: 10px; } .charts figure.plot, .squares figure { border-color: #ccc; }
  .charts { grid-template-columns: repeat(2, 1fr); } .panels { grid-template-columns: repeat(4, 1fr); } .squares { grid-template-columns: repeat(4, 1fr); } .maps { grid-template-columns: repeat(4, 1fr); }
  /* Paper shows what is open, and the numbers of the first channel. */
  details.numbers::details-content { content-visibility: visible; block-size: auto; } details:not([open], .numbers) { display: none; }
  details.numbers { border: 0; margin-top: 10px; padding: 0; } details > summary { list-style: none; break-after: avoid; }
  body { font-size: 13px; } p { margin: 4px 0 8px; } .note, .card-box p { font-size: 12.5px; } .cards, .day { grid-template-columns: repeat(2, 1fr); gap: 10px; } .fans { grid-template-columns: repeat(4, 1fr); gap: 10px; }
  .fans svg.chart { font-size: 15px; } .card-box { padding: 10px 14px 2px; } h1 { font-size: 26px; } h2 { font-size: 18px; } .card-box h2 { margin: 0 0 4px; font-size: 15px; } .facts dt { font-size: 10.5px; } .facts dd { font-size: 12px; }
  dl.words { grid-template-columns: 130px 1fr; gap: 4px 14px; font-size: 11px; } dl.words dd { margin: 0; } dl.words dt { break-after: avoid; }
  #scorecard-section { break-inside: avoid; } .charts figure p.legend { font-size: 10.5px; }
  .panel-row, .fans, .fans figure, .cards, .card, .squares, .maps, dl.words div, dl.facts { break-inside: avoid; } .field header, .panel-row > p, figcaption, caption, thead, .chooser label { break-after: avoid; } h3, h4 { break-after: avoid; } h4 { font-size: 12.5px; } .plot h4 + p, .panel-row > p.quiet, .charts figure p.quiet, .legend, figcaption, .marks { font-size: 10.5px; line-height: 1.35; }
  .charts svg.chart { font-size: 13px; } .panels svg.chart, .squares svg.chart { font-size: 15px; } .field header p { font-size: 10.5px; } .charts figure, .squares figure { padding: 8px 10px 6px; }
  .kept, .recipe { font-size: 10px; } .kept td, .kept thead th { padding-right: 9px; } .kept th { white-space: normal; } .recipe td, .recipe th[scope="row"] { padding-right: 10px; } .strip { font-size: 11px; }
  .scores { font-size: 9.5px; } .scores td, .scores th { white-space: normal; padding: 3px 5px 3px 0; } .scores td .ci { font-size: 8px; } .differences { font-size: 10px; } .differences td.verdict { padding-right: 8px; }
  .card td { min-width: 0; padding: 3px 4px; } .card th[scope="row"] { padding-right: 8px; } .steps span { min-width: 34px; padding: 1px 3px; }
  :root { --second: #d55e00; --third: #009e73; --fourth: #cc79a7; --lead-0: #8fc1e3; --lead-1: #3f8fc4; --lead-2: #1d5c96; --lead-3: #0b2c56;
    --event-0: #1e5f9d; --event-1: #6aa6cc; --event-2: #dd8a5a; --event-3: #a63d00; } }
`;
