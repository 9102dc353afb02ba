// What is chosen, and its copy behind the # of the address, so that a view can be sent and opened again.
const state = {
  time: span.last, track: null, alert: null, hover: null, tab: "alerts", playing: false, speed: 900, trail: Infinity,
  shown: new Set(["high", "medium", "low"]), kind: "", sort: "newest", when: "all", search: "", order: "count",
  layers: { corridors: true, zones: true, tracks: true, alerts: true, vehicles: true, labels: true },
};
const unknownPriorities = new Set(alerts.map(a => a.priority).filter(p => !Object.hasOwn(PRIORITIES, p)));
const passes = a => (state.shown.has(a.priority) || unknownPriorities.has(a.priority)) && (!state.kind || a.kind === state.kind);
const inPeriod = a => state.when === "all" || (state.when === "until" ? a.raised <= state.time : isActive(a, state.time));

let remembering = 0, remembered = "";
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const hash = new URLSearchParams();
    hash.set("lang", lang);
    const moment = new Date(Math.round(state.time) * 1000);
    if (!Number.isNaN(moment.getTime())) hash.set("t", moment.toISOString().replace(".000", ""));
    if (state.alert) hash.set("alert", state.alert.alert);
    if (state.track) { hash.set("unit", state.track.unit); if (state.track.journey) hash.set("journey", state.track.journey); }
    if (state.tab !== "alerts") hash.set("tab", state.tab);
    hash.set("view", `${latitude(view.y).toFixed(5)},${longitude(view.x).toFixed(5)},${zoomLevel().toFixed(2)}`);
    remembered = `#${hash.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
    try { history.replaceState(null, "", remembered); } catch { /* an address that may not be changed is no fault */ }
  }, 250);
}
/// Takes over what stands in the address; unknown words are passed over.
function recall() {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (["tr", "en"].includes(hash.get("lang"))) lang = hash.get("lang");
  if (["alerts", "vehicles"].includes(hash.get("tab"))) state.tab = hash.get("tab");
  const t = hash.get("t"), time = t === null ? NaN : /^\d+$/.test(t) ? Number(t) / 1000 : Date.parse(t) / 1000;
  if (Number.isFinite(time)) state.time = Math.min(span.last, Math.max(span.first, time));
  state.alert = alerts.find(a => a.alert === hash.get("alert")) || null;
  const own = byUnit.get(hash.get("unit")) || [];
  state.track = own.find(x => x.journey === hash.get("journey")) || own[0] || (state.alert && state.alert.track) || null;
  if (state.alert && t === null) state.time = Math.min(span.last, Math.max(span.first, state.alert.raised));
  const [lat, lon, zoom] = (hash.get("view") || "").split(",").map(Number);
  return hash.get("view") && [lat, lon, zoom].every(Number.isFinite) ? [mercatorX(lon), mercatorY(lat), 256 * 2 ** zoom] : null;
}
function select(track, alert = null) {
  state.track = track; state.alert = alert;
  repaint(true); remember(); refresh();
}
function setTime(time) {
  state.time = Math.min(span.last, Math.max(span.first, time));
  repaint(); remember(); tick();
}
