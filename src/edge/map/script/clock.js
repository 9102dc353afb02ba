// Time: the strip of alerts, the slider, playing.
const NICE = [300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
const SPEEDS = [60, 300, 900, 3600];
const PLAY = "M5 3 L15 9 L5 15 Z", PAUSE = "M4 3 H8 V15 H4 Z M10 3 H14 V15 H10 Z";

function paintStrip() {
  const canvas = $("histogram"), w = canvas.clientWidth, h = 58, r = dpr(), c = canvas.getContext("2d");
  canvas.width = w * r; canvas.height = h * r; c.setTransform(r, 0, 0, r, 0, 0);
  const left = 8, wide = Math.max(1, w - 16), base = 33, at = s => left + (s - span.first) / (span.last - span.first) * wide;
  const columns = Math.max(1, Math.floor(wide / 5)), bins = Array.from({ length: columns }, () => [0, 0, 0, 0]);
  for (const a of alerts) if (passes(a)) bins[Math.max(0, Math.min(columns - 1, Math.floor((a.raised - span.first) / (span.last - span.first) * columns)))][a.rank]++;
  const most = Math.max(4, ...bins.map(b => b[0] + b[1] + b[2] + b[3]));
  bins.forEach((b, k) => { let y = base; for (const rank of [3, 2, 1, 0]) { const tall = b[rank] / most * (base - 4); c.fillStyle = Object.values(PRIORITIES).find(p => p.rank === rank).colour; c.globalAlpha = 0.8; c.fillRect(left + k * wide / columns, y - tall, wide / columns - 1, tall); y -= tall; } });
  c.globalAlpha = 1; c.fillStyle = "#5b6775"; c.strokeStyle = "#9aa5b1"; c.font = `11px ${getComputedStyle(document.body).fontFamily}`; c.textAlign = "center"; c.textBaseline = "alphabetic";
  const length = span.last - span.first, step = NICE.find(n => length / n <= wide / 62) || Math.ceil(length / 8 / 604800) * 604800;
  for (let s = Math.ceil((span.first + SHIFT) / step) * step - SHIFT; s <= span.last; s += step) {
    const p = parts(s, SHIFT), x = at(s), text = step >= 86400 || p.short === "00:00" ? p.date.slice(0, 5) : p.short;
    c.beginPath(); c.moveTo(x, 44); c.lineTo(x, 47); c.stroke();
    c.fillText(text, Math.max(16, Math.min(w - 16, x)), 57);
  }
}
/// Follows the moment: slider, clock, card; the list only where it depends on it.
let listed = 0;
function tick() {
  const slider = $("time");
  slider.value = (state.time - span.first) / (span.last - span.first) * 1000;
  slider.setAttribute("aria-valuetext", localTime(state.time));
  const local = parts(state.time, SHIFT), utc = parts(state.time, 0);
  $("clock").querySelector("b").textContent = `${local.date} ${local.short}`;
  $("clock").querySelector("span").textContent = `Europe/Istanbul · ${utc.short} UTC`;
  tickCard();
  if (state.tab === "alerts" && performance.now() - listed > 200) relist();
}
function relist() { listed = performance.now(); listAlerts(); }
function togglePlay() {
  state.playing = !state.playing;
  if (state.playing && state.time >= span.last) setTime(span.first);
  played = performance.now();
  playButton(); repaint();
}
function playButton() {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 18 18"); svg.setAttribute("width", 18); svg.setAttribute("height", 18); svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", state.playing ? PAUSE : PLAY); svg.append(path);
  $("play").replaceChildren(svg); $("play").setAttribute("aria-label", say(state.playing ? "pause" : "play")); $("play").title = say(state.playing ? "pause" : "play");
}
let played = 0;
painters.frame = now => {
  if (!state.playing) return;
  const passed = Math.min(0.25, Math.max(0, (now - played) / 1000)); played = now;
  setTime(state.time + passed * state.speed);
  if (state.time >= span.last) { state.playing = false; playButton(); relist(); } else queueMicrotask(() => repaint());
};
