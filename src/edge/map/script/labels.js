// Names on the map, the important first; a name that would touch another is left out.
function paintLabels(c) {
  const taken = [], zoom = zoomLevel();
  const write = (text, x, y, font, colour, dot = null) => {
    c.font = font;
    const w = c.measureText(text).width, h = 14, left = dot ? x + 6 : x - w / 2, box = [left - 2, y - h / 2 - 1, left + w + 2, y + h / 2 + 1];
    if (box[0] > view.width || box[2] < 0 || box[1] > view.height || box[3] < 0) return;
    if (taken.some(t => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) return;
    taken.push(box);
    c.textAlign = "left"; c.textBaseline = "middle"; c.lineJoin = "round"; c.lineWidth = 3.2; c.strokeStyle = "#ffffffe0";
    c.strokeText(text, left, y); c.fillStyle = colour; c.fillText(text, left, y);
    if (dot) { c.beginPath(); c.arc(x, y, 2.2, 0, 2 * Math.PI); c.fillStyle = dot; c.fill(); }
  };
  const family = getComputedStyle(document.body).fontFamily;
  for (const p of places) if (p.rank === 1 && zoom > 4.6 || p.rank === 2 && zoom > 6.3 || p.rank > 2 && zoom > 7.2)
    write(p.name, screenX(p.x), screenY(p.y), `${p.rank === 1 ? "600 13px" : "12px"} ${family}`, p.rank === 1 ? "#39434e" : "#5b6570", "#5b6570");
  if (state.layers.zones) for (const zone of [...ordered].reverse()) {
    const large = (zone.box[2] - zone.box[0]) * view.scale, limit = zone.class === "border_gate" ? 2 : zone.class === "checkpoint" ? 26 : 22;
    if (zone.class === "territory" || !visible(zone.box, 0) || large < limit) continue;
    if (zone.class === "border_gate" && zoom < 7.2 || zone.class === "office_area" && (zoom < 7 || zoom > 9.5)) continue;
    const y = screenY((zone.box[1] + zone.box[3]) / 2), half = (zone.box[3] - zone.box[1]) * view.scale / 2;
    write(zone.name, screenX((zone.box[0] + zone.box[2]) / 2), small.has(zone.class) ? y + Math.max(half, 5) + 9 : y, `${zone.class === "office_area" ? "italic " : ""}12px ${family}`, zoneClass(zone.class).colour);
  }
  if (state.layers.corridors && zoom > 8) for (const k of corridors) corridorName(c, k, family, taken);
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
