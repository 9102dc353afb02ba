// The scene, unpacked once: positions as Web Mercator in a unit square, times in seconds.
const RAW = JSON.parse($("scene").textContent);
const DIGIT = new Int8Array(128).fill(-1);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].forEach((c, i) => { DIGIT[c.charCodeAt(0)] = i; });

/// Integers of a packed text (packing.rs): zigzag, five bits a character, lowest first.
function integers(text) {
  const out = [];
  for (let i = 0, value = 0, unit = 1; i < text.length; i++) {
    const digit = DIGIT[text.charCodeAt(i)];
    value += (digit & 31) * unit;
    if (digit & 32) { unit *= 32; continue; }
    out.push(value % 2 ? -(value + 1) / 2 : value / 2);
    value = 0; unit = 1;
  }
  return out;
}
const mercatorX = lon => lon / 360 + 0.5;
const mercatorY = lat => 0.5 - Math.atanh(Math.sin(Math.min(85.05, Math.max(-85.05, lat)) * Math.PI / 180)) / (2 * Math.PI);
const latitude = y => Math.asin(Math.tanh((0.5 - y) * 2 * Math.PI)) * 180 / Math.PI;
const longitude = x => (x - 0.5) * 360;

/// A line or ring: x, y and the box round them.
function line(text) {
  const row = integers(text), n = row.length / 2, x = new Float64Array(n), y = new Float64Array(n);
  const box = [1, 1, 0, 0];
  for (let i = 0, lat = 0, lon = 0; i < n; i++) {
    x[i] = mercatorX((lon += row[2 * i + 1]) / 1e6); y[i] = mercatorY((lat += row[2 * i]) / 1e6);
    grow(box, x[i], y[i]);
  }
  return { n, x, y, box };
}
function grow(box, x, y) { if (x < box[0]) box[0] = x; if (y < box[1]) box[1] = y; if (x > box[2]) box[2] = x; if (y > box[3]) box[3] = y; }
const joined = shapes => shapes.reduce((box, s) => { if (s.box[0] <= s.box[2]) { grow(box, s.box[0], s.box[1]); grow(box, s.box[2], s.box[3]); } return box; }, [1, 1, 0, 0]);

/// Sound fixes make the line; doubtful ones are kept beside it. `gap[i]` says that nothing came for long before fix i.
function track(raw, number) {
  const place = line(raw.p), steps = integers(raw.t), speeds = integers(raw.v), all = place.n;
  const sound = [], doubts = [];
  const time = new Float64Array(all), speed = new Int32Array(all), quality = new Uint16Array(all);
  for (let i = 0, t = raw.start, step = 0, v = 0, run = 0, left = raw.q[0] || 0; i < all; i++) {
    step += steps[i]; t += step; v += speeds[i];
    while (left === 0 && run < raw.q.length - 2) { run += 2; left = raw.q[run]; }
    left--;
    time[i] = t; speed[i] = v - 1; quality[i] = raw.q[run + 1] || 0;
    (RAW.qualities[quality[i]][1] ? doubts : sound).push(i);
  }
  const pick = (from, list, Kind) => Kind.from(list, i => from[i]);
  const out = { number, unit: raw.unit, journey: raw.journey, plate: raw.plate, name: raw.plate || raw.unit, all, n: sound.length, alerts: [], levels: new Map(), box: [1, 1, 0, 0] };
  out.t = pick(time, sound, Float64Array); out.x = pick(place.x, sound, Float64Array); out.y = pick(place.y, sound, Float64Array);
  out.v = pick(speed, sound, Int32Array); out.q = pick(quality, sound, Uint16Array);
  out.doubts = doubts.map(i => ({ t: time[i], x: place.x[i], y: place.y[i], v: speed[i], q: quality[i] }));
  for (let i = 0; i < out.n; i++) grow(out.box, out.x[i], out.y[i]);
  const steady = Array.from(out.t.subarray(1), (t, i) => t - out.t[i]).sort((a, b) => a - b)[out.n >> 1] || 0;
  const limit = Math.max(720, 5 * steady);
  out.gap = Uint8Array.from(out.t, (t, i) => i > 0 && t - out.t[i - 1] > limit ? 1 : 0);
  return out;
}
const shape = raw => { const rings = (raw.rings || raw.lines).map(line); return { ...raw, name: raw.name || raw.id, rings, box: joined(rings) }; };

const basemap = RAW.basemap.map(line);
const places = RAW.places.map(([name, lat, lon, rank]) => ({ name, x: mercatorX(lon / 1e6), y: mercatorY(lat / 1e6), rank }));
const corridors = RAW.corridors.map(shape);
const zones = RAW.zones.map(shape);
const tracks = RAW.tracks.map(track);
const byUnit = new Map();
for (const t of tracks) { if (!byUnit.has(t.unit)) byUnit.set(t.unit, []); byUnit.get(t.unit).push(t); }
const alerts = RAW.alerts.map((raw, number) => {
  const own = byUnit.get(raw.unit) || [];
  const a = { ...raw, number, onset: raw.onset / 1000, raised: raw.raised / 1000, ended: raw.ended === null ? null : raw.ended / 1000, rank: priority(raw.priority).rank };
  a.track = own.find(t => t.journey === raw.journey) || own[0] || null;
  if (raw.at) { a.x = mercatorX(raw.at[1] / 1e6); a.y = mercatorY(raw.at[0] / 1e6); }
  if (a.track) a.track.alerts.push(a);
  return a;
});
for (const t of tracks) t.alerts.sort((a, b) => a.onset - b.onset);
const isActive = (a, t) => a.raised <= t && (a.ended === null || a.ended > t);

/// First and last second of anything shown.
const span = (() => {
  let first = Infinity, last = -Infinity;
  for (const t of tracks) if (t.n) { first = Math.min(first, t.t[0]); last = Math.max(last, t.t[t.n - 1]); }
  for (const a of alerts) { first = Math.min(first, a.onset); last = Math.max(last, a.raised, a.ended ?? a.raised); }
  return first <= last ? { first, last: Math.max(last, first + 1) } : { first: 0, last: 1 };
})();
/// Index of the last fix at or before `time`, -1 if there is none.
function before(times, time, low = 0, high = times.length) {
  while (low < high) { const middle = (low + high) >> 1; if (times[middle] <= time) low = middle + 1; else high = middle; }
  return low - 1;
}
