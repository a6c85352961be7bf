/// The style sheet of the report: one column of text width, light and dark, and print.
let reportStyle = """
  :root {
    --paper: #fdfcf9; --ink: #1f2328; --faint: #6b6f76; --rule: #dfdcd3; --reference: #bdb8ab;
    --run-0: #2f5f8f; --run-1: #b4632a; --run-2: #4c7d5b; --run-3: #7d5a91; --edge: #8a8f98;
    --energy-0: #1a7a3c; --energy-1: #6fae3d; --energy-2: #e0b13a; --energy-3: #d9772f; --energy-4: #b3312c;
    color-scheme: light dark;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --paper: #16181b; --ink: #e4e2dc; --faint: #9a9c9f; --rule: #33363b; --reference: #6a675f;
      --run-0: #7fb0dd; --run-1: #e09a63; --run-2: #86bd96; --run-3: #b795cb; --edge: #7c8088;
    }
  }
  * { box-sizing: border-box; }
  html { background: var(--paper); color: var(--ink); }
  body {
    max-width: 62rem; margin: 0 auto; padding: 3rem 1.5rem 4rem;
    font: 16px/1.5 Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif;
  }
  h1 { font-size: 1.9rem; font-weight: 600; line-height: 1.2; margin: 0 0 .3rem; }
  h2 { font-size: 1.15rem; font-weight: 600; margin: 2.8rem 0 .7rem; padding-top: .6rem; border-top: 1px solid var(--rule); }
  h3 { font-size: .95rem; font-weight: 600; margin: 1.2rem 0 .4rem; }
  p { max-width: 44rem; margin: .4rem 0; }
  .faint, figcaption, .note { color: var(--faint); font-size: .88rem; }
  .key { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; margin: .8rem 0 0; padding: 0; list-style: none; font-size: .88rem; }
  .key i { display: inline-block; width: .8rem; height: .8rem; margin-right: .45rem; vertical-align: -1px; }
  .crystal:target { border-color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
  .headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem 1.5rem; margin: 1.6rem 0 0; }
  .headline div { border-top: 2px solid var(--run-0); padding-top: .35rem; }
  .headline b { display: block; font-size: 1.55rem; font-weight: 600; line-height: 1.2; font-variant-numeric: lining-nums tabular-nums; }
  .headline span { color: var(--faint); font-size: .85rem; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: lining-nums tabular-nums; }
  th, td { padding: .26rem .6rem .26rem 0; text-align: left; vertical-align: baseline; }
  th { font-weight: 600; }
  td + td, th + th { text-align: right; padding-left: 1rem; }
  thead th { border-bottom: 1px solid var(--ink); }
  tbody th { padding-top: 1rem; font-style: italic; font-weight: 400; color: var(--faint); border-bottom: 1px solid var(--rule); }
  tbody + tbody tr:first-child th { padding-top: 1.1rem; }
  td small { color: var(--faint); font-size: .8rem; white-space: nowrap; margin-left: .35rem; }
  .worth { margin-top: 1.3rem; }
  td .meaning { display: block; max-width: 30rem; color: var(--faint); font-size: .82rem; line-height: 1.35; }
  a.term { color: inherit; text-decoration: underline dotted var(--faint); }
  a.term:hover, a.term:focus-visible { text-decoration: underline; }
  .hull svg { max-width: 44rem; }
  .hull[hidden] { display: none; }
  .hull a:focus-visible circle { stroke-width: 3px !important; }
  .glossary dt { font-weight: 600; margin-top: .7rem; }
  .glossary dd { margin: 0; max-width: 46rem; font-size: .92rem; }
  .glossary dt:target, .glossary dt:target + dd { background: var(--rule); }
  .origin { margin: .2rem 0 .6rem; padding-left: 1.4rem; font-size: .82rem; color: var(--faint); }
  .origin code { overflow-wrap: anywhere; }
  td.published { color: var(--faint); }
  table.narrow { font-size: .85rem; }
  table.narrow th, table.narrow td { padding-left: .45rem; padding-right: 0; }
  table.narrow td { white-space: nowrap; }
  table.narrow td small { display: block; margin-left: 0; }
  table.narrow th:first-child, table.narrow td:first-child { padding-left: 0; }
  figure { margin: 0 0 1.2rem; }
  svg { display: block; width: 100%; height: auto; font-family: inherit; }
  .pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem 1.6rem; }
  .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: 1.1rem; }
  .crystal { margin: 0; break-inside: avoid; border: 1px solid var(--rule); border-radius: 3px; padding: .5rem .7rem .6rem; }
  .crystal canvas { display: block; width: 100%; aspect-ratio: 1; cursor: grab; touch-action: none; }
  .crystal canvas:active { cursor: grabbing; }
  .crystal canvas:focus-visible { outline: 2px solid var(--run-0); }
  .crystal b { font-size: 1.05rem; font-weight: 600; }
  .crystal figcaption { line-height: 1.4; color: var(--faint); }
  .crystal figcaption b { color: var(--ink); }
  .crystal a { float: right; }
  .crystal[hidden], .gallery[hidden] { display: none; }
  .legend { color: var(--faint); font-size: .82rem; white-space: nowrap; }
  .legend i { display: inline-block; width: .62rem; height: .62rem; border-radius: 50%; border: 1px solid var(--edge); margin: 0 .25rem 0 .15rem; }
  .tools { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; align-items: baseline; margin: 1.2rem 0; font-size: .9rem; }
  .tools input, .tools select, .tools button { font: inherit; color: inherit; background: transparent; border: 1px solid var(--rule); border-radius: 3px; padding: .1rem .4rem; }
  .tools option { color: initial; }
  .tools input[type=number] { width: 5.5rem; }
  .elements { flex-basis: 100%; display: grid; grid-template-columns: repeat(18, minmax(0, 1fr)); grid-auto-rows: 1.95rem; gap: 2px; max-width: 58rem; }
  .elements span, .elements button { display: flex; align-items: baseline; justify-content: space-between; padding: .15rem .25rem; font-size: .8rem; line-height: 1.5; overflow: hidden; }
  .elements span { color: var(--reference); }
  .tools .elements button { cursor: pointer; border-color: transparent; background: color-mix(in srgb, var(--run-0) var(--share), var(--paper)); }
  .elements small { font-size: .68rem; }
  .tools .elements button:hover, .tools .elements button:focus-visible { border-color: var(--ink); }
  .tools .elements button[aria-pressed=true] { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink); font-weight: 700; }
  .listing td, .listing th { text-align: left; }
  .listing td:nth-child(9) { white-space: normal; min-width: 14rem; }
  footer { margin-top: 2.5rem; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
  a { color: var(--run-0); text-underline-offset: 2px; }
  @media (max-width: 48rem) { .elements small { display: none; } .elements button, .elements span { justify-content: center; padding: .15rem 0; } }
  @media (max-width: 40rem) { .pair { grid-template-columns: 1fr; } body { padding: 1.5rem 1rem; } }
  @media print {
    @page { margin: 16mm; }
    :root {
      --paper: #fff; --ink: #000; --faint: #555; --rule: #ccc; --reference: #bbb;
      --run-0: #2f5f8f; --run-1: #b4632a; --run-2: #4c7d5b; --run-3: #7d5a91; --edge: #777;
    }
    body { padding: 0; max-width: none; font-size: 10pt; }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    h2, h3 { break-after: avoid; }
    figure, tr, .headline div { break-inside: avoid; }
    .scroll { overflow: visible; }
    table { font-size: 8.5pt; }
    table.narrow { font-size: 6.8pt; }
    table.narrow th, table.narrow td { padding-left: .3rem; }
    .gallery { grid-template-columns: repeat(4, 1fr); gap: .5rem; }
    .crystal a, .tools { display: none; }
  }
  """
