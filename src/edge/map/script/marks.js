// Vehicles and alerts above all else. Alerts that would cover each other are one mark with their number.
const top_ = canvasOf("top");
let clusters = [], standing = [];

function paintVehicles(c) {
  standing = [];
  if (!state.layers.vehicles) return;
  const family = getComputedStyle(document.body).fontFamily, named = zoomLevel() > 8.4;
  for (const track of tracks) {
    const p = position(track, state.time), chosen = track === state.track;
    if (!p || p.over && !chosen) continue;
    const x = screenX(p.x), y = screenY(p.y);
    if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
    standing.push({ track, x, y });
    c.globalAlpha = state.track && !chosen ? 0.4 : 1;
    const r = chosen ? 8 : zoomLevel() > 7 ? 6 : 4.6, colour = p.silent || p.over ? "#8a94a0" : "#16395c";
    c.save(); c.translate(x, y);
    c.beginPath();
    if (p.moving) { c.rotate(p.heading); c.moveTo(0, -r * 1.25); c.lineTo(r * 0.9, r); c.lineTo(0, r * 0.5); c.lineTo(-r * 0.9, r); c.closePath(); }
    else c.arc(0, 0, r * 0.78, 0, 2 * Math.PI);
    c.lineJoin = "round"; c.lineWidth = chosen ? 4 : 3; c.strokeStyle = "#fff"; c.stroke();
    c.fillStyle = p.silent ? "#fff" : colour; c.fill();
    if (p.silent) { c.lineWidth = 1.6; c.strokeStyle = colour; c.stroke(); }
    c.restore();
    if (named || chosen) {
      c.font = `${chosen ? "600 13px" : "12px"} ${family}`; c.textAlign = "left"; c.textBaseline = "middle"; c.lineWidth = 3.5; c.strokeStyle = "#ffffffe8"; c.lineJoin = "round";
      c.strokeText(track.name, x + 11, y - 9); c.fillStyle = "#16395c"; c.fillText(track.name, x + 11, y - 9);
    }
  }
  c.globalAlpha = 1;
}
function gather() {
  clusters = [];
  if (!state.layers.alerts) return;
  const seen = alerts.filter(a => a.at && (a === state.alert || passes(a) && a.raised <= state.time && (state.when !== "at" || isActive(a, state.time)) && (!state.track || a.track === state.track)));
  seen.sort((a, b) => (b === state.alert) - (a === state.alert) || isActive(b, state.time) - isActive(a, state.time) || b.rank - a.rank || a.raised - b.raised || a.number - b.number);
  const cells = new Map(), reach = 24;
  for (const a of seen) {
    const x = screenX(a.x), y = screenY(a.y);
    if (x < -30 || y < -30 || x > view.width + 30 || y > view.height + 30) continue;
    const gx = Math.floor(x / reach), gy = Math.floor(y / reach);
    let home = null;
    for (let i = -1; i < 2 && !home; i++) for (let j = -1; j < 2 && !home; j++)
      home = (cells.get(`${gx + i},${gy + j}`) || []).find(k => Math.hypot(k.x - x, k.y - y) < reach) || null;
    if (home) { home.alerts.push(a); continue; }
    const cluster = { x, y, alerts: [a] }, key = `${gx},${gy}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(cluster); clusters.push(cluster);
  }
}
function paintAlerts(c) {
  gather();
  const family = getComputedStyle(document.body).fontFamily;
  for (const cluster of [...clusters].reverse()) {
    const { x, y } = cluster, first = cluster.alerts[0];
    const chosen = first === state.alert;
    if (chosen) { c.beginPath(); c.arc(x, y, 17, 0, 2 * Math.PI); c.fillStyle = "#1f6fb233"; c.fill(); c.lineWidth = 2.5; c.strokeStyle = "#16395c"; c.stroke(); }
    const worst = chosen ? first : cluster.alerts.reduce((w, a) => a.rank > w.rank ? a : w);
    sign(c, x, y, first.rank ? 9 : 7, worst.priority, !cluster.alerts.some(a => a.rank === worst.rank && isActive(a, state.time)));
    if (cluster.alerts.length > 1) {
      const text = String(cluster.alerts.length);
      c.font = `600 10.5px ${family}`; const w = Math.max(14, c.measureText(text).width + 7);
      c.beginPath(); c.roundRect(x + 4, y - 16, w, 14, 7); c.fillStyle = "#1d2733"; c.fill(); c.lineWidth = 1.4; c.strokeStyle = "#fff"; c.stroke();
      c.fillStyle = "#fff"; c.textAlign = "center"; c.textBaseline = "middle"; c.fillText(text, x + 4 + w / 2, y - 8.6);
    }
  }
}
painters.top = () => {
  const c = top_.begin();
  if (state.layers.tracks) paintTracks(c);
  paintVehicles(c);
  paintAlerts(c);
  const h = state.hover;
  if (h && h.dot) { c.beginPath(); c.arc(screenX(h.dot[0]), screenY(h.dot[1]), 6, 0, 2 * Math.PI); c.lineWidth = 2.4; c.strokeStyle = "#fff"; c.stroke(); c.lineWidth = 1.6; c.strokeStyle = "#16395c"; c.stroke(); }
};
