// The card of what is chosen: the alert, the vehicle at the moment, its speed and alerts over time.
const pairs = entries => el("dl", {}, ...entries.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...[value].flat())]));
const small_ = text => el("small", {}, text);

function alertPart(a) {
  const over = !isActive(a, state.time), both = s => [localTime(s), el("br"), small_(utcTime(s))];
  return el("section", {},
    el("h3", {}, icon(a.priority, over), kindName(a.kind), a.raised > state.time ? null : el("span", { class: over ? "tag" : "tag active" }, say(over ? "ended" : "active"))),
    el("p", {}, a.text[lang] || a.text.tr || a.text.en),
    a.do[lang] ? el("h4", {}, say("todo")) : null, a.do[lang] ? el("p", { class: "todo" }, a.do[lang]) : null,
    a.reasons.length ? el("h4", {}, say("why")) : null, a.reasons.length ? el("ul", { class: "reasons" }, ...a.reasons.map(r => el("li", {}, r))) : null,
    el("h4", {}, say("time")),
    pairs([[say("onset"), both(a.onset)], [say("raised"), both(a.raised)], [say("end"), a.ended === null ? say("goesOn") : both(a.ended)], [say("lasted"), a.ended !== null && a.ended > a.onset ? duration(a.ended - a.onset) : null],
      [say("priority"), priorityName(a.priority)], [say("subject"), subjectName(a.subject)]]),
    el("p", { class: "id" }, a.alert));
}
function momentPart(t) {
  const part = el("section", { id: "moment" });
  const p = position(t, state.time);
  if (!p) { part.append(el("p", {}, say("noFix"))); return part; }
  const i = p.i, here = zonesAt(t.x[i], t.y[i]), on = corridorsAt(t.x[i], t.y[i]);
  part.append(pairs([
    [say("fix"), [localTime(t.t[i]), el("br"), small_(`${utcTime(t.t[i])}${p.age >= 60 ? ` · ${duration(p.age)} ${say("ago")}` : ""}`)]],
    [say("speed"), kmh(t.v[i])], [say("quality"), qualityName(RAW.qualities[t.q[i]][0])],
    [say("place"), `${latitude(t.y[i]).toFixed(5)}, ${longitude(t.x[i]).toFixed(5)}`],
    [say("corridor"), on.map(k => k.name).join(", ")], [say("zone"), here.filter(z => z.class !== "office_area").map(z => z.name).join(", ")],
    [say("office"), here.filter(z => z.class === "office_area").map(z => z.name).join(", ")]]));
  return part;
}
function refreshCard() {
  const card = $("card"), t = state.track, a = state.alert;
  card.hidden = !t && !a;
  if (card.hidden) return card.replaceChildren();
  const name = t ? t.name : a.unit || subjectName(a.subject);
  card.replaceChildren(
    el("header", {}, el("h2", {}, name, small_(t ? [t.plate ? t.unit : null, t.journey].filter(Boolean).join(" · ") : a.subject)),
      el("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close"), onclick: () => { select(null); $("map").focus(); } }, "×")),
    ...(a ? [alertPart(a)] : []),
    ...(t ? [momentPart(t), chartPart(t)] : []));
  card.scrollTop = 0;
  if (t) paintChart(t);
}
function chartPart(t) {
  const canvas = el("canvas", { id: "chart", role: "img", "aria-label": say("speedChart") });
  const go = e => { const r = canvas.getBoundingClientRect(); setTime(chartSpan(t)[0] + (chartSpan(t)[1] - chartSpan(t)[0]) * (e.clientX - r.left) / r.width); };
  canvas.addEventListener("pointerdown", e => { canvas.setPointerCapture(e.pointerId); go(e); });
  canvas.addEventListener("pointermove", e => { if (e.buttons) go(e); });
  return el("section", {}, el("h4", { style: null }, say("speedChart")), canvas,
    t.alerts.length ? el("ul", { class: "list" }, ...t.alerts.map(a => alertEntry(a, true))) : null);
}
const chartSpan = t => {
  const first = Math.min(t.n ? t.t[0] : Infinity, ...t.alerts.map(a => a.onset)), last = Math.max(t.n ? t.t[t.n - 1] : -Infinity, ...t.alerts.map(a => a.ended ?? a.raised));
  return first < last ? [first, last] : [first - 60, first + 60];
};
/// Speed above, a bar for each alert below, the moment as a line.
function paintChart(t) {
  const canvas = $("chart");
  if (!canvas) return;
  const r = dpr(), w = canvas.clientWidth, h = canvas.clientHeight, c = canvas.getContext("2d"), [first, last] = chartSpan(t), high = 58;
  canvas.width = w * r; canvas.height = h * r; c.setTransform(r, 0, 0, r, 0, 0);
  const at = s => (s - first) / (last - first) * w;
  const most = Math.max(250, ...t.v), up = v => high - 2 - v / most * (high - 10);
  c.strokeStyle = "#e3e7ec"; c.lineWidth = 1; c.fillStyle = "#5b6775"; c.font = `10px ${getComputedStyle(document.body).fontFamily}`;
  for (const v of [50, 100]) if (v / 0.36 < most) { const y = Math.round(up(v / 0.36)) + 0.5; c.beginPath(); c.moveTo(0, y); c.lineTo(w, y); c.stroke(); c.fillText(String(v), 1, y - 2); }
  const columns = Math.max(1, Math.floor(w)), peak = new Float32Array(columns).fill(-1);
  for (let i = 0; i < t.n; i++) { const k = Math.min(columns - 1, Math.floor(at(t.t[i]))); peak[k] = Math.max(peak[k], t.v[i]); }
  c.beginPath(); c.strokeStyle = "#1f6fb2"; c.lineWidth = 1.3;
  let down = -99;
  const reach = Math.max(3, 720 / (last - first) * w);
  peak.forEach((v, k) => { if (v < 0) return; if (k - down > reach) c.moveTo(k, up(v)); else c.lineTo(k, up(v)); down = k; });
  c.stroke();
  const lanes = [];
  for (const a of t.alerts.filter(x => x.rank > 0 || x === state.alert)) {
    const x0 = at(a.onset), x1 = Math.max(x0 + 4, at(a.ended ?? last));
    let lane = lanes.findIndex(end => end < x0 - 2); if (lane < 0) lane = Math.min(lanes.length, 3);
    lanes[lane] = x1;
    c.fillStyle = priority(a.priority).colour; c.globalAlpha = !state.alert || a === state.alert ? 1 : 0.45;
    c.fillRect(x0, high + 4 + lane * 6, x1 - x0, 4);
  }
  c.globalAlpha = 1; c.fillStyle = "#5b6775"; c.textBaseline = "alphabetic";
  c.textAlign = "left"; c.fillText(parts(first, SHIFT).short, 0, h - 1); c.textAlign = "right"; c.fillText(parts(last, SHIFT).short, w, h - 1);
  const x = at(Math.min(last, Math.max(first, state.time)));
  c.strokeStyle = "#1d2733"; c.lineWidth = 1.4; c.beginPath(); c.moveTo(x, 0); c.lineTo(x, h - 12); c.stroke();
}
/// Only what depends on the moment, while time runs.
function tickCard() {
  const moment = $("moment");
  if (!state.track || !moment) return;
  moment.replaceWith(momentPart(state.track));
  paintChart(state.track);
}
