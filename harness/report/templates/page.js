"use strict";
// Everything is readable without this file. It adds: detail on hover and focus, its place beside the cell,
// links that open a cell, and the filter.
(() => {
  const marks = JSON.parse(document.getElementById("marks")?.textContent || "{}");
  const cells = [...document.querySelectorAll("button.c")];
  const detail = cell => document.getElementById("p" + cell.id);
  const owner = pop => document.getElementById(pop.id.slice(1));
  const isOpen = pop => pop.matches(":popover-open");
  let pinned = null, timer = 0, hushed = null;

  const place = pop => {
    if (innerWidth <= 640) { pop.style.cssText = ""; return; }
    const at = owner(pop).getBoundingClientRect(), size = pop.getBoundingClientRect();
    const below = at.bottom + 8 + size.height < innerHeight || at.top < size.height + 8;
    const left = Math.max(8, Math.min(at.left, innerWidth - size.width - 16));
    const top = below ? at.bottom + 8 : at.top - size.height - 8;
    pop.style.cssText = `position:fixed;margin:0;inset:auto;left:${left}px;top:${Math.max(8, Math.min(top, innerHeight - size.height - 8))}px`;
  };
  const open = cell => { const pop = detail(cell); if (!isOpen(pop)) pop.showPopover(); place(pop); return pop; };
  const close = cell => { const pop = detail(cell); if (isOpen(pop)) pop.hidePopover(); };
  const pin = cell => {
    const pop = open(cell);
    pinned = cell; pop.inert = false;
    history.replaceState(null, "", "#" + cell.id);
    pop.focus({preventScroll: true});
  };
  const later = (what, delay) => { clearTimeout(timer); timer = setTimeout(what, delay); };

  for (const cell of cells) {
    cell.addEventListener("click", event => {
      event.preventDefault(); clearTimeout(timer);
      if (pinned === cell) close(cell); else pin(cell);
    });
    cell.addEventListener("pointerenter", event => {
      if (event.pointerType === "mouse" && !pinned) later(() => open(cell).inert = false, 150);
    });
    cell.addEventListener("pointerleave", () => { if (pinned !== cell) later(() => close(cell), 250); });
    cell.addEventListener("focus", () => {
      if (cell.matches(":focus-visible") && hushed !== cell && !pinned) open(cell).inert = true;
    });
    cell.addEventListener("blur", () => { hushed = null; if (pinned !== cell && detail(cell).inert) close(cell); });
    const pop = detail(cell);
    pop.addEventListener("pointerenter", () => clearTimeout(timer));
    pop.addEventListener("pointerleave", () => { if (pinned !== cell) later(() => close(cell), 250); });
    pop.addEventListener("toggle", event => {
      if (event.newState === "closed" && pinned === cell) {
        pinned = null; hushed = cell;
        if (document.activeElement === document.body || pop.contains(document.activeElement)) cell.focus({preventScroll: true});
      }
    });
  }
  addEventListener("scroll", () => { const pop = document.querySelector(".pop:popover-open"); if (pop) place(pop); }, {passive: true, capture: true});

  const form = document.querySelector("form.filter");
  const apply = () => {
    const show = form.elements.show.value, engine = form.elements.engine.value;
    const wanted = group => show === "all" || (show === "differs" ? group === "differs" : !["agrees", "absent", "unfitted"].includes(group));
    let hits = 0;
    for (const cell of cells) {
      cell.dataset.all ??= cell.dataset.g + "\n" + cell.lastElementChild.textContent;
      const [group, mark] = engine === "" ? cell.dataset.all.split("\n") : marks[cell.dataset.v[engine] || "-"];
      const hit = wanted(group);
      cell.dataset.g = group; cell.lastElementChild.textContent = mark;
      cell.classList.toggle("dim", !hit); hits += hit;
    }
    for (const body of document.querySelectorAll("table.print > tbody")) body.hidden = !body.querySelector(".c:not(.dim)");
    for (const box of document.querySelectorAll("#print > .scroll")) box.hidden = !box.querySelector(".c:not(.dim)");
    const name = engine === "" ? "" : form.elements.engine.selectedOptions[0].text;
    for (const duel of document.querySelectorAll("details.duel")) duel.hidden = name !== "" && !duel.dataset.pair.split(" ").includes(name);
    for (const row of document.querySelectorAll(".duel tr[data-g], .numbers tbody tr")) row.hidden = show !== "all" && !wanted(row.dataset.g || "agrees");
    form.querySelector("output").textContent = `${hits} of ${cells.length} cells`;
  };
  if (form) { form.hidden = false; form.addEventListener("change", apply); form.addEventListener("submit", event => event.preventDefault()); apply(); }

  const follow = () => {
    const cell = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!cell?.matches("button.c")) return;
    if (cell.classList.contains("dim")) { form.reset(); apply(); }
    cell.scrollIntoView({block: "center", behavior: "instant"});
    pin(cell);
  };
  addEventListener("hashchange", follow);
  follow();

  let folded = [];
  addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details.forest:not([open]),details.calls:not([open])")]; folded.forEach(d => d.open = true); });
  addEventListener("afterprint", () => folded.forEach(d => d.open = false));
})();
