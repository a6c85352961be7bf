/// The script that finds, orders and filters the crystals of a gallery, as pictures or in a table: no library, no network.
///
/// Pictures and rows are the same crystals in the same order; what is known of one stands in the `data-` attributes of its picture.
let galleryTools = """
  "use strict";
  (() => {
    const id = name => document.getElementById(name);
    const cards = id("cards"), listing = id("listing"), body = listing.tBodies[0];
    const rows = [...body.rows];
    const items = [...cards.children].map((card, rank) => ({
      card, row: rows[rank], rank, ...card.dataset,
      number: { energy: card.dataset.energy === "" ? Infinity : Number(card.dataset.energy), group: Number(card.dataset.group), atoms: Number(card.dataset.atoms), rank },
      own: new Set(card.dataset.elements.split(" ")),
      words: [card.dataset.formula, card.dataset.name, card.dataset.symbol, card.textContent].join(" ").toLowerCase(),
    }));
    const wanted = new Set();
    const update = () => {
      const words = id("find").value.toLowerCase().split(/\\s+/).filter(Boolean), order = id("order").value;
      const limit = id("limit") && id("limit").value !== "" ? Number(id("limit").value) : Infinity;
      const compare = (a, b) => order === "formula" ? a.formula.localeCompare(b.formula) : a.number[order] - b.number[order];
      const sorted = [...items].sort((a, b) => compare(a, b) || a.rank - b.rank);
      let shown = 0;
      for (const item of sorted) {
        const isShown = words.every(w => item.words.includes(w)) && [...wanted].every(e => item.own.has(e))
          && (limit === Infinity || item.number.energy <= limit);
        item.card.hidden = item.row.hidden = !isShown;
        shown += isShown ? 1 : 0;
        cards.append(item.card);
        body.append(item.row);
      }
      cards.hidden = id("as-table").checked;
      listing.hidden = !id("as-table").checked;
      id("shown").textContent = shown === items.length ? `${shown} crystals` : `${shown} of ${items.length} crystals`;
    };
    for (const button of document.querySelectorAll("[data-element]")) {
      button.addEventListener("click", () => {
        const element = button.dataset.element;
        if (!wanted.delete(element)) wanted.add(element);
        button.setAttribute("aria-pressed", String(wanted.has(element)));
        update();
      });
    }
    // A point of a hull leads to its crystal, whatever is hidden.
    for (const point of document.querySelectorAll("a[href^='#crystal-']")) {
      point.addEventListener("click", () => {
        id("tools").reset();
        wanted.clear();
        for (const button of document.querySelectorAll("[data-element]")) button.setAttribute("aria-pressed", "false");
        update();
      });
    }
    const system = id("system");
    if (system) {
      const choose = () => {
        for (const hull of document.querySelectorAll("[data-system]")) hull.hidden = hull.dataset.system !== system.value;
      };
      system.addEventListener("input", choose);
      choose();
    }
    id("tools").addEventListener("input", update);
    id("tools").addEventListener("submit", e => e.preventDefault());
    update();
  })();
  """
