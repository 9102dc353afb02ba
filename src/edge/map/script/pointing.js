// Pointer and keys: what is under the pointer, dragging, pinching, zooming.
const inside = (zone, x, y) => x >= zone.box[0] && x <= zone.box[2] && y >= zone.box[1] && y <= zone.box[3] &&
  zone.rings.reduce((odd, r) => {
    for (let i = 0, j = r.n - 1; i < r.n; j = i++) if (r.y[i] > y !== r.y[j] > y && x < (r.x[j] - r.x[i]) * (y - r.y[i]) / (r.y[j] - r.y[i]) + r.x[i]) odd = !odd;
    return odd;
  }, false);
const zonesAt = (x, y) => [...ordered].reverse().filter(z => z.class !== "territory" && inside(z, x, y));
/// Corridors whose band holds a point; `slack` in pixels helps at small scales.
function corridorsAt(x, y, slack = 0) {
  return corridors.filter(k => {
    const reach = Math.max(k.half / metresPerPixel(y), slack) / view.scale;
    return x >= k.box[0] - reach && x <= k.box[2] + reach && y >= k.box[1] - reach && y <= k.box[3] + reach && k.rings.some(l => {
      for (let i = 1; i < l.n; i++) { const [px, py] = nearest(x, y, l.x[i - 1], l.y[i - 1], l.x[i], l.y[i]); if (Math.hypot(px - x, py - y) <= reach) return true; }
      return false;
    });
  });
}
/// The drawn fix nearest to a place on the screen, within nine pixels.
function fixAt(px, py) {
  let best = 9, found = null;
  const x = worldX(px), y = worldY(py), r = best / view.scale;
  for (const track of state.track ? [state.track] : tracks) {
    if (!track.n || x < track.box[0] - r || x > track.box[2] + r || y < track.box[1] - r || y > track.box[3] + r) continue;
    const { index, times, boxes } = levelOf(track);
    for (let i = 0; i < index.length; i++) {
      const b = boxes[Math.floor(i / RUN)];
      if (i % RUN === 0 && (x < b[0] - r || x > b[2] + r || y < b[1] - r || y > b[3] + r)) { i += RUN - 1; continue; }
      if (track !== state.track && (times[i] > state.time || times[i] < state.time - state.trail)) continue;
      const k = index[i], d = Math.hypot(screenX(track.x[k]) - px, screenY(track.y[k]) - py);
      if (d < best) { best = d; found = { track, fix: { t: track.t[k], x: track.x[k], y: track.y[k], v: track.v[k], q: track.q[k] } }; }
    }
    if (track === state.track) for (const fix of track.doubts) { const d = Math.hypot(screenX(fix.x) - px, screenY(fix.y) - py); if (d < best) { best = d; found = { track, fix }; } }
  }
  return found;
}
function under(px, py) {
  const near = (list, reach) => list.filter(k => Math.hypot(k.x - px, k.y - py) < reach).sort((a, b) => Math.hypot(a.x - px, a.y - py) - Math.hypot(b.x - px, b.y - py))[0];
  const cluster = near(clusters, 13), vehicle = cluster ? null : near(standing, 11);
  const fix = cluster || vehicle || !state.layers.tracks ? null : fixAt(px, py);
  const x = worldX(px), y = worldY(py);
  return { cluster, track: vehicle ? vehicle.track : fix && fix.track, vehicle, fix: fix && fix.fix, dot: fix && [fix.fix.x, fix.fix.y],
    zones: state.layers.zones ? zonesAt(x, y) : [], corridors: state.layers.corridors ? corridorsAt(x, y, 3) : [] };
}
const row = (...children) => el("div", { class: "row" }, ...children);
function tipLines(h) {
  const lines = [];
  if (h.cluster) {
    for (const a of h.cluster.alerts.slice(0, 5)) lines.push(row(icon(a.priority, !isActive(a, state.time), 14), el("span", {}, el("b", {}, kindName(a.kind)), ` ${localShort(a.raised)} ${a.track ? a.track.name : a.unit || a.subject}`)));
    if (h.cluster.alerts.length > 5) lines.push(el("div", { class: "dim" }, `+ ${count(h.cluster.alerts.length - 5)}`));
    if (h.cluster.alerts.length === 1) lines.push(el("div", {}, h.cluster.alerts[0].text[lang]));
  } else if (h.track) {
    const p = h.vehicle ? position(h.track, state.time) : null;
    const f = h.fix || { t: h.track.t[p.i], v: h.track.v[p.i], q: h.track.q[p.i] };
    lines.push(el("div", {}, el("b", {}, h.track.name)), el("div", {}, `${localTime(f.t)} · ${kmh(f.v)}`), el("div", { class: "dim" }, `${utcTime(f.t)} · ${say("quality")}: ${qualityName(RAW.qualities[f.q][0])}`));
  }
  for (const k of h.corridors.slice(0, 3)) lines.push(el("div", {}, el("span", { class: "dim" }, `${say("corridor")}: `), k.name));
  for (const z of h.zones.slice(0, 3)) if (z.class !== "office_area" || lines.length || zoomLevel() > 7) lines.push(el("div", {}, el("span", { class: "dim" }, `${className(z.class)}: `), z.name));
  return lines;
}
function hover(px, py) {
  const h = px === null ? null : under(px, py), lines = h ? tipLines(h) : [], tip = $("tip");
  state.hover = h;
  $("map").classList.toggle("pointing", Boolean(h && (h.cluster || h.track)));
  tip.hidden = !lines.length;
  if (lines.length) {
    tip.replaceChildren(...lines);
    tip.style.left = `${px + 16 + tip.offsetWidth > view.width ? Math.max(4, px - 12 - tip.offsetWidth) : px + 16}px`;
    tip.style.top = `${py + 16 + tip.offsetHeight > view.height ? Math.max(4, py - 12 - tip.offsetHeight) : py + 16}px`;
  }
  repaint();
}
function press(px, py) {
  const h = under(px, py);
  if (h.cluster) {
    const list = h.cluster.alerts, box = joined(list.map(a => ({ box: [a.x, a.y, a.x, a.y] })));
    if (list.length > 1 && Math.max(box[2] - box[0], box[3] - box[1]) > 300 / 40e6 && view.scale < LARGEST / 64) { const to = seeing(box, view.scale * 16); return fly(...to); }
    const next = list[(list.indexOf(state.alert) + 1) % list.length];
    return select(next.track, next);
  }
  if (h.track) select(h.track, null);
}
function listen() {
  const map = $("map"), held = new Map();
  let moved = 0, spread = 0;
  const at = e => { const r = map.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  map.addEventListener("pointerdown", e => { if (e.button) return; cancelAnimationFrame(flight); map.setPointerCapture(e.pointerId); held.set(e.pointerId, at(e)); moved = held.size > 1 ? 99 : 0; spread = 0; });
  map.addEventListener("pointermove", e => {
    const p = at(e), last = held.get(e.pointerId);
    if (!last) return hover(...p);
    held.set(e.pointerId, p);
    moved += Math.hypot(p[0] - last[0], p[1] - last[1]);
    if (moved > 4) { map.classList.add("grabbing"); $("tip").hidden = true; look(view.x - (p[0] - last[0]) / view.scale / held.size, view.y - (p[1] - last[1]) / view.scale / held.size, view.scale); }
    if (held.size === 2) { const [a, b] = [...held.values()], now = Math.hypot(a[0] - b[0], a[1] - b[1]); if (spread) zoomAt((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, now / spread); spread = now; }
  });
  const up = e => { const tap = held.delete(e.pointerId) && e.type === "pointerup" && moved <= 4; map.classList.remove("grabbing"); if (tap) press(...at(e)); };
  map.addEventListener("pointerup", up); map.addEventListener("pointercancel", up);
  map.addEventListener("pointerleave", () => { if (!held.size) hover(null); });
  map.addEventListener("wheel", e => { e.preventDefault(); cancelAnimationFrame(flight); zoomAt(...at(e), 2 ** (-e.deltaY * (e.deltaMode ? 0.05 : 0.0022))); hover(null); }, { passive: false });
  map.addEventListener("dblclick", e => zoomAt(...at(e), 2));
  map.addEventListener("keydown", e => {
    const step = 80 / view.scale, moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    if (moves) look(view.x + moves[0] * step, view.y + moves[1] * step, view.scale);
    else if (e.key === "+" || e.key === "=") zoomAt(view.width / 2, view.height / 2, 1.5);
    else if (e.key === "-") zoomAt(view.width / 2, view.height / 2, 1 / 1.5);
    else if (e.key === "0" || e.key === "Home") showAll();
    else if (e.key === " ") togglePlay();
    else return;
    e.preventDefault();
  });
  document.addEventListener("keydown", e => { if (e.key === "Escape" && (state.track || state.alert)) { select(null); $("map").focus(); } });
}
const showAll = () => { const to = seeing(everything()); if (to) fly(...to); };
