// What does not move: land, zones, corridors. Painted only when the view or the selection changes.
const ground = canvasOf("ground");

/// Adds a line to the path, leaving out steps of less than a pixel.
function trace(c, l, close) {
  let px = screenX(l.x[0]), py = screenY(l.y[0]);
  c.moveTo(px, py);
  for (let i = 1; i < l.n; i++) {
    const x = screenX(l.x[i]), y = screenY(l.y[i]);
    if (Math.abs(x - px) + Math.abs(y - py) < 0.8 && i < l.n - 1) continue;
    c.lineTo(x, y); px = x; py = y;
  }
  if (close) c.closePath();
}
function outline(c, rings, close = true) {
  c.beginPath();
  for (const ring of rings) if (ring.n > 1 && (visible(ring.box) || close)) trace(c, ring, close);
}
/// Width of a corridor on the screen: true, but never so thin that it is lost.
const bandWidth = c => Math.max(4, 2 * c.half / metresPerPixel());

const hatches = new Map();
function hatch(c, colour) {
  if (!hatches.has(colour)) {
    const tile = document.createElement("canvas"); tile.width = tile.height = 8;
    const t = tile.getContext("2d"); t.strokeStyle = colour; t.globalAlpha = 0.55; t.lineWidth = 1.3;
    t.beginPath(); t.moveTo(-2, 10); t.lineTo(10, -2); t.moveTo(-2, 2); t.lineTo(2, -2); t.moveTo(6, 10); t.lineTo(10, 6); t.stroke();
    hatches.set(colour, c.createPattern(tile, "repeat"));
  }
  return hatches.get(colour);
}
const hatched = new Set(["forbidden", "risk", "watch", "dead_zone"]);
const small = new Set(["border_gate", "customs_area", "warehouse", "permitted_stop", "lodging", "queue", "checkpoint"]);
/// Zones too small for the scale: gates as marks, the rest only closer by.
function zoneMark(c, zone, x, y) {
  const { colour } = zoneClass(zone.class);
  c.fillStyle = colour; c.strokeStyle = "#fff"; c.lineWidth = 1.5;
  c.beginPath();
  if (zone.class === "border_gate") c.rect(x - 4.5, y - 4.5, 9, 9); else c.arc(x, y, 3.2, 0, 2 * Math.PI);
  c.stroke(); c.fill();
  if (zone.class === "border_gate") { c.fillStyle = "#fff"; c.fillRect(x - 2.5, y - 1, 5, 2); }
}
/// Classes from the outside in: what is watched most stands on top.
const ORDER = ["office_area", "territory", "dead_zone", "watch", "risk", "forbidden", "customs_area", "queue", "warehouse", "permitted_stop", "lodging", "checkpoint", "border_gate"];
const ordered = [...zones].sort((a, b) => ORDER.indexOf(a.class) - ORDER.indexOf(b.class));
function paintZones(c, wide) {
  for (const zone of ordered) {
    const area = zone.class === "territory" || zone.class === "office_area";
    if (area !== wide || !visible(zone.box)) continue;
    const { colour } = zoneClass(zone.class), size = (zone.box[2] - zone.box[0]) * view.scale;
    if (size < 9 && small.has(zone.class)) {
      if (zone.class === "border_gate" || (zone.class === "checkpoint" ? zoomLevel() > 7.6 : zoomLevel() > 7)) zoneMark(c, zone, screenX((zone.box[0] + zone.box[2]) / 2), screenY((zone.box[1] + zone.box[3]) / 2));
      continue;
    }
    if (zone.class === "office_area" && zoomLevel() < 6.6) continue;
    outline(c, zone.rings);
    c.strokeStyle = colour;
    if (zone.class === "office_area") { c.setLineDash([2, 4]); c.lineWidth = 0.8; c.globalAlpha = 0.7; c.stroke(); }
    else if (zone.class === "territory") { c.setLineDash([10, 3, 2, 3]); c.lineWidth = 1.3; c.globalAlpha = 0.75; c.stroke(); }
    else {
      c.globalAlpha = hatched.has(zone.class) ? 0.07 : 0.16; c.fillStyle = colour; c.fill("evenodd"); c.globalAlpha = 1;
      if (hatched.has(zone.class)) { c.fillStyle = hatch(c, colour); c.fill("evenodd"); }
      c.lineWidth = 1.4; if (zone.class === "dead_zone") c.setLineDash([4, 3]); c.stroke();
    }
    c.setLineDash([]); c.globalAlpha = 1;
  }
}
function paintCorridors(c) {
  const seen = corridors.filter(k => visible(k.box, 2000));
  const chosen = state.alert && state.alert.subject === `corridor:${(seen.find(k => state.alert.subject === `corridor:${k.id}`) || {}).id}` ? state.alert.subject.slice(9) : null;
  c.lineJoin = c.lineCap = "round";
  const stroke = (k, width, colour) => { outline(c, k.rings, false); c.lineWidth = width; c.strokeStyle = colour; c.stroke(); };
  for (const k of seen) stroke(k, bandWidth(k) + 2, k.id === chosen ? "#3f7fb5" : "#93b3d1");
  for (const k of seen) stroke(k, bandWidth(k), "#d3e2f0");
  for (const k of seen) if (k.id === chosen) stroke(k, bandWidth(k), "#b9d5ee");
  c.setLineDash([7, 6]);
  for (const k of seen) if (bandWidth(k) > 16) stroke(k, 1, "#7f9fbf");
  c.setLineDash([]);
}
painters.ground = () => {
  const c = ground.begin();
  c.fillStyle = basemap.length ? "#dfe8ee" : "#f6f4ef"; c.fillRect(0, 0, view.width, view.height);
  outline(c, basemap.filter(ring => visible(ring.box)));
  c.fillStyle = "#f8f6f1"; c.fill("evenodd"); c.lineWidth = 1; c.strokeStyle = "#b7bdc0"; c.stroke();
  if (state.layers.zones) paintZones(c, true);
  if (state.layers.corridors) paintCorridors(c);
  if (state.layers.zones) paintZones(c, false);
  if (state.layers.labels) paintLabels(c);
  paintScale();
};
function paintScale() {
  const metres = metresPerPixel(), target = 110 * metres;
  const ten = 10 ** Math.floor(Math.log10(target)), round = [5, 2, 1].map(k => k * ten).find(k => k <= target) || ten;
  $("scale").querySelector("i").style.width = `${Math.round(round / metres)}px`;
  $("scale").querySelector("span").textContent = round >= 1000 ? `${count(round / 1000)} km` : `${count(round)} m`;
}
