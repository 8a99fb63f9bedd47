"use strict";
// The timeline as a table: a page of rows at a time, because ten thousand at once would help nobody.
(function table() {
  const PAGE = 25;
  const body = document.getElementById("rows");
  const count = document.getElementById("count");
  const who = document.getElementById("by-agent");
  const kind = document.getElementById("by-kind");
  const words = document.getElementById("by-words");
  const back = document.getElementById("page-back");
  const on = document.getElementById("page-on");
  if (!body) return;
  let first = 0, found = [];
  const inOrder = report.items.map((item, index) => index).sort((one, other) => report.items[one][2] - report.items[other][2] || one - other);

  function cell(row, text, style) {
    const made = document.createElement("td");
    made.textContent = text;
    if (style) made.className = style;
    row.append(made);
  }
  function fill() {
    body.textContent = "";
    for (const index of found.slice(first, first + PAGE)) {
      const item = report.items[index], told = spell(item), row = document.createElement("tr");
      cell(row, clock(told.from, true), "when");
      cell(row, report.lanes[item[1]].name, "");
      cell(row, told.what, "");
      cell(row, told.about, "text");
      cell(row, told.end > told.from ? length(told.end - told.from) : "", "number");
      body.append(row);
    }
    const last = Math.min(first + PAGE, found.length);
    count.textContent = found.length === 0 ? "Nothing like that." : "Rows " + (first + 1) + " to " + last + " of " + found.length + ".";
    back.disabled = first === 0;
    on.disabled = last === found.length;
  }
  function find() {
    const agent = who.value === "" ? -1 : Number(who.value), wanted = kind.value === "" ? -1 : Number(kind.value);
    const needle = words.value.trim().toLowerCase();
    found = inOrder.filter((index) => {
      const item = report.items[index];
      if (agent >= 0 && item[1] !== agent && !(item[0] === MESSAGE && item[5] === agent)) return false;
      if (wanted >= 0 && item[0] !== wanted) return false;
      if (needle === "") return true;
      const told = spell(item);
      return (told.what + " " + told.about).toLowerCase().includes(needle);
    });
    first = 0;
    fill();
  }
  report.lanes.forEach((lane, index) => who.append(new Option(lane.name, String(index))));
  KINDS.forEach((name, index) => kind.append(new Option(name + "s", String(index))));
  who.addEventListener("change", find);
  kind.addEventListener("change", find);
  words.addEventListener("input", find);
  back.addEventListener("click", () => { first = Math.max(0, first - PAGE); fill(); });
  on.addEventListener("click", () => { first += PAGE; fill(); });
  document.getElementById("filters").hidden = false;
  find();
})();
