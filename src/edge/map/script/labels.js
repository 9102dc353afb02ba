// Names on the map, the important first; a name that would touch another is left out.
function paintLabels(c) {
  const taken = [], zoom = zoomLevel();
  const write = (text, x, y, font, colour) => {
    c.font = font;
    const w = c.measureText(text).width, h = 14, left = x - w / 2, box = [left - 2, y - h / 2 - 1, left + w + 2, y + h / 2 + 1];
    if (box[0] > view.width || box[2] < 0 || box[1] > view.height || box[3] < 0) return;
    if (taken.some(t => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) return;
    taken.push(box);
    c.textAlign = "left"; c.textBaseline = "middle"; c.lineJoin = "round"; c.lineWidth = 3.2; c.strokeStyle = "#ffffffe0";
    c.strokeText(text, left, y); c.fillStyle = colour; c.fillText(text, left, y);
  };
  const family = getComputedStyle(document.body).fontFamily, busy = crowded();
  for (const p of places) if (p.rank === 1 && zoom > 4.6 || p.rank === 2 && zoom > 6.3 || p.rank > 2 && zoom > 7.2) {
    const font = `${p.rank === 1 ? "600 13px" : "12px"} ${family}`, x = screenX(p.x), y = screenY(p.y);
    if (x < -80 || y < -40 || x > view.width + 80 || y > view.height + 40) continue;
    c.font = font;
    const [lx, ly] = quiet(x, y, c.measureText(p.name).width, busy, taken);
    c.beginPath(); c.arc(x, y, 2.2, 0, 2 * Math.PI); c.fillStyle = "#5b6570"; c.fill();
    write(p.name, lx, ly, font, p.rank === 1 ? "#39434e" : "#5b6570");
  }
  if (state.layers.zones) for (const zone of [...ordered].reverse()) {
    const large = (zone.box[2] - zone.box[0]) * view.scale, limit = zone.class === "border_gate" ? 2 : zone.class === "checkpoint" ? 26 : 22;
    if (zone.class === "territory" || !visible(zone.box, 0) || large < limit) continue;
    if (hatched.has(zone.class) && zoom < 7.8 || zone.class === "border_gate" && zoom < 7.2 || zone.class === "office_area" && (zoom < 7 || zoom > 9.5)) continue;
    const y = screenY((zone.box[1] + zone.box[3]) / 2), half = (zone.box[3] - zone.box[1]) * view.scale / 2;
    write(zone.name, screenX((zone.box[0] + zone.box[2]) / 2), small.has(zone.class) ? y + Math.max(half, 5) + 9 : y, `${zone.class === "office_area" ? "italic " : ""}12px ${family}`, zoneClass(zone.class).colour);
  }
  if (state.layers.corridors && zoom > 8) for (const k of corridors) corridorName(c, k, family, taken);
}
/// Cells of twelve pixels through which a corridor runs: marks and tracks will lie there.
function crowded() {
  const cells = new Set();
  for (const k of corridors) for (const l of k.rings) for (let i = 1; i < l.n; i++) {
    const ax = screenX(l.x[i - 1]), ay = screenY(l.y[i - 1]), bx = screenX(l.x[i]), by = screenY(l.y[i]);
    if (Math.max(ax, bx) < 0 || Math.max(ay, by) < 0 || Math.min(ax, bx) > view.width || Math.min(ay, by) > view.height) continue;
    const steps = Math.min(400, Math.ceil(Math.hypot(bx - ax, by - ay) / 8));
    for (let s = 0; s <= steps; s++) cells.add(`${Math.floor((ax + (bx - ax) * s / steps) / 12)},${Math.floor((ay + (by - ay) * s / steps) / 12)}`);
  }
  return cells;
}
/// The middle for a name beside a dot that touches the fewest busy cells: right, left, above, below, and farther off.
function quiet(x, y, w, busy, taken) {
  let best = [x + w / 2 + 6, y], least = Infinity;
  for (const [dx, dy] of [[w / 2 + 6, 0], [-w / 2 - 6, 0], [0, -13], [0, 13], [w / 2 + 4, 15], [-w / 2 - 4, 15], [w / 2 + 4, -15], [-w / 2 - 4, -15], [0, 24], [0, -24]]) {
    const mx = x + dx, my = y + dy;
    let hits = 0;
    for (let gx = Math.floor((mx - w / 2 - 8) / 12); gx <= Math.floor((mx + w / 2 + 8) / 12); gx++)
      for (let gy = Math.floor((my - 12) / 12); gy <= Math.floor((my + 12) / 12); gy++) if (busy.has(`${gx},${gy}`)) hits++;
    if (taken.some(t => t[0] < mx + w / 2 && t[2] > mx - w / 2 && t[1] < my + 8 && t[3] > my - 8)) hits += 50;
    if (hits < least) { least = hits; best = [mx, my]; }
    if (!hits) break;
  }
  return best;
}
/// A corridor's name along its line, at the visible place nearest to the middle.
function corridorName(c, k, family, taken) {
  if (!visible(k.box, 0)) return;
  const l = k.rings[0];
  let best = Infinity, at = null;
  for (let i = 1; i < l.n; i++) {
    const ax = screenX(l.x[i - 1]), ay = screenY(l.y[i - 1]), bx = screenX(l.x[i]), by = screenY(l.y[i]);
    const [px, py] = nearest(view.width / 2, view.height / 2, ax, ay, bx, by), d = Math.hypot(px - view.width / 2, py - view.height / 2);
    if (d < best && Math.hypot(bx - ax, by - ay) > 1) { best = d; at = [px, py, Math.atan2(by - ay, bx - ax)]; }
  }
  if (!at || at[0] < 60 || at[1] < 30 || at[0] > view.width - 60 || at[1] > view.height - 30) return;
  c.font = `italic 12px ${family}`;
  const half = c.measureText(k.name).width / 2, lift = Math.max(11, Math.min(bandWidth(k) / 2 - 10, 60));
  const [x, y] = at, box = [x - half, y - 24, x + half, y + 8];
  if (taken.some(t => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) return;
  taken.push(box);
  c.save();
  c.translate(x, y); c.rotate(Math.abs(at[2]) > Math.PI / 2 ? at[2] + Math.PI : at[2]);
  c.lineWidth = 3; c.strokeStyle = "#ffffffe0"; c.fillStyle = "#38618a"; c.textAlign = "center"; c.textBaseline = "middle";
  c.strokeText(k.name, 0, -lift); c.fillText(k.name, 0, -lift);
  c.restore();
}
/// The point of the segment ab nearest to p.
function nearest(px, py, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay, q = dx * dx + dy * dy;
  const f = q ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / q)) : 0;
  return [ax + f * dx, ay + f * dy];
}
