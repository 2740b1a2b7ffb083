"use strict";
const table = document.getElementById("jobs");
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const form = document.getElementById("filters");
const collator = new Intl.Collator("en", { numeric: true });

function keyOf(row, column) {
  const cell = row.cells[column];
  return "key" in cell.dataset ? Number(cell.dataset.key || "Infinity") : cell.textContent;
}

function sortBy(header, column) {
  const down = header.getAttribute("aria-sort") === "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keyed = rows.map((row) => [keyOf(row, column), row]);
  const compare = (a, b) => (typeof a === "number" ? (a < b ? -1 : a > b ? 1 : 0) : collator.compare(a, b));
  keyed.sort((one, other) => (down ? -1 : 1) * compare(one[0], other[0]));
  body.append(...keyed.map((pair) => pair[1]));
}

function filter() {
  const word = form.elements.project.value.trim().toLowerCase();
  const platform = form.elements.platform.value;
  const verdict = form.elements.verdict.value;
  let shown = 0;
  for (const row of rows) {
    const matches =
      row.cells[0].textContent.toLowerCase().includes(word) &&
      (!platform || row.cells[1].textContent === platform) &&
      (!verdict || row.cells[2].textContent === verdict);
    row.hidden = !matches;
    shown += matches ? 1 : 0;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length} jobs`;
}

Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
  header.querySelector("button").addEventListener("click", () => sortBy(header, column));
});
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
