// Where one looks: the centre in the unit square and pixels per unit; canvases that follow the window.
const view = { x: 0.5, y: 0.5, scale: 1000, width: 1, height: 1 };
const LARGEST = 2 ** 28, SMALLEST = 700;
const dpr = () => Math.max(1, Math.min(3, window.devicePixelRatio || 1));
const screenX = x => (x - view.x) * view.scale + view.width / 2;
const screenY = y => (y - view.y) * view.scale + view.height / 2;
const worldX = px => (px - view.width / 2) / view.scale + view.x;
const worldY = py => (py - view.height / 2) / view.scale + view.y;
const metresPerPixel = (y = view.y) => 40075016.68557849 / Math.cosh((0.5 - y) * 2 * Math.PI) / view.scale;
const visible = (box, margin = 40) => { const m = margin / view.scale, w = view.width / 2 / view.scale + m, h = view.height / 2 / view.scale + m;
  return box[0] <= view.x + w && box[2] >= view.x - w && box[1] <= view.y + h && box[3] >= view.y - h; };
const zoomLevel = () => Math.log2(view.scale / 256);

const dirty = { ground: true, top: true };
let waiting = false;
const painters = { ground: () => {}, top: () => {}, frame: null };
/// Asks for the next frame; nothing is painted outside it.
function repaint(ground = false) {
  dirty.top = true; dirty.ground ||= ground;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(now => {
    waiting = false;
    if (painters.frame) painters.frame(now);
    if (dirty.ground) { dirty.ground = false; painters.ground(); }
    if (dirty.top) { dirty.top = false; painters.top(); }
  });
}
function canvasOf(id) {
  const canvas = $(id), context = canvas.getContext("2d");
  return { canvas, context, begin() {
    const w = canvas.clientWidth, h = canvas.clientHeight, r = dpr();
    if (canvas.width !== Math.round(w * r) || canvas.height !== Math.round(h * r)) { canvas.width = Math.round(w * r); canvas.height = Math.round(h * r); }
    context.setTransform(r, 0, 0, r, 0, 0); context.clearRect(0, 0, w, h);
    return context;
  } };
}
function look(x, y, scale) {
  view.scale = Math.max(SMALLEST, Math.min(LARGEST, scale));
  view.x = Math.max(0, Math.min(1, x)); view.y = Math.max(0, Math.min(1, y));
  repaint(true); remember();
}
function zoomAt(px, py, factor) {
  const x = worldX(px), y = worldY(py), scale = Math.max(SMALLEST, Math.min(LARGEST, view.scale * factor));
  look(x - (px - view.width / 2) / scale, y - (py - view.height / 2) / scale, scale);
}
let flight = 0;
/// Goes there in a third of a second, or at once if motion is unwanted.
function fly(x, y, scale) {
  cancelAnimationFrame(flight);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return look(x, y, scale);
  const from = { ...view }, start = performance.now();
  const step = now => {
    const k = Math.min(1, Math.max(0, (now - start) / 320)), e = 1 - (1 - k) ** 3;
    const s = from.scale * (scale / from.scale) ** e;
    const f = Math.abs(scale / from.scale - 1) < 1e-6 ? e : (1 / from.scale - 1 / s) / (1 / from.scale - 1 / scale);
    look(from.x + (x - from.x) * f, from.y + (y - from.y) * f, s);
    if (k < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}
/// Centre and scale at which a box is seen whole, beside the card if that is open.
function seeing(box, largest = 2 ** 22) {
  if (box[0] > box[2]) return null;
  const right = $("card").hidden ? 0 : $("card").offsetWidth + 12, left = 48;
  const w = Math.max(80, view.width - right - left), h = Math.max(80, view.height - 40);
  const scale = Math.min(largest, 0.94 * Math.min(w / Math.max(box[2] - box[0], 1e-9), h / Math.max(box[3] - box[1], 1e-9)));
  return [(box[0] + box[2]) / 2 + (right - left) / 2 / scale, (box[1] + box[3]) / 2, scale];
}
/// What the whole is: corridors, sound fixes and alerts; without them zones, then the basemap.
function everything() {
  const main = joined([...corridors, ...tracks, ...alerts.filter(a => a.at).map(a => ({ box: [a.x, a.y, a.x, a.y] }))]);
  if (main[0] <= main[2]) return main;
  const rest = joined(zones.length ? zones : basemap);
  return rest[0] <= rest[2] ? rest : [0.5, 0.3, 0.64, 0.42];
}
