// Tracks: for each power of two of the scale the fixes that are one to two pixels apart, in boxed runs, so that far less than all is drawn.
const RUN = 64;
function levelOf(track) {
  const level = Math.floor(Math.log2(view.scale));
  if (!track.levels.has(level)) {
    const kept = [], least = 2 ** -level;
    for (let i = 0, last = -1; i < track.n; i++) {
      const far = last < 0 || Math.abs(track.x[i] - track.x[last]) + Math.abs(track.y[i] - track.y[last]) > least;
      if (far || track.gap[i] || i + 1 < track.n && track.gap[i + 1] || i === track.n - 1) { kept.push(i); last = i; }
    }
    const boxes = [];
    for (let i = 0; i < kept.length; i++) {
      const run = Math.floor(i / RUN);
      if (i % RUN === 0) { boxes.push([1, 1, 0, 0]); if (run) grow(boxes[run - 1], track.x[kept[i]], track.y[kept[i]]); }
      grow(boxes[run], track.x[kept[i]], track.y[kept[i]]);
    }
    if (track.levels.size > 7) track.levels.delete(track.levels.keys().next().value);
    track.levels.set(level, { index: Uint32Array.from(kept), times: Float64Array.from(kept, i => track.t[i]), boxes });
  }
  return track.levels.get(level);
}
/// Paths of the fixes between two times: driven ways, and dashes where nothing came.
function ways(track, from, until) {
  const whole = new Path2D(), gaps = new Path2D();
  if (!track.n || until < track.t[0] || !visible(track.box)) return { whole, gaps };
  const { index, times, boxes } = levelOf(track);
  let i = Math.max(0, before(times, from)), down = false, sx = 0, sy = 0;
  for (; i < index.length && times[i] <= until; i++) {
    const run = Math.floor(i / RUN);
    if (i % RUN === 0 && !visible(boxes[run])) { i += RUN - 1; down = false; continue; }
    const k = index[i], x = screenX(track.x[k]), y = screenY(track.y[k]);
    if (i > 0 && !down) { sx = screenX(track.x[index[i - 1]]); sy = screenY(track.y[index[i - 1]]); if (times[i - 1] >= from) { whole.moveTo(sx, sy); down = true; } }
    if (track.gap[k] && i > 0 && times[i - 1] >= from) { gaps.moveTo(sx, sy); gaps.lineTo(x, y); whole.moveTo(x, y); }
    else if (down) whole.lineTo(x, y); else whole.moveTo(x, y);
    down = true; sx = x; sy = y;
  }
  const last = before(track.t, until);
  const now = position(track, until);
  if (now && down && last >= 0 && now.fresh) whole.lineTo(screenX(now.x), screenY(now.y));
  return { whole, gaps };
}
/// Where a vehicle is at a time: between two fixes on the line, at its last fix when silent or finished; null before its first.
function position(track, time) {
  const i = before(track.t, time);
  if (i < 0) return null;
  const age = time - track.t[i], last = i === track.n - 1, silent = !last && track.gap[i + 1] === 1;
  const f = last || silent ? 0 : age / Math.max(1e-9, track.t[i + 1] - track.t[i]);
  const j = last ? i : i + 1;
  const x = track.x[i] + f * (track.x[j] - track.x[i]), y = track.y[i] + f * (track.y[j] - track.y[i]);
  const a = last ? Math.max(0, i - 1) : i, dx = track.x[a + 1] - track.x[a] || 0, dy = track.y[a + 1] - track.y[a] || 0;
  const metres = Math.hypot(dx, dy) * metresPerPixel(y) * view.scale, seconds = last ? 0 : track.t[j] - track.t[i];
  const moving = !last && !silent && (track.v[i] >= 0 ? track.v[i] > 10 : metres / Math.max(1, seconds) > 1);
  return { i, x, y, age, moving, silent: silent && age > 0, over: last && age > 600, fresh: !last && !silent, heading: Math.atan2(dx, -dy) };
}
function paintTracks(c) {
  const from = state.time - state.trail, some = state.track;
  c.lineJoin = c.lineCap = "round";
  for (const track of tracks) {
    if (track === some) continue;
    const { whole, gaps } = ways(track, from, state.time);
    c.globalAlpha = some ? 0.22 : 0.62; c.strokeStyle = "#3d6a94"; c.lineWidth = zoomLevel() > 9 ? 2 : 1.2; c.stroke(whole);
    c.setLineDash([3, 5]); c.lineWidth = 1; c.stroke(gaps); c.setLineDash([]);
  }
  c.globalAlpha = 1;
  if (some) paintChosen(c, some);
}
function paintChosen(c, track) {
  const all = ways(track, -Infinity, Infinity), past = ways(track, -Infinity, state.time);
  const stroke = (path, width, colour) => { c.lineWidth = width; c.strokeStyle = colour; c.stroke(path); };
  stroke(all.whole, 6, "#ffffff"); stroke(all.whole, 2.4, "#8fb0cf");
  c.setLineDash([2, 6]); stroke(all.gaps, 2.2, "#6d86a0"); c.setLineDash([]);
  stroke(past.whole, 3.4, "#123f6d");
  c.setLineDash([2, 6]); stroke(past.gaps, 2.6, "#123f6d"); c.setLineDash([]);
  if (metresPerPixel() < 60) {
    const { index } = levelOf(track);
    c.fillStyle = "#fff"; c.strokeStyle = "#123f6d"; c.lineWidth = 1.2;
    for (const i of index) { const x = screenX(track.x[i]), y = screenY(track.y[i]); if (x > -5 && y > -5 && x < view.width + 5 && y < view.height + 5) { c.beginPath(); c.arc(x, y, 2.4, 0, 2 * Math.PI); c.fill(); c.stroke(); } }
  }
  c.strokeStyle = "#a1480a"; c.lineWidth = 1.8; c.beginPath();
  for (const d of track.doubts) { const x = screenX(d.x), y = screenY(d.y); c.moveTo(x - 4, y - 4); c.lineTo(x + 4, y + 4); c.moveTo(x + 4, y - 4); c.lineTo(x - 4, y + 4); }
  c.stroke();
}
