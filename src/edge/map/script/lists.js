// The two lists at the side: alerts with filters, vehicles with a search.
const PAGE = 150;
let alertLimit = PAGE, vehicleLimit = PAGE;
const collate = (a, b) => a.localeCompare(b, lang === "tr" ? "tr" : "en", { numeric: true });
const SORTS = {
  newest: (a, b) => b.raised - a.raised, oldest: (a, b) => a.raised - b.raised, byPriority: (a, b) => b.rank - a.rank || b.raised - a.raised,
  byKind: (a, b) => collate(kindName(a.kind), kindName(b.kind)) || b.raised - a.raised, byVehicle: (a, b) => collate(whose(a), whose(b)) || a.raised - b.raised,
};
const whose = a => a.track ? a.track.name : a.unit || a.subject;
function subjectName(subject) {
  const [kind, ...rest] = subject.split(":"), id = rest.join(":");
  if (Object.hasOwn(SUBJECTS, kind) && (!id || kind === "sensor" || kind === "pair" || kind === "cell")) return [word(SUBJECTS, kind), id].filter(Boolean).join(": ");
  const found = kind === "corridor" ? corridors.find(k => k.id === id) : zones.find(z => z.id === id);
  return found ? found.name : subject;
}
function alertEntry(a, brief = false) {
  const past = a.raised > state.time, over = !isActive(a, state.time);
  return el("li", {}, el("button", { type: "button", "aria-current": a === state.alert ? "true" : false, class: past ? "later" : null, onclick: () => choose(a) },
    icon(a.priority, over), el("span", { class: "what" }, kindName(a.kind)), el("span", { class: "time" }, localShort(a.raised)),
    el("span", { class: "who" }, ...(brief ? [] : [el("b", {}, whose(a)), " · "]), subjectName(a.subject), a.ended === null ? ` · ${say("goesOn")}` : a.ended > a.onset ? ` · ${duration(a.ended - a.onset)}` : "")));
}
/// Chooses an alert: its vehicle, its time, its place.
function choose(a) {
  if (a.raised > state.time || state.time >= (a.ended ?? Infinity)) setTime(a.raised);
  select(a.track, a);
  if (a.at) {
    const near = 4000 / 40e6 / Math.max(0.2, Math.cos(latitude(a.y) * Math.PI / 180));
    const to = seeing([a.x - near, a.y - near, a.x + near, a.y + near]);
    fly(...to);
  }
}
function fill(select, options, value) {
  select.replaceChildren(...options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
}
function listAlerts() {
  const list = alerts.filter(a => passes(a) && inPeriod(a)).sort((a, b) => SORTS[state.sort](a, b) || a.number - b.number);
  const rows = list.slice(0, alertLimit).map(a => alertEntry(a));
  if (list.length > alertLimit) rows.push(el("li", {}, el("button", { type: "button", class: "more", onclick: () => { alertLimit += PAGE; listAlerts(); } }, say("more"))));
  if (!list.length) rows.push(el("li", { class: "none" }, say("noAlerts")));
  $("alerts").replaceChildren(...rows);
  $("shown").textContent = `${count(list.length)} / ${count(alerts.length)}`;
}
function listVehicles() {
  const fold = text => text.toLocaleLowerCase("tr").replaceAll("ı", "i").replace(/\s+/g, "");
  const wanted = fold(state.search);
  const counts = new Map(tracks.map(t => [t, t.alerts.filter(a => a.rank > 0).reduce((n, a) => n + 1 + a.rank * 0.001, 0)]));
  const list = tracks.filter(t => !wanted || fold(`${t.plate || ""}|${t.unit}|${t.journey || ""}`).includes(wanted))
    .sort((a, b) => (state.order === "count" ? counts.get(b) - counts.get(a) : 0) || collate(a.name, b.name) || a.number - b.number);
  const rows = list.slice(0, vehicleLimit).map(t => {
    const marks = ["high", "medium", "low"].map(key => [key, t.alerts.filter(a => a.priority === key).length]).filter(([, n]) => n);
    return el("li", {}, el("button", { type: "button", "aria-current": t === state.track ? "true" : false, onclick: () => chooseTrack(t) },
      vehicleIcon(), el("span", { class: "what" }, t.name),
      el("span", { class: "counts" }, ...marks.map(([key, n]) => el("span", {}, icon(key, false, 12), String(n)))),
      el("span", { class: "who" }, [t.plate ? t.unit : null, t.journey].filter(Boolean).join(" · "))));
  });
  if (list.length > vehicleLimit) rows.push(el("li", {}, el("button", { type: "button", class: "more", onclick: () => { vehicleLimit += PAGE; listVehicles(); } }, say("more"))));
  if (!list.length) rows.push(el("li", { class: "none" }, say("noVehicles")));
  $("vehicles").replaceChildren(...rows);
  $("found").textContent = `${count(list.length)} / ${count(tracks.length)}`;
}
function vehicleIcon() {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 16 16"); svg.setAttribute("width", 16); svg.setAttribute("height", 16); svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M1 4h8v6H1zM10 6h3l2 2.4V10h-5zM3 11.5a1.3 1.3 0 1 0 2.6 0 1.3 1.3 0 1 0-2.6 0M10.6 11.5a1.3 1.3 0 1 0 2.6 0 1.3 1.3 0 1 0-2.6 0");
  path.setAttribute("fill", "#16395c"); svg.append(path);
  return svg;
}
function chooseTrack(t) {
  select(t, null);
  if (t.n && state.time < t.t[0]) setTime(t.t[t.n - 1]);
  const to = seeing(t.box); if (to) fly(...to);
}
function filters() {
  $("priorities").replaceChildren(...Object.keys(PRIORITIES).map(key => el("button", { type: "button", class: "chip", "aria-pressed": String(state.shown.has(key)), title: priorityName(key),
    onclick: () => { state.shown.has(key) ? state.shown.delete(key) : state.shown.add(key); alertLimit = PAGE; filters(); listAlerts(); repaint(); paintStrip(); } },
    icon(key, false, 13), priorityName(key), el("b", {}, count(alerts.filter(a => a.priority === key).length)))));
  const kinds = [...new Set(alerts.map(a => a.kind))].sort((a, b) => collate(kindName(a), kindName(b)));
  fill($("kind"), [["", say("anyKind")], ...kinds.map(k => [k, `${kindName(k)} (${count(alerts.filter(a => a.kind === k).length)})`])], state.kind);
  fill($("sort"), Object.keys(SORTS).map(k => [k, say(k)]), state.sort);
  fill($("when"), [["all", say("wholeDay")], ["until", say("untilNow")], ["at", say("atNow")]], state.when);
  fill($("order"), [["count", say("byCount")], ["plate", say("byPlate")]], state.order);
}
