"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const data = JSON.parse(document.getElementById("data").textContent);
  const symbols = { passed: "✓", flaky: "↻", failed: "✗", expected: "≈", errored: "!", lost: "?", blocked: "■", skipped: "–" };
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // Theme: the system's, until the button says otherwise. Pages opened from
  // disk may have no storage.
  const store = {
    get() { try { return localStorage.getItem("chart-matrix-theme"); } catch { return null; } },
    set(v) { try { localStorage.setItem("chart-matrix-theme", v); } catch { /* it lasts as long as the page */ } },
  };
  const saved = store.get();
  if (saved === "light" || saved === "dark") root.dataset.theme = saved;
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    store.set(root.dataset.theme);
  });

  const table = document.getElementById("grid");
  if (!table) return;
  const panel = document.getElementById("panel");
  const form = document.querySelector(".filters");
  const cells = all("button.cell", table);
  const rows = all("tbody tr", table);
  const selects = all("select[data-axis]", form);
  const byFinding = document.getElementById("by-finding");
  const outcomes = new Set();

  // element builds nodes from text only; nothing is ever parsed as HTML.
  function element(name, className, ...children) {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children.filter((c) => c !== null && c !== ""));
    return node;
  }

  function chosenFinding() {
    return byFinding && byFinding.selectedIndex > 0 ? Number(byFinding.value) : -1;
  }

  function filter() {
    const finding = chosenFinding();
    const axes = selects.filter((s) => s.selectedIndex > 0).map((s) => [s.dataset.axis, s.value]);
    let shown = 0;
    for (const button of cells) {
      const cell = data.cells[button.dataset.cell];
      const on = axes.every(([axis, value]) => cell.at[axis] === value) &&
        (outcomes.size === 0 || outcomes.has(cell.outcome)) &&
        (finding < 0 || (cell.findings || []).includes(finding));
      button.classList.toggle("off", !on);
      if (on) shown++;
    }
    // Rows and columns go when an axis was chosen and they have nothing to show.
    const narrowed = axes.length > 0;
    const used = new Set();
    for (const row of rows) {
      let any = false;
      [...row.cells].forEach((td, i) => {
        if (td.querySelector("button.cell:not(.off)")) { any = true; used.add(i); }
      });
      row.hidden = narrowed && !any;
    }
    for (const row of table.rows) {
      [...row.cells].forEach((td, i) => { td.hidden = narrowed && i > 0 && shown > 0 && !used.has(i); });
    }
    const active = narrowed || outcomes.size > 0 || finding >= 0;
    document.getElementById("shown").textContent = active ? `${shown} of ${cells.length} cells` : "";
    document.getElementById("reset").hidden = !active;
    for (const b of all("button.show")) b.setAttribute("aria-pressed", String(Number(b.dataset.finding) === finding));
    for (const a of all("article.finding")) a.classList.toggle("current", a.querySelector("button.show[aria-pressed=true]") !== null);
    for (const c of all("button.chip")) c.setAttribute("aria-pressed", String(outcomes.has(c.dataset.outcome)));
  }

  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => { outcomes.clear(); setTimeout(filter); });
  for (const chip of all("button.chip")) {
    chip.addEventListener("click", () => {
      const o = chip.dataset.outcome;
      if (!outcomes.delete(o)) outcomes.add(o);
      filter();
    });
  }
  for (const button of all("button.show")) {
    button.addEventListener("click", () => {
      const wanted = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.finding;
      byFinding.value = wanted;
      if (wanted === "") byFinding.selectedIndex = 0;
      filter();
      if (wanted !== "") document.getElementById("matrix").scrollIntoView({ block: "nearest", behavior: "smooth" });
    });
  }

  function problem(p) {
    const node = element("div", "problem " + p.severity, element("p", "", p.message));
    if (p.place) node.append(element("p", "", element("code", "", p.place)));
    if (p.excerpt) node.append(element("pre", "", p.excerpt.join("\n")));
    if (p.hint) node.append(element("p", "muted", "Fix: " + p.hint));
    return node;
  }

  function layer(l) {
    const facts = [l.status];
    if (l.assertions) facts.push(l.assertions + (l.assertions === 1 ? " check" : " checks"));
    if (l.shared) facts.push("answer shared with other cells");
    if (l.time) facts.push(l.time);
    const swatch = element("span", "swatch " + l.status, symbols[l.status] || "?");
    const node = element("div", "", element("h4", "", swatch, l.name), element("p", "muted", facts.join(" · ")));
    if (l.reason) node.append(element("p", "", l.reason));
    for (const i of l.problems || []) node.append(problem(data.problems[i]));
    if (l.more) node.append(element("p", "muted", `and ${l.more} more problems; the JUnit report lists them all`));
    return node;
  }

  let opened = null;
  function close() {
    panel.hidden = true;
    if (!opened) return;
    opened.setAttribute("aria-pressed", "false");
    opened.focus();
    opened = null;
  }

  function open(button) {
    const cell = data.cells[button.dataset.cell];
    if (opened) opened.setAttribute("aria-pressed", "false");
    opened = button;
    button.setAttribute("aria-pressed", "true");
    const x = element("button", "", "×");
    x.type = "button";
    x.setAttribute("aria-label", "Close");
    x.addEventListener("click", close);
    const facts = [cell.outcome, cell.kube, cell.attempt ? `attempt ${cell.attempt}` : "", cell.id].filter(Boolean).join(" · ");
    panel.replaceChildren(element("h3", "", element("span", "", cell.slug || cell.id), x), element("p", "muted", facts));
    if (cell.reason) panel.append(element("p", "", cell.reason));
    if (cell.log) {
      const log = element("a", "", "The log of its job");
      log.href = cell.log;
      log.rel = "noreferrer";
      panel.append(element("p", "", log));
    }
    for (const i of cell.findings || []) {
      const f = data.findings[i];
      const link = element("a", "", `${f.number} ${f.title}`);
      link.href = "#finding-" + f.number;
      link.addEventListener("click", () => {
        const fold = document.getElementById("finding-" + f.number).closest("details");
        if (fold) fold.open = true;
      });
      panel.append(element("p", "", "Finding ", link));
    }
    for (const l of cell.layers || []) panel.append(layer(l));
    for (const t of cell.tries || []) {
      panel.append(element("h4", "", `${t.name}: ${t.status}`));
      if (t.reason) panel.append(element("p", "", t.reason));
      for (const l of t.layers || []) panel.append(layer(l));
    }
    if (cell.notRetried) panel.append(element("p", "muted", "Not tried again: " + cell.notRetried));
    panel.hidden = false;
    panel.scrollTop = 0;
  }

  // One tab stop for the whole matrix; the arrows move within it.
  cells.forEach((c, i) => { c.tabIndex = i ? -1 : 0; });
  function moveTo(button) {
    for (const c of cells) c.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  }
  table.addEventListener("click", (e) => {
    const button = e.target.closest("button.cell");
    if (!button) return;
    if (button === opened) { close(); return; }
    moveTo(button);
    open(button);
  });
  const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  table.addEventListener("keydown", (e) => {
    const from = e.target.closest("button.cell");
    const step = steps[e.key];
    if (!from || !step) return;
    e.preventDefault();
    let td = from.parentElement;
    while (td) {
      const row = table.rows[td.parentElement.rowIndex + step[0]];
      td = row ? row.cells[td.cellIndex + step[1]] : null;
      const button = td && !row.hidden && !td.hidden ? td.querySelector("button.cell") : null;
      if (button) {
        moveTo(button);
        if (!panel.hidden) open(button);
        return;
      }
    }
  });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape" && !panel.hidden) close(); });
  filter();
})();
