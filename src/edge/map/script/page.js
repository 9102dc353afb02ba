// Puts it together: texts, events, the first view.
function texts() {
  document.documentElement.lang = lang;
  $("title").textContent = RAW.title; $("title").title = RAW.title; $("subtitle").textContent = RAW.subtitle; $("subtitle").title = RAW.subtitle; $("attribution").textContent = RAW.attribution;
  const fixes = tracks.reduce((n, t) => n + t.all, 0), going = alerts.filter(a => a.ended === null && a.rank > 0).length;
  $("totals").replaceChildren(...[["vehicles", byUnit.size], ["fixes", fixes], ["alerts", alerts.length], ["active", going]].map(([key, n]) => el("div", {}, el("dt", {}, say(key)), el("dd", {}, count(n)))));
  for (const b of $("languages").children) b.setAttribute("aria-pressed", String(b.dataset.lang === lang));
  $("side").setAttribute("aria-label", say("side")); $("map").setAttribute("aria-label", say("map"));
  $("tab-alerts").replaceChildren(`${say("alerts")} `, small_(count(alerts.length))); $("tab-vehicles").replaceChildren(`${say("vehicles")} `, small_(count(tracks.length)));
  for (const [id, key] of [["search", "search"], ["kind", "kind"], ["sort", "sort"], ["when", "when"], ["order", "sort"], ["time", "time"], ["in", "zoomIn"], ["out", "zoomOut"], ["fit", "all"]]) { $(id).setAttribute("aria-label", say(key)); $(id).title = say(key); }
  $("search").placeholder = say("search");
  $("speed-name").textContent = say("perSecond"); $("trail-name").textContent = say("trail");
  fill($("speed"), SPEEDS.map(s => [s, `${duration(s)}/${say("s")}`]), state.speed);
  fill($("trail"), [1800, 7200, 21600, Infinity].map(s => [s, s === Infinity ? say("trailAll") : duration(s)]), state.trail);
  legend(); filters(); playButton(); paintStrip();
}
/// Everything that depends on the selection.
function refresh() {
  for (const name of ["alerts", "vehicles"]) { $(`tab-${name}`).setAttribute("aria-selected", String(state.tab === name)); $(`tab-${name}`).tabIndex = state.tab === name ? 0 : -1; $(`panel-${name}`).hidden = state.tab !== name; }
  relist(); listVehicles(); refreshCard(); tick();
  const current = $(state.tab).querySelector("[aria-current]");
  if (current) current.scrollIntoView({ block: "nearest" });
}
/// A small picture for the legend, painted by the same code as the map.
function swatch(paint) {
  const canvas = el("canvas", { width: 44, height: 32, "aria-hidden": "true" }), c = canvas.getContext("2d");
  c.scale(2, 2); paint(c);
  return canvas;
}
function legend() {
  const entry = (paint, text) => el("div", { class: "entry" }, swatch(paint), text);
  const stroke = (c, colour, width, dash = []) => { c.setLineDash(dash); c.strokeStyle = colour; c.lineWidth = width; c.beginPath(); c.moveTo(1, 8); c.lineTo(21, 8); c.stroke(); c.setLineDash([]); };
  const layer = key => el("label", {}, el("input", { type: "checkbox", checked: state.layers[key], onchange: e => { state.layers[key] = e.target.checked; repaint(true); } }), say(key === "zones" ? "zonesHere" : key));
  const classes = ORDER.filter(key => zones.some(z => z.class === key)).reverse();
  $("legend").querySelector("summary").textContent = say("legend");
  $("legend").querySelector("div").replaceChildren(
    el("h3", {}, say("layers")), ...["corridors", "zones", "tracks", "vehicles", "alerts", "labels"].map(layer),
    el("h3", {}, say("alerts")), ...Object.keys(PRIORITIES).map(key => entry(c => sign(c, 11, 8, 6, key, false), priorityName(key))),
    entry(c => sign(c, 11, 8, 6, "medium", false), say("filled")), entry(c => sign(c, 11, 8, 6, "medium", true), say("hollow")),
    el("h3", {}, say("tracks")),
    entry(c => { c.fillStyle = "#16395c"; c.beginPath(); c.moveTo(18, 8); c.lineTo(6, 3); c.lineTo(9, 8); c.lineTo(6, 13); c.fill(); }, say("moving")), entry(c => { c.fillStyle = "#16395c"; c.beginPath(); c.arc(11, 8, 4.5, 0, 7); c.fill(); }, say("standing")),
    entry(c => stroke(c, "#123f6d", 2.2, [2, 4]), say("silent")), entry(c => { c.strokeStyle = "#a1480a"; c.lineWidth = 1.8; c.beginPath(); c.moveTo(7, 4); c.lineTo(15, 12); c.moveTo(15, 4); c.lineTo(7, 12); c.stroke(); }, say("doubtful")),
    el("h3", {}, `${say("corridor")}, ${say("zonesHere").toLocaleLowerCase(lang)}`),
    entry(c => { stroke(c, "#93b3d1", 8); stroke(c, "#d3e2f0", 6); }, say("corridor")),
    ...classes.map(key => entry(c => {
      const { colour } = zoneClass(key);
      if (key === "border_gate") return zoneMark(c, { class: key }, 11, 8);
      c.beginPath(); c.rect(3, 3, 16, 10); c.globalAlpha = 0.18; c.fillStyle = colour; if (key !== "territory" && key !== "office_area") c.fill(); c.globalAlpha = 1;
      if (hatched.has(key)) { c.fillStyle = hatch(c, colour); c.fill(); }
      c.strokeStyle = colour; if (key === "territory") c.setLineDash([6, 2, 2, 2]); if (key === "office_area") c.setLineDash([2, 2]); c.stroke();
    }, className(key))));
}
function setTab(name) { state.tab = name; refresh(); remember(); }
function resize() {
  const w = $("map").clientWidth, h = $("map").clientHeight, first = view.width <= 1;
  view.width = Math.max(1, w); view.height = Math.max(1, h);
  if (!first) { paintStrip(); if (state.track) paintChart(state.track); painters.ground(); painters.top(); }
}
function open_() {
  const seen = recall();
  texts(); resize(); refresh();
  const a = state.alert, near = 6000 / 40e6;
  const to = seen || seeing(a && a.at ? [a.x - near, a.y - near, a.x + near, a.y + near] : state.track && state.track.n ? state.track.box : everything());
  if (to) look(...to);
}
{
  lang = RAW.lang === "en" ? "en" : "tr";
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  for (const [k, v] of [["viewBox", "0 0 18 18"], ["width", 18], ["height", 18]]) svg.setAttribute(k, v);
  for (const [k, v] of [["d", "M2 6V2h4M12 2h4v4M16 12v4h-4M6 16H2v-4"], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", 2]]) path.setAttribute(k, v);
  svg.append(path); $("fit").append(svg);
  $("in").addEventListener("click", () => zoomAt(view.width / 2, view.height / 2, 2));
  $("out").addEventListener("click", () => zoomAt(view.width / 2, view.height / 2, 0.5));
  $("fit").addEventListener("click", showAll);
  for (const b of $("languages").children) b.addEventListener("click", () => { lang = b.dataset.lang; texts(); refresh(); repaint(true); remember(); });
  for (const name of ["alerts", "vehicles"]) $(`tab-${name}`).addEventListener("click", () => setTab(name));
  document.querySelector(".tabs").addEventListener("keydown", e => { if (e.key === "ArrowLeft" || e.key === "ArrowRight") { setTab(state.tab === "alerts" ? "vehicles" : "alerts"); $(`tab-${state.tab}`).focus(); } });
  const bind = (id, key, then, read = v => v) => $(id).addEventListener("input", e => { state[key] = read(e.target.value); then(); });
  bind("kind", "kind", () => { alertLimit = PAGE; relist(); paintStrip(); repaint(); });
  bind("sort", "sort", relist); bind("when", "when", () => { relist(); repaint(); });
  bind("search", "search", listVehicles); bind("order", "order", listVehicles);
  bind("speed", "speed", () => {}, Number); bind("trail", "trail", repaint, Number);
  $("time").addEventListener("input", e => setTime(span.first + e.target.value / 1000 * (span.last - span.first)));
  $("time").addEventListener("keydown", e => { const step = { ArrowLeft: -60, ArrowRight: 60, PageUp: 3600, PageDown: -3600 }[e.key]; if (step) { e.preventDefault(); setTime(state.time + step); } });
  $("play").addEventListener("click", togglePlay);
  listen();
  new ResizeObserver(resize).observe($("map"));
  addEventListener("hashchange", () => { if (location.hash !== remembered) open_(); });
  open_();
  window.kervan = { state, view, repaint, setTime, tracks, alerts }; // for the console and for tests
}
