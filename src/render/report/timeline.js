"use strict";
// The timeline: what the data block holds, drawn on a canvas that pointer and keyboard move over. Texts only ever
// become text nodes or canvas text, so none of them can become markup.
const report = JSON.parse(document.getElementById("data").textContent);
const TURN = 0, HOLD = 1, WAIT = 2, EDIT = 3, MESSAGE = 4;
const KINDS = ["turn", "lock", "wait", "edit", "message"];

/** What an item of the data block says, for tooltips and for the table. */
function spell(item) {
  const [kind, lane, from, to, how, other, text] = item;
  const place = other >= 0 && kind !== MESSAGE ? report.places[other] : "";
  const end = to === null ? from : to;
  switch (kind) {
    case TURN: return { what: "turn, " + report.ends[how], about: "", from, end };
    case HOLD: return { what: "lock, " + report.ends[how], about: text ? place + ": " + text : place, from, end };
    case WAIT: return { what: "wait, " + report.ends[how], about: place, from, end };
    case EDIT: return { what: how === 1 ? "edit" : how + " edits", about: place || text, from, end };
    default: {
      const name = other >= 0 ? report.lanes[other].name : "somebody without a lane";
      return { what: "message, " + report.ends[how] + ", to " + name, about: text, from, end };
    }
  }
}

/** From the first beginning to the last end of anything. */
function extent() {
  let from = Infinity, to = -Infinity;
  for (const item of report.items) {
    from = Math.min(from, item[2]);
    to = Math.max(to, item[3] === null ? item[2] : item[3]);
  }
  if (from > to) { from = 0; to = report.length; }
  const pad = Math.max((to - from) * 0.02, 500);
  return [from - pad, to + pad];
}
const dayOf = (offset) => Math.floor((report.from + offset) / 86400000);
const isOneDay = extent().map(dayOf).every((day, index, days) => day === days[0]);

const two = (number) => String(number).padStart(2, "0");
function clock(offset, withSeconds) {
  const at = new Date(report.from + offset);
  const day = isOneDay ? "" : two(at.getUTCMonth() + 1) + "-" + two(at.getUTCDate()) + " ";
  const time = two(at.getUTCHours()) + ":" + two(at.getUTCMinutes());
  return day + time + (withSeconds ? ":" + two(at.getUTCSeconds()) : "");
}
function length(ms) {
  if (ms < 1000) return Math.round(ms) + " ms";
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return seconds + " s";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min " + (seconds % 60) + " s";
  return Math.floor(seconds / 3600) + " h " + Math.floor((seconds % 3600) / 60) + " min";
}

(function timeline() {
  const LANE = 50, AXIS = 28, MOST_ARROWS = 1500;
  const canvas = document.getElementById("canvas");
  const tip = document.getElementById("tip");
  const said = document.getElementById("said");
  const drawn = document.getElementById("drawn");
  if (!canvas || report.lanes.length === 0) return;
  const pen = canvas.getContext("2d");
  const shown = KINDS.map(() => true);
  let whole = extent(), view = whole.slice(), width = 0, gutter = 0, colours = {}, chosen = -1, lane = 0, pending = false;

  const x = (at) => gutter + ((at - view[0]) / (view[1] - view[0])) * (width - gutter - 8);
  const at = (pixel) => view[0] + ((pixel - gutter) / (width - gutter - 8)) * (view[1] - view[0]);
  const top = (index) => AXIS + index * LANE;

  function palette() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ground", "raised", "text", "muted", "line", "turn", "turn-edge", "hold", "wait", "edit", "message"]) {
      colours[name] = style.getPropertyValue("--" + name).trim();
    }
  }
  function resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    width = Math.max(canvas.parentElement.clientWidth, 240);
    gutter = Math.min(150, Math.round(width * 0.22));
    const height = AXIS + report.lanes.length * LANE + 6;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw();
  }
  function later() {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; draw(); });
  }
  function fit(text, room) {
    if (pen.measureText(text).width <= room) return text;
    const letters = Array.from(text);
    while (letters.length > 1 && pen.measureText(letters.join("") + "…").width > room) letters.pop();
    return letters.join("") + "…";
  }
  function axis(height) {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
    const room = (width - gutter) / (isOneDay ? 76 : 110);
    const step = (steps.find((one) => (view[1] - view[0]) / (one * 1000) <= room) || 2592000) * 1000;
    pen.textAlign = "center";
    for (let tick = Math.ceil((report.from + view[0]) / step) * step; tick - report.from <= view[1]; tick += step) {
      const place = x(tick - report.from);
      pen.fillStyle = colours.line;
      pen.fillRect(place, AXIS - 6, 1, height - AXIS + 6);
      const label = clock(tick - report.from, step < 60000), half = pen.measureText(label).width / 2;
      if (place - half < gutter || place + half > width) continue;
      pen.fillStyle = colours.muted;
      pen.fillText(label, place, AXIS - 11);
    }
  }
  function lanes() {
    report.lanes.forEach((one, index) => {
      const y = top(index);
      if (index === lane && document.activeElement === canvas) {
        pen.fillStyle = colours.raised;
        pen.fillRect(0, y, width, LANE);
      }
      pen.fillStyle = colours.line;
      pen.fillRect(0, y, width, 1);
    });
  }
  function names() {
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, gutter - 4, canvas.height);
    pen.textAlign = "left";
    report.lanes.forEach((one, index) => {
      const y = top(index), isHere = index === lane && document.activeElement === canvas;
      if (isHere) { pen.fillStyle = colours.raised; pen.fillRect(0, y + 1, gutter - 4, LANE - 1); }
      pen.fillStyle = colours.line;
      pen.fillRect(0, y, gutter, 1);
      pen.font = "600 13px system-ui, sans-serif";
      pen.fillStyle = colours.text;
      const indent = one.sub ? 18 : 8;
      pen.fillText(fit((isHere ? "▸ " : "") + one.name, gutter - indent - 8), indent, y + 21);
      pen.font = "12px system-ui, sans-serif";
      pen.fillStyle = colours.muted;
      pen.fillText(fit(one.role, gutter - indent - 8), indent, y + 38);
    });
    pen.fillStyle = colours.line;
    pen.fillRect(gutter - 4, 0, 1, canvas.height);
  }
  function hatch(left, y, wide, high) {
    pen.save();
    pen.beginPath();
    pen.rect(left, y, wide, high);
    pen.clip();
    pen.strokeStyle = colours.wait;
    pen.lineWidth = 2;
    pen.beginPath();
    const first = Math.max(left, gutter) - high, last = Math.min(left + wide, width);
    for (let step = first; step < last; step += 6) { pen.moveTo(step, y + high); pen.lineTo(step + high, y); }
    pen.stroke();
    pen.restore();
    pen.strokeStyle = colours.wait;
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, y + 0.5, Math.max(wide - 1, 1), high - 1);
  }
  function box(item, index) {
    const y = top(item[1]), left = x(item[2]), right = x(item[3] === null ? item[2] : item[3]);
    const wide = Math.max(right - left, 2);
    switch (item[0]) {
      case TURN: return [left, y + 3, wide, LANE - 5];
      case HOLD: return [left, y + 7 + (index % 2) * 8, wide, 6];
      case WAIT: return [left, y + 24, wide, 9];
      case EDIT: return [left - 1, y + 36, Math.max(wide, 3), 10];
      default: return null;
    }
  }
  function arrow(item) {
    const from = [x(item[2]), top(item[1]) + LANE / 2];
    const target = item[5] >= 0 ? item[5] : item[1];
    const to = [x(item[3] === null ? item[2] : item[3]), top(target) + LANE / 2];
    return [from, to];
  }
  function drawArrow(item, isChosen) {
    const [[ax, ay], [bx, by]] = arrow(item), angle = Math.atan2(by - ay, bx - ax);
    pen.strokeStyle = pen.fillStyle = colours.message;
    pen.lineWidth = isChosen ? 3 : 1.25;
    pen.setLineDash(item[3] === null ? [4, 3] : []);
    pen.beginPath();
    pen.moveTo(ax, ay);
    pen.lineTo(bx, by);
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.arc(ax, ay, 2.5, 0, 7);
    pen.moveTo(bx, by);
    pen.lineTo(bx - 8 * Math.cos(angle - 0.4), by - 8 * Math.sin(angle - 0.4));
    pen.lineTo(bx - 8 * Math.cos(angle + 0.4), by - 8 * Math.sin(angle + 0.4));
    pen.fill();
  }
  const isVisible = (item) => shown[item[0]] && item[2] <= view[1] && (item[3] === null ? item[2] : item[3]) >= view[0];

  function draw() {
    const height = AXIS + report.lanes.length * LANE + 6;
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    lanes();
    axis(height);
    const lastTick = report.lanes.map(() => -9);
    let arrows = 0, wanted = 0;
    for (let kind = TURN; kind <= MESSAGE; kind += 1) {
      for (let index = report.starts[kind]; index < report.starts[kind + 1]; index += 1) {
        const item = report.items[index];
        if (!isVisible(item)) continue;
        if (kind === MESSAGE) {
          wanted += 1;
          if (arrows < MOST_ARROWS) { arrows += 1; drawArrow(item, false); }
          continue;
        }
        const [left, y, wide, high] = box(item, index);
        if (kind === TURN) {
          pen.fillStyle = colours.turn;
          pen.fillRect(left, y, wide, high);
          pen.fillStyle = colours["turn-edge"];
          pen.fillRect(left, y, 1.5, high);
          pen.fillRect(left + wide - 1, y, 1, high);
        } else if (kind === HOLD) {
          pen.fillStyle = colours.hold;
          pen.fillRect(left, y, wide, high);
        } else if (kind === WAIT) {
          hatch(left, y, wide, high);
        } else if (left - lastTick[item[1]] >= 1 || wide > 3) {
          lastTick[item[1]] = left;
          pen.fillStyle = colours.edit;
          pen.fillRect(left, y, Math.max(wide - 1, 2), high);
        }
      }
    }
    if (chosen >= 0) highlight(report.items[chosen], chosen);
    names();
    drawn.textContent = wanted > arrows
      ? arrows + " of " + wanted + " messages are drawn here; zoom in for the others." : "";
  }
  function highlight(item, index) {
    if (item[0] === MESSAGE) { drawArrow(item, true); return; }
    const [left, y, wide, high] = box(item, index);
    pen.strokeStyle = colours.text;
    pen.lineWidth = 2;
    pen.strokeRect(left - 2, y - 2, wide + 4, high + 4);
  }
  function near(px, py) {
    let best = -1, distance = 7;
    report.items.forEach((item, index) => {
      if (!isVisible(item)) return;
      let away;
      if (item[0] === MESSAGE) {
        const [[ax, ay], [bx, by]] = arrow(item), dx = bx - ax, dy = by - ay;
        const along = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1)));
        away = Math.hypot(px - ax - along * dx, py - ay - along * dy) + 1;
      } else {
        const [left, y, wide, high] = box(item, index);
        away = Math.max(left - px, px - left - wide, y - py, py - y - high, 0) + (item[0] === TURN ? 5 : 0);
      }
      if (away < distance) { distance = away; best = index; }
    });
    return best;
  }
  function tell(index, px, py, aloud) {
    if (index < 0) { tip.textContent = ""; return; }
    const item = report.items[index], words = spell(item);
    const time = clock(words.from, true) + (words.end > words.from ? " for " + length(words.end - words.from) : "");
    tip.textContent = report.lanes[item[1]].name + ": " + words.what + "\n" + (words.about ? words.about + "\n" : "") + time;
    if (aloud) said.textContent = tip.textContent;
    const room = canvas.parentElement;
    tip.style.left = "0px";
    tip.style.top = "0px";
    const left = Math.max(4, Math.min(px + 12, room.clientWidth - tip.offsetWidth - 4));
    const below = py + 16 + tip.offsetHeight <= room.clientHeight;
    tip.style.left = left + "px";
    tip.style.top = Math.max(4, below ? py + 16 : py - tip.offsetHeight - 10) + "px";
  }
  function move(from, to) {
    const least = 200, most = (whole[1] - whole[0]) * 1.1;
    const size = Math.max(least, Math.min(most, to - from)), middle = (from + to) / 2;
    const low = whole[0] - (whole[1] - whole[0]) * 0.05, high = whole[1] + (whole[1] - whole[0]) * 0.05;
    let start = middle - size / 2;
    start = Math.max(low, Math.min(high - size, start));
    view = [start, start + size];
    canvas.dataset.view = Math.round(view[0]) + " " + Math.round(view[1]);
    tell(-1);
    later();
  }
  function zoom(by, around) {
    const place = around === undefined ? (view[0] + view[1]) / 2 : around;
    move(place - (place - view[0]) * by, place + (view[1] - place) * by);
  }
  const pan = (by) => move(view[0] + (view[1] - view[0]) * by, view[1] + (view[1] - view[0]) * by);
  const all = () => move(whole[0], whole[1]);
  function choose(step) {
    const own = [];
    report.items.forEach((item, index) => {
      if (shown[item[0]] && (item[1] === lane || (item[0] === MESSAGE && item[5] === lane))) own.push(index);
    });
    if (own.length === 0) { said.textContent = report.lanes[lane].name + ": nothing"; return; }
    own.sort((one, other) => report.items[one][2] - report.items[other][2] || one - other);
    const here = own.indexOf(chosen);
    const next = here < 0 ? (step > 0 ? 0 : own.length - 1) : Math.max(0, Math.min(own.length - 1, here + step));
    chosen = own[next];
    const item = report.items[chosen], size = view[1] - view[0];
    if (item[2] < view[0] || item[2] > view[1]) move(item[2] - size / 2, item[2] + size / 2);
    const place = item[0] === MESSAGE ? arrow(item)[0] : box(item, chosen);
    tell(chosen, Math.max(gutter, place[0]), place[1] + 8, true);
    later();
  }
  function step(by) {
    lane = Math.max(0, Math.min(report.lanes.length - 1, lane + by));
    chosen = -1;
    tell(-1);
    said.textContent = "lane " + (lane + 1) + " of " + report.lanes.length + ": " + report.lanes[lane].name;
    const place = canvas.getBoundingClientRect().top + top(lane);
    if (place < 0 || place + LANE > window.innerHeight) window.scrollBy(0, place < 0 ? place - 40 : place + LANE - window.innerHeight + 40);
    later();
  }
  const KEYS = {
    ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), ArrowUp: () => step(-1), ArrowDown: () => step(1),
    "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), Home: all, 0: all,
    n: () => choose(1), p: () => choose(-1), Escape: () => { chosen = -1; tell(-1); later(); },
    Enter: () => { if (chosen >= 0) { const item = report.items[chosen], end = item[3] === null ? item[2] : item[3], pad = Math.max((end - item[2]) * 0.5, 1000); move(item[2] - pad, end + pad); } },
  };
  canvas.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener("focus", later);
  canvas.addEventListener("blur", () => { tell(-1); later(); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, at(event.offsetX));
  }, { passive: false });
  let grip = null;
  canvas.addEventListener("pointerdown", (event) => {
    grip = { x: event.offsetX, view: view.slice() };
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (grip) {
      const by = ((grip.x - event.offsetX) / (width - gutter - 8)) * (grip.view[1] - grip.view[0]);
      if (Math.abs(grip.x - event.offsetX) > 3) move(grip.view[0] + by, grip.view[1] + by);
      return;
    }
    tell(event.offsetX < gutter ? -1 : near(event.offsetX, event.offsetY), event.offsetX, event.offsetY, false);
  });
  const release = () => { grip = null; canvas.classList.remove("held"); };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => tell(-1));
  canvas.addEventListener("dblclick", (event) => zoom(0.5, at(event.offsetX)));
  const BUTTONS = { earlier: () => pan(-0.5), later: () => pan(0.5), closer: () => zoom(0.5), wider: () => zoom(2), all };
  for (const [name, act] of Object.entries(BUTTONS)) document.getElementById("to-" + name).addEventListener("click", act);
  KINDS.forEach((name, kind) => {
    document.getElementById("show-" + name).addEventListener("change", (event) => {
      shown[kind] = event.target.checked;
      chosen = -1;
      later();
    });
  });
  for (const part of document.querySelectorAll(".tools")) part.hidden = false;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { palette(); later(); });
  window.addEventListener("resize", resize);
  window.addEventListener("beforeprint", () => { document.documentElement.classList.add("on-paper"); palette(); resize(); });
  window.addEventListener("afterprint", () => { document.documentElement.classList.remove("on-paper"); palette(); resize(); });
  palette();
  resize();
  canvas.dataset.view = Math.round(view[0]) + " " + Math.round(view[1]);
  canvas.dataset.ready = "yes";
})();
